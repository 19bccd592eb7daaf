//! Releases on a real disk.

use super::*;

const LIST: &str = "# list: conditions\n# source: a test\n# edition: 2030-01-01\n# valid-from: 2030-01-01\n\
                    code,language,text\nA,en,one\n";
/// 2031-01-01.
const NOW: Timestamp = Timestamp(1_924_992_000_000);

fn open(dir: &Path) -> Store {
    Store::open(dir, NOW, [7; 16]).unwrap()
}

fn announce(store: &mut Store, text: &str, announcement: Announcement) -> Result<u32, StoreError> {
    let artefact = Artefact::read(text.as_bytes()).unwrap();
    let changes = Changes::of(&artefact, &[], &phytoval::Profile::default());
    store.announce(announcement, text.as_bytes(), (&artefact, changes), NOW, |_, _| Ok(()))
}

#[test]
fn what_was_announced_is_there_after_the_next_start_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    assert!(store.book().releases().is_empty() && !dir.path().join("releases").exists());
    let said = Announcement { text: "Two\nlines".into(), who: "owner".into(), ..Announcement::default() };
    assert_eq!(announce(&mut store, LIST, said).unwrap(), 1);
    let mut book = store.book().clone();
    let touched = book.activate(1, NOW, "owner").unwrap();
    store.keep(book, &touched).unwrap();
    let mut seen = Seen::new(NOW);
    seen.left_out = 3;
    assert_eq!(store.seen(1).unwrap(), None);
    store.keep_seen(1, &seen).unwrap();
    let again = Store::open(dir.path(), NOW, [9; 16]).unwrap();
    assert_eq!((again.book(), again.identity()), (store.book(), store.identity()));
    assert_eq!(again.seen(1).unwrap(), Some(seen));
    let release = again.book().get(1).unwrap();
    assert_eq!(release.title, "Code list conditions, edition 2030-01-01");
    assert_eq!(again.bytes(release).unwrap(), LIST.as_bytes());
    assert!(dir.path().join(release.path()).is_file() && release.sha256.len() == 64);
    assert!(release.urn.starts_with("urn:uuid:") && release.urn != again.identity().urn);
}

#[test]
fn a_file_that_was_changed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    announce(&mut open(dir.path()), LIST, Announcement::default()).unwrap();
    let file = dir.path().join("releases/0001/conditions.csv");
    fs::remove_file(&file).unwrap();
    fs::write(&file, LIST.replace("one", "two")).unwrap();
    // It can still be opened, so that the release can be retired.
    let error = open(dir.path()).verify().unwrap_err().to_string();
    assert!(error.contains("conditions.csv") && error.contains("SHA-256"), "{error}");
}

#[test]
fn what_the_check_refuses_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let artefact = Artefact::read(LIST.as_bytes()).unwrap();
    let parts = || (&artefact, Changes::default());
    let refuse = |book: &Book, id: u32| {
        assert!(dir.path().join(book.get(id).unwrap().path()).is_file(), "the check can read it");
        Err("line 9".to_owned())
    };
    let error = store.announce(Announcement::default(), LIST.as_bytes(), parts(), NOW, refuse).unwrap_err();
    assert!(error.to_string().contains("line 9"));
    assert!(!dir.path().join("releases/0001").exists() && store.book().releases().is_empty());
    // An announcement that was cut short before its last file is no release, and its number is free.
    fs::create_dir_all(dir.path().join("releases/0001")).unwrap();
    fs::write(dir.path().join("releases/0001/conditions.csv"), "half").unwrap();
    let mut store = open(dir.path());
    assert!(store.book().releases().is_empty());
    assert_eq!(announce(&mut store, LIST, Announcement::default()).unwrap(), 1);
}

#[test]
fn dates_of_an_announcement_follow_the_list() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let later = LIST.replace("# valid-from: 2030-01-01", "# valid-from: 2032-01-01");
    let id = announce(&mut store, &later, Announcement::default()).unwrap();
    let valid = "2032-01-01".parse::<Timestamp>().unwrap();
    assert_eq!(store.book().get(id).unwrap().active_from, Some(valid), "a list's own day, when it lies ahead");
    let id = announce(&mut store, LIST, Announcement::default()).unwrap();
    assert_eq!(store.book().get(id).unwrap().active_from, None);
    let from = |text: &str| Announcement { active_from: text.parse().ok(), ..Announcement::default() };
    for (list, announcement, says) in [
        (later.as_str(), from("2031-06-01"), "is valid from 2032"),
        (LIST, from("2030-12-31"), "is past"),
        (LIST, Announcement { edition: "2029-01-01".into(), ..Announcement::default() }, "leave the edition out"),
        (LIST, Announcement { title: "a\nb".into(), ..Announcement::default() }, "control characters"),
        (LIST, Announcement { text: "a".repeat(5000), ..Announcement::default() }, "5000 bytes"),
    ] {
        let error = announce(&mut store, list, announcement).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let profile = announce(&mut store, "# profile: national\n", Announcement::default()).unwrap();
    assert_eq!(store.book().get(profile).unwrap().edition, "2031-01-01");
}

#[test]
fn files_are_known_by_how_they_begin_and_refused_with_their_line() {
    assert_eq!(Artefact::read(b"\0asm....").map(|artefact| artefact.kind()), Ok(crate::Kind::Validator));
    for (text, says) in [
        (LIST.replace("A,en", "A,EN"), "line 6: 'EN'"),
        (LIST.replace("conditions", "colours"), "line 1: the file is the list 'colours'"),
        ("# profile: a\nno-rule = off".to_owned(), "line 2: there is no rule"),
        ("hello".to_owned(), "line 1: '# list: NAME'"),
    ] {
        let error = Artefact::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    assert!(Artefact::read(b"# list: a\n\xff").unwrap_err().to_string().contains("line 2"));
}
