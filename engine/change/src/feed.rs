//! What members read: `/changes.json` (JSON Feed 1.1) and `/changes.atom` (RFC 4287). One entry a release, the newest
//! news first; it links to nothing but itself.

use serde_json::{Value, json};

use crate::release::{Release, State};
use crate::store::Store;

/// Entries of a feed. Who was away for longer than so many releases asks the operator.
const ENTRIES_MAX: usize = 100;

const TITLE: &str = "Changes of the exchange";
const SUBTITLE: &str =
    "Code lists, rule sets and validators by which certificates are judged: announced, tried, in force, retired";

/// Media types of the two forms.
pub const JSON_TYPE: &str = "application/feed+json; charset=utf-8";
/// Likewise.
pub const ATOM_TYPE: &str = "application/atom+xml; charset=utf-8";

/// Paths of the two forms, on the admin address and on the service's.
pub const JSON_PATH: &str = "/changes.json";
/// Likewise.
pub const ATOM_PATH: &str = "/changes.atom";

/// The releases of a feed.
fn entries(store: &Store) -> Vec<&Release> {
    let mut releases: Vec<&Release> = store.book().releases().iter().collect();
    releases.sort_by_key(|release| std::cmp::Reverse((release.updated_at(), release.id)));
    releases.truncate(ENTRIES_MAX);
    releases
}

/// Where a release stands, and what it changes, in sentences for members.
pub fn sentences(release: &Release) -> String {
    let subject = release.subject();
    let shadow = "Live traffic is already judged by it as well, without any effect, so that whoever still sends what \
                  it will refuse can be told.";
    let mut parts = Vec::new();
    match (release.state, release.active_from, release.activated_at, release.retired_at) {
        (State::Announced | State::Shadow, Some(from), ..) => {
            parts.push(format!("The {subject} becomes active on {from}."));
        }
        (State::Announced | State::Shadow, None, ..) => {
            parts.push(format!("The {subject} is announced; its date is not set yet."));
        }
        (State::Active, _, Some(at), _) => parts.push(format!("The {subject} is in force since {at}.")),
        (State::Retired, _, Some(from), Some(to)) if from <= to => {
            parts.push(format!("The {subject} was in force from {from} to {to}; it is retired."));
        }
        (State::Active | State::Retired, ..) => parts.push(format!("The {subject} was withdrawn.")),
    }
    if release.state == State::Shadow {
        parts.push(shadow.to_owned());
    }
    let changes = release.changes.to_string();
    parts.extend([changes, release.text.clone()].into_iter().filter(|part| !part.is_empty()));
    parts.join(" ")
}

/// The feed as JSON.
pub fn json(store: &Store) -> String {
    let items: Vec<Value> = entries(store).into_iter().map(item).collect();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": TITLE,
        "description": SUBTITLE,
        "language": "en",
        "items": items,
    });
    format!("{feed:#}\n")
}

fn item(release: &Release) -> Value {
    json!({
        "id": release.urn,
        "title": release.title,
        "content_text": sentences(release),
        "date_published": release.announced_at().to_string(),
        "date_modified": release.updated_at().to_string(),
        "tags": [release.kind.to_string(), release.state.to_string()],
        "_phytohub": {
            "id": release.id,
            "kind": release.kind,
            "name": release.name,
            "edition": release.edition,
            "adds": release.adds,
            "state": release.state,
            "active_from": release.active_from.map(|at| at.to_string()),
            "activated_at": release.activated_at.map(|at| at.to_string()),
            "retired_at": release.retired_at.map(|at| at.to_string()),
            "sha256": release.sha256,
            "changes": release.changes,
        },
    })
}

/// The feed as Atom.
pub fn atom(store: &Store) -> String {
    let entries = entries(store);
    let identity = store.identity();
    let updated = entries.iter().map(|release| release.updated_at()).max().unwrap_or(identity.made_at);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n  \
         <id>{}</id>\n  <title>{TITLE}</title>\n  <subtitle>{SUBTITLE}</subtitle>\n  <updated>{updated}</updated>\n  \
         <author><name>The operator of the exchange</name></author>\n  \
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{ATOM_PATH}\"/>\n  \
         <link rel=\"alternate\" type=\"application/feed+json\" href=\"{JSON_PATH}\"/>\n",
        escape(&identity.urn)
    );
    for release in entries {
        xml.push_str(&format!(
            "  <entry>\n    <id>{}</id>\n    <title>{}</title>\n    <published>{}</published>\n    \
             <updated>{}</updated>\n    <category term=\"{}\"/>\n    <category term=\"{}\"/>\n    \
             <content type=\"text\">{}</content>\n  </entry>\n",
            escape(&release.urn),
            escape(&release.title),
            release.announced_at(),
            release.updated_at(),
            release.kind,
            release.state,
            escape(&sentences(release)),
        ));
    }
    xml.push_str("</feed>\n");
    xml
}

/// Text as character data of XML or HTML, also in attributes; what XML cannot carry becomes a question mark.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            '\u{fffe}' | '\u{ffff}' => escaped.push('?'),
            character if character.is_control() => escaped.push('?'),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use phytohub_model::Timestamp;

    use super::*;
    use crate::artefact::Artefact;
    use crate::differ::Changes;
    use crate::store::Announcement;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A store with a list that is announced for 2031 and one that is active.
    fn store(dir: &std::path::Path) -> Store {
        let mut store = Store::open(dir, at("2030-01-01"), [1; 16]).unwrap();
        let list =
            "# list: conditions\n# source: a\n# edition: 2030-01-01\n# valid-from: 2030-01-01\ncode,text\nQ&A,a\n";
        for (title, from) in [("Fish & <chips>", None), ("Next", Some(at("2031-01-01")))] {
            let artefact = Artefact::read(list.as_bytes()).unwrap();
            let changes = Changes::of(&artefact, &[], &phytoval::Profile::default());
            let said = Announcement { title: title.into(), active_from: from, ..Announcement::default() };
            store.announce(said, list.as_bytes(), (&artefact, changes), at("2030-02-01"), |_, _| Ok(())).unwrap();
        }
        let mut book = store.book().clone();
        let touched = book.activate(1, at("2030-03-01"), "owner").unwrap();
        store.keep(book, &touched).unwrap();
        store
    }

    #[test]
    fn the_json_feed_has_what_version_1_1_asks_for() {
        let dir = tempfile::tempdir().unwrap();
        let feed: Value = serde_json::from_str(&json(&store(dir.path()))).unwrap();
        assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
        assert!(feed["title"].is_string());
        let items = feed["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[0]["title"], "Fish & <chips>", "the newest news first");
        assert_eq!(items[0]["_phytohub"]["state"], "active");
        let next = &items[1];
        assert!(
            next["content_text"].as_str().unwrap().contains("becomes active on 2031-01-01T00:00:00.000Z"),
            "{next}"
        );
        assert!(next["content_text"].as_str().unwrap().contains("adds 1 code (Q&A)"), "{next}");
        assert_eq!(next["_phytohub"]["changes"]["added"], serde_json::json!(["Q&A"]));
        for item in items {
            assert!(item["id"].as_str().unwrap().starts_with("urn:uuid:"));
            for date in ["date_published", "date_modified"] {
                assert!(item[date].as_str().unwrap().parse::<Timestamp>().is_ok());
            }
        }
    }

    #[test]
    fn the_atom_feed_has_what_rfc_4287_asks_for() {
        let dir = tempfile::tempdir().unwrap();
        let empty = Store::open(dir.path(), at("2030-01-01"), [1; 16]).unwrap();
        let count = |xml: &str, what: &str| xml.matches(what).count();
        assert!(atom(&empty).contains("<updated>2030-01-01T00:00:00.000Z</updated>"), "also without entries");
        let xml = atom(&store(dir.path()));
        for (element, times) in [("id", 3), ("title", 3), ("updated", 3), ("author", 1), ("entry", 2)] {
            assert_eq!((count(&xml, &format!("<{element}>")), count(&xml, &format!("</{element}>"))), (times, times));
        }
        assert_eq!(count(&xml, "<content type=\"text\">"), 2, "so that no entry needs a link elsewhere");
        assert!(xml.contains("<title>Fish &amp; &lt;chips&gt;</title>"), "{xml}");
        assert_eq!(count(&xml, "<updated>2030-03-01T00:00:00.000Z</updated>"), 2, "the feed's is its newest entry's");
        assert_eq!(escape("a\u{1}\u{ffff}\"'"), "a??&quot;'");
    }
}
