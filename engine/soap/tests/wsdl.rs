//! The WSDL is well-formed, complete, and every name in it leads somewhere.

use std::collections::{HashMap, HashSet};

use phytohub_soap::{Operation, wsdl};
use quick_xml::Reader;
use quick_xml::events::Event;

/// An element with its attributes and the declarations in scope, which names in attributes need.
struct Element {
    name: String,
    attributes: HashMap<String, String>,
    namespaces: HashMap<String, String>,
    /// targetNamespace of the schema around it.
    target: String,
    /// How deep below its schema: 1 = a global declaration.
    level: usize,
}

fn elements(document: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(document);
    reader.config_mut().expand_empty_elements = true;
    let mut scopes = vec![HashMap::new()];
    let (mut all, mut target, mut level) = (Vec::new(), String::new(), 0);
    loop {
        match reader.read_event().expect("the WSDL is well-formed") {
            Event::Start(start) => {
                let attributes: HashMap<String, String> = start
                    .attributes()
                    .map(|attribute| attribute.expect("well-formed"))
                    .map(|attribute| (attribute.key.into_inner().to_owned(), attribute.value.to_string()))
                    .collect();
                let mut namespaces = scopes.last().expect("a scope").clone();
                for (name, value) in &attributes {
                    if let Some(prefix) = name.strip_prefix("xmlns:") {
                        namespaces.insert(prefix.to_owned(), value.clone());
                    }
                }
                let name = start.name().into_inner().to_owned();
                if name == "xs:schema" {
                    (target, level) = (attributes["targetNamespace"].clone(), 0);
                } else {
                    level += 1;
                }
                scopes.push(namespaces.clone());
                all.push(Element { name, attributes, namespaces, target: target.clone(), level });
            }
            Event::End(_) => {
                scopes.pop();
                level = level.saturating_sub(1);
            }
            Event::Eof => return all,
            _ => {}
        }
    }
}

/// `prefix:local` as `{namespace}local`.
fn expanded(element: &Element, name: &str) -> String {
    let (prefix, local) = name.split_once(':').unwrap_or_else(|| panic!("{name} has no prefix"));
    let namespace = element.namespaces.get(prefix).unwrap_or_else(|| panic!("the prefix of {name} is not declared"));
    format!("{{{namespace}}}{local}")
}

#[test]
fn every_operation_is_bound_to_its_action_and_messages() {
    let document = wsdl("https://hub.example/hub/DeliveryService");
    for operation in Operation::ALL {
        let name = operation.name();
        for text in [
            format!("<soap:operation soapAction=\"{}\" style=\"document\"/>", operation.soap_action()),
            format!("<wsdl:message name=\"{name}\">"),
            format!("<wsdl:message name=\"{name}Response\">"),
            format!("element=\"eph:{name}\""),
            format!("element=\"eph:{name}Response\""),
        ] {
            assert_eq!(document.matches(&text).count(), 1, "{text}");
        }
        assert_eq!(document.matches(&format!("<wsdl:operation name=\"{name}\">")).count(), 2, "port type and binding");
    }
    assert_eq!(document.matches("<soap:operation ").count(), Operation::ALL.len());
}

#[test]
fn the_address_is_the_one_asked_for() {
    let document = wsdl("https://hub.example:8443/hub?a=<b>&c=\"d\"");
    assert!(document.contains("location=\"https://hub.example:8443/hub?a=&lt;b&gt;&amp;c=&quot;d&quot;\""));
    assert!(elements(&document).iter().any(|element| element.name == "soap:address"));
}

#[test]
fn every_name_leads_to_a_declaration() {
    let document = wsdl("https://hub.example/hub/DeliveryService");
    let all = elements(&document);
    let declared = |kinds: &[&str]| -> HashSet<String> {
        all.iter()
            .filter(|element| element.level == 1 && kinds.contains(&element.name.as_str()))
            .filter_map(|element| Some(format!("{{{}}}{}", element.target, element.attributes.get("name")?)))
            .collect()
    };
    let types = declared(&["xs:complexType", "xs:simpleType"]);
    let global_elements = declared(&["xs:element"]);
    assert!(types.len() > 100 && global_elements.len() > 100, "{} types, {}", types.len(), global_elements.len());
    for element in &all {
        let is_schema = element.name.starts_with("xs:");
        for (attribute, known) in [("type", &types), ("base", &types), ("ref", &global_elements)] {
            let Some(name) = element.attributes.get(attribute).filter(|name| is_schema && !name.starts_with("xs:"))
            else {
                continue;
            };
            let name = expanded(element, name);
            assert!(known.contains(&name), "{attribute} {name} is declared nowhere");
            let namespace = name.split('}').next().unwrap_or_default().trim_start_matches('{');
            let is_imported = namespace == element.target
                || all.iter().any(|import| {
                    import.name == "xs:import"
                        && import.target == element.target
                        && import.attributes["namespace"] == namespace
                });
            assert!(is_imported, "{} uses {name} without importing it", element.target);
        }
        if element.name == "wsdl:part" {
            assert!(global_elements.contains(&expanded(element, &element.attributes["element"])));
        }
    }
}
