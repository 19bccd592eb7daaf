//! The directory: members and channels.

use phytohub_model::{AllowedDocument, Channel, ChannelRule, Document, DocumentStatus, DocumentType, Nppo};

use super::body::Writer;

/// Receive and Send of a member are these strings, those of a channel are booleans: so the contract has it.
fn capital(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

pub(super) fn write_nppo(out: &mut Writer, nppo: &Nppo) {
    out.text_element("hub:Country", nppo.code.as_str());
    out.text_element("hub:Receive", capital(nppo.active));
    out.text_element("hub:Send", capital(nppo.active));
    match &nppo.allowed {
        AllowedDocument::Only(pairs) => pairs.iter().for_each(|&pair| write_allowed(out, pair)),
        AllowedDocument::All => {
            for kind in DocumentType::KNOWN {
                for status in DocumentStatus::KNOWN {
                    write_allowed(out, Document { kind, status });
                }
            }
        }
    }
    if !nppo.rules.is_empty() {
        out.element("hub:ChannelRules", |out| nppo.rules.iter().for_each(|rule| write_rule(out, rule)));
    }
}

/// A rule; that it has no place for the channel's code is the contract's. 0 stands for any type and status.
fn write_rule(out: &mut Writer, rule: &ChannelRule) {
    let kind = rule.document_type.map_or(0, |kind| kind.0);
    let status = rule.document_status.map_or(0, |status| status.0);
    let country = rule.partner.map(|code| format!(" countryCode=\"{code}\"")).unwrap_or_default();
    out.markup(&format!(
        "<hub:ChannelRule id=\"{}\" active=\"true\" ruleType=\"{}\" certificateType=\"{kind}\" \
         certificateStatus=\"{status}\"{country} direction=\"{}\"/>",
        rule.id, rule.kind, rule.direction
    ));
}

fn write_allowed(out: &mut Writer, Document { kind, status }: Document) {
    out.markup("<hub:AllowedDocument active=\"true\">");
    write_coded(out, "certificateType", kind.0, kind.name());
    write_coded(out, "certificateStatus", status.0, status.name());
    out.markup("</hub:AllowedDocument>");
}

fn write_coded(out: &mut Writer, element: &str, number: i32, name: &str) {
    out.markup(&format!("<{element} number=\"{number}\""));
    if !name.is_empty() {
        out.markup(" value=\"");
        out.text(name);
        out.markup("\"");
    }
    out.markup("/>");
}

pub(super) fn write_channel(out: &mut Writer, channel: &Channel) {
    out.markup(&format!("<hub:Channel Receive=\"{}\" Send=\"{}\">", channel.receive, channel.send));
    out.text_element("hub:Code", channel.code.as_str());
    out.text_element("hub:Name", &channel.name);
    out.markup("</hub:Channel>");
}
