//! Each refusal names its line, its column and what is wrong there.

use crate::template::{BadTemplate, Loaded, MAX_BYTES};

/// A good template of fourteen lines; each case breaks one of them.
const GOOD: &str = r#"format = 1
id = "small"
title = "Small"
version = "1"

[[section]]
id = "one"
title = "One"
severity = "high"
phase = "before"

[[section.item]]
id = "one.a"
title = "A"
verify = "person"
"#;

fn refusal(text: &str) -> BadTemplate {
    Loaded::parse(text).expect_err("the template must be refused")
}

/// What the case is about, the line that is replaced, its replacement, and the line,
/// column and message of the refusal.
type Case = (&'static str, &'static str, &'static str, usize, usize, &'static str);

#[rustfmt::skip]
const REPLACED: &[Case] = &[
    ("a quote is missing", "title = \"Small\"", "title = \"Small", 3, 15, "invalid basic string"),
    ("a key is misspelt", "title = \"A\"", "titel = \"A\"", 14, 1, "unknown field `titel`"),
    ("a key is missing", "verify = \"person\"\n", "", 12, 1, "missing field `verify`"),
    ("a number stands for text", "title = \"One\"", "title = 7", 8, 9, "invalid type: integer `7`"),
    ("the severity is unknown", "\"high\"", "\"urgent\"", 9, 12, "unknown variant `urgent`"),
    ("an item id has capitals", "id = \"one.a\"", "id = \"One A\"", 13, 6, "\"One A\" is not a item id"),
    ("the format is newer", "format = 1", "format = 2", 1, 10, "format 2 is not known"),
    ("the template id has a space", "id = \"small\"", "id = \"very small\"", 2, 6, "\"very small\" is not an id"),
    ("the section id has a slash", "id = \"one\"", "id = \"one/two\"", 7, 6, "section \"one/two\": \"one/two\" is not an id"),
    ("a title is blank", "title = \"A\"", "title = \"  \"", 14, 9, "section \"one\": item \"one.a\": title is empty"),
    ("the version is blank", "version = \"1\"", "version = \"\"", 4, 11, "version is empty"),
    ("a section id comes twice", "title = \"A\"", "title = \"A\"\nverify = \"person\"\n[[section]]\nid = \"one\"\ntitle = \"B\"\nseverity = \"high\"\nphase = \"before\"\n[[section.item]]\nid = \"b\"\ntitle = \"B\"", 17, 6, "section \"one\": the id is used twice"),
    ("an item id comes twice", "title = \"A\"", "title = \"A\"\nverify = \"person\"\n[[section.item]]\nid = \"one.a\"\ntitle = \"B\"", 17, 6, "item \"one.a\": the id is used twice"),
    ("a probe item names no probe", "verify = \"person\"", "verify = \"probe\"", 15, 10, "no probe is named"),
    ("an item for both names no probe", "verify = \"person\"", "verify = \"both\"", 15, 10, "no probe is named"),
    ("a person's item names a probe", "verify = \"person\"", "verify = \"person\"\nprobes = [{ use = \"git.env-ignored\" }]", 16, 10, "no machine is to look"),
    ("a probe has no name", "verify = \"person\"", "verify = \"probe\"\nprobes = [{ use = \"a\" }, { use = \" \" }]", 16, 26, "the probe has no name"),
    ("a computed item says nothing", "verify = \"person\"", "verify = \"computed\"", 15, 10, "nothing says from what"),
    ("a computed item names two sources", "verify = \"person\"", "verify = \"computed\"\ncomputed = { role = \"devops\", severity = \"high\" }", 16, 12, "computed names 2 sources"),
    ("a computed item names an unknown section", "verify = \"person\"", "verify = \"computed\"\ncomputed = { sections = [\"one\", \"two\"] }", 16, 33, "there is no section \"two\""),
    ("a person's item is computed", "verify = \"person\"", "verify = \"person\"\ncomputed = { role = \"devops\" }", 16, 12, "only computed items"),
    ("the minutes run backwards", "phase = \"before\"", "phase = \"before\"\nminutes = [9, 3]", 11, 11, "minutes go from 9 down to 3"),
    ("a control has no catalog", "phase = \"before\"", "phase = \"before\"\ncontrols = [\"soc2:CC6.1\", \"CC6.1\"]", 11, 27, "\"CC6.1\" is not a control id"),
    ("a control's catalog is unknown", "verify = \"person\"", "verify = \"person\"\ncontrols = [\"cis:6.8\"]", 16, 13, "item \"one.a\": \"cis:6.8\" is not a control id"),
    ("the freshness is nothing", "verify = \"person\"", "verify = \"person\"\nfreshness_hours = 0", 16, 19, "freshness_hours is out of range"),
    ("the freshness is over a year", "verify = \"person\"", "verify = \"person\"\nfreshness_hours = 8761", 16, 19, "freshness_hours is out of range"),
    ("a critical item allows an exception", "verify = \"person\"", "verify = \"person\"\nseverity = \"critical\"\nexception = true", 17, 13, "a critical item allows no exception"),
];

#[test]
fn a_line_that_breaks_a_rule_is_named_by_line_and_column() {
    assert!(Loaded::parse(GOOD).is_ok(), "the cases start from a good template");
    for (story, line, replacement, at_line, at_column, fragment) in REPLACED {
        assert_eq!(GOOD.matches(line).count(), 1, "{story}: {line:?} must stand once");
        let error = refusal(&GOOD.replace(line, replacement));
        assert_eq!((error.line, error.column), (*at_line, *at_column), "{story}: {error}");
        assert!(error.message.contains(fragment), "{story}: {error}");
        assert!(!error.hint.is_empty(), "{story}: no hint");
    }
}

/// What the case is about, the text appended to the good template, and the refusal.
type Appended = (&'static str, &'static str, usize, usize, &'static str);

#[rustfmt::skip]
const APPENDED: &[Appended] = &[
    ("a signal of an item that is not watched", "[watch]\nhours = 48\n[[watch.signal]]\nitem = \"one.a\"\nname = \"Errors\"\n", 19, 8, "watch signal \"Errors\": \"one.a\" is not an item of a section"),
    ("signals without hours", "[[watch.signal]]\nitem = \"one.a\"\nname = \"Errors\"\n", 16, 3, "hours are out of range"),
    ("rollback deadlines out of order", "[[rollback.step]]\nwithin_minutes = 60\naction = \"x\"\n[[rollback.step]]\nwithin_minutes = 5\naction = \"y\"\n", 20, 18, "not in order"),
    ("a contact without an address", "[[contact]]\nrole = \"Lead\"\naddress = \"\"\n", 18, 11, "address is empty"),
    ("a table that does not exist", "[rolback]\n", 16, 2, "unknown field `rolback`"),
];

#[test]
fn a_table_that_breaks_a_rule_is_named_by_line_and_column() {
    for (story, appended, at_line, at_column, fragment) in APPENDED {
        let error = refusal(&format!("{GOOD}{appended}"));
        assert_eq!((error.line, error.column), (*at_line, *at_column), "{story}: {error}");
        assert!(error.message.contains(fragment), "{story}: {error}");
    }
}

#[test]
fn a_threshold_without_a_window_is_refused() {
    let watched = GOOD.replace("\"before\"", "\"watch\"");
    let signal =
        "[watch]\nhours = 1\n[[watch.signal]]\nitem = \"one.a\"\nname = \"E\"\nabove = 3\n";
    let error = refusal(&format!("{watched}{signal}"));
    assert!(error.message.contains("a count and a window"), "{error}");
    assert!(Loaded::parse(&format!("{watched}{signal}per = \"hour\"\n")).is_ok());
}

#[test]
fn a_template_without_items_is_refused() {
    let (head, _) = GOOD.split_once("[[section.item]]").expect("the item");
    assert!(refusal(head).message.contains("no items"));
}

#[test]
fn texts_have_a_longest_length_counted_in_characters() {
    let with = |key: &str, length: usize| {
        GOOD.replace(
            "verify = \"person\"",
            &format!("verify = \"person\"\n{key} = \"{}\"", "é".repeat(length)),
        )
    };
    assert!(Loaded::parse(&with("guidance", 20_000)).is_ok());
    assert!(refusal(&with("guidance", 20_001)).message.contains("guidance has 20001 characters"));
    let title =
        |length| GOOD.replace("title = \"A\"", &format!("title = \"{}\"", "é".repeat(length)));
    assert!(Loaded::parse(&title(300)).is_ok());
    assert!(refusal(&title(301)).message.contains("title has 301 characters"));
}

#[test]
fn a_file_over_a_mebibyte_is_refused_before_it_is_read() {
    let comment = format!("#{}\n", "x".repeat(MAX_BYTES));
    let error = refusal(&format!("{comment}{GOOD}"));
    assert!(error.to_string().starts_with("line 1, column 1: the template has "), "{error}");
    assert!(error.hint.contains("1 MiB"));
}

#[test]
fn columns_count_characters_not_bytes() {
    let error = refusal(&GOOD.replace("title = \"Small\"", "title = \"Übersicht\" x"));
    assert_eq!((error.line, error.column), (3, 21));
}

#[test]
fn a_refusal_reads_as_place_fault_and_cure() {
    let error = refusal(&GOOD.replace("format = 1", "format = 9"));
    assert_eq!(
        error.to_string(),
        "line 1, column 10: format 9 is not known. This program reads format = 1"
    );
}
