//! The compiled-in lists are what they say they are, and a wrong file is refused where it is wrong.

use phytohub_model::UnitKind;

use super::reader::{ListError, Problem, read};
use super::*;

const LIST: &str = "# list: l\n# source: S\n# edition: 2016-01-01\n# valid-from: 2016-02-29\ncode,text\nA,one\n";

fn row(list: CodeList, code: &str) -> CodeRow {
    rows(list).into_iter().find(|row| row.code == code).expect(code)
}

#[test]
fn every_list_can_be_read_and_has_an_edition() {
    for list in CodeList::ALL {
        for row in rows(list) {
            assert!(!row.text.is_empty() && !row.source.is_empty() && row.edition.len() == 10, "{list:?} {row:?}");
        }
    }
}

#[test]
fn lists_that_are_known_have_their_rows_and_the_others_none() {
    let lengths = CodeList::ALL.map(|list| (list, rows(list).len()));
    assert_eq!(
        lengths,
        [
            (CodeList::TreatmentTypes, 3),
            (CodeList::AdditionalDeclarations, 0),
            (CodeList::IntendedUses, 5),
            (CodeList::Pesticides, 0),
            (CodeList::ProductDescriptions, 6),
            (CodeList::UnitMeasures, 35),
            (CodeList::MeanOfTransports, 10),
            (CodeList::Statements, 5),
            (CodeList::Conditions, 5),
            (CodeList::PackageTypes, 377),
        ]
    );
}

#[test]
fn each_column_lands_in_its_field() {
    let package = row(CodeList::PackageTypes, "VO");
    assert_eq!(package.text, "Bulk, solid, large particles (\"nodules\")");
    assert_eq!(package.language.as_deref(), Some("en"));
    assert_eq!((&*package.edition, &*package.source), ("2006-01-01", "UN/ECE Recommendation 21"));
    let unit = row(CodeList::UnitMeasures, "CMQ");
    assert_eq!((unit.unit_kind, unit.symbol.as_deref()), (Some(UnitKind::Volume), Some("cm³")));
    assert_eq!((unit.language, row(CodeList::UnitMeasures, "SAN").symbol), (None, None));
    let treatment = row(CodeList::TreatmentTypes, "FG");
    assert_eq!((treatment.level, treatment.parent.as_deref()), (Some(2), Some("CHT")));
    assert_eq!(row(CodeList::TreatmentTypes, "CHT").parent, None);
    assert_eq!(row(CodeList::Statements, "3").document_type_only, Some(657));
    assert_eq!(row(CodeList::Statements, "5").document_type_only, Some(0));
}

#[test]
fn codes_refer_to_codes_that_exist() {
    let treatments = rows(CodeList::TreatmentTypes);
    for child in treatments.iter().filter(|row| row.level == Some(2)) {
        let parent = treatments.iter().find(|row| Some(&row.code) == child.parent.as_ref()).expect("a parent");
        assert_eq!(parent.level, Some(1));
    }
    for mode in rows(CodeList::MeanOfTransports) {
        assert!(mode.code.parse::<i32>().is_ok(), "the wire has a number here: {}", mode.code);
    }
}

#[test]
fn a_wrong_file_is_refused_where_it_is_wrong() {
    let text = |text: &str| text.to_owned();
    assert!(read("l", LIST).is_ok());
    for (old, new, line, problem) in [
        ("# list: l", "# list: m", 1, Problem::OtherList(text("m"))),
        ("# source: ", "# Source: ", 2, Problem::Header("source")),
        ("2016-01-01", "2016-13-01", 3, Problem::BadDate(text("2016-13-01"))),
        ("2016-02-29", "2016-2-29", 4, Problem::BadDate(text("2016-2-29"))),
        ("2016-02-29", "2016-02-+9", 4, Problem::BadDate(text("2016-02-+9"))),
        ("code,text", "code,name", 5, Problem::UnknownColumn(text("name"))),
        ("code,text", "code,level", 5, Problem::ColumnMissing("text")),
        ("code,text\nA,one\n", "", 5, Problem::UnknownColumn(String::new())),
        ("A,one", "A,one,two", 6, Problem::Length { expected: 2, found: 3 }),
        ("A,one", "A,\"one", 6, Problem::BadQuotes),
        ("A,one", "A,\"one\"s", 6, Problem::BadQuotes),
        ("A,one", "A,o\"ne", 6, Problem::BadQuotes),
        ("A,one", ",one", 6, Problem::CodeMissing),
        ("A,one", "A,one\nA,two", 7, Problem::Twice(text("A"))),
        ("text\nA,one", "text,level\nA,one,high", 6, Problem::BadValue { column: "level", value: text("high") }),
        ("text\nA,one", "text,kind\nA,one,Weight", 6, Problem::BadValue { column: "kind", value: text("Weight") }),
        ("text\nA,one", "text,language\nA,one,EN", 6, Problem::BadValue { column: "language", value: text("EN") }),
    ] {
        let file = LIST.replace(old, new);
        assert_ne!(file, LIST, "{old}");
        let error = read("l", &file).expect_err(new);
        assert!(error.to_string().starts_with(&format!("line {line}: ")));
        assert_eq!(error, ListError { line, problem }, "{new}");
    }
}

#[test]
fn the_same_code_may_stand_in_two_languages() {
    let file = LIST.replace("code,text\nA,one\n", "code,language,text\nA,en,one\nA,fr,un\n");
    assert_eq!(read("l", &file).map(|rows| rows.len()), Ok(2));
}

#[test]
fn a_list_says_what_it_is() {
    let text = "# adds-to: conditions\n# source: a\n# edition: 2030-01-01\n# valid-from: 2031-01-01\n\
                code,language,text\nB,en,one\nB,fr,un\nA,en,two\n";
    let list = describe(text).unwrap();
    assert_eq!((list.name.as_str(), list.adds, list.source.as_str()), ("conditions", true, "a"));
    assert_eq!((list.edition.as_str(), list.valid_from.as_str()), ("2030-01-01", "2031-01-01"));
    assert_eq!(list.codes.into_iter().collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(describe(&text.replace("conditions", "colours")).unwrap_err().line, 1);
    // Those that only rules ask, and those that only the hub serves.
    for name in ["countries", "pesticides", "unit-measures"] {
        assert_eq!(describe(compiled_in(name).unwrap()).unwrap().name, name);
    }
    assert_eq!(compiled_in("colours"), None);
}
