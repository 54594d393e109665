//! A template is pinned by its exact bytes, and is written so that it reads back equal.

use crate::id::{Digest, ItemId};
use crate::template::{Loaded, Template, built_in, place_of};

fn shipped() -> &'static str {
    built_in("production-security").expect("it is built in")
}

fn reread(template: &Template) -> Template {
    let text = template.to_toml().expect("it can be written");
    Loaded::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}")).template
}

#[test]
fn the_digest_is_of_the_exact_bytes() {
    let loaded = Loaded::parse(shipped()).expect("good");
    assert_eq!(loaded.text, shipped());
    assert_eq!(loaded.digest, Digest::of(shipped().as_bytes()));
    let spaced = Loaded::parse(&format!("{}\n", shipped())).expect("good");
    assert_eq!(spaced.template, loaded.template, "an empty line changes no rule");
    assert_ne!(spaced.digest, loaded.digest, "and is another file all the same");
}

#[test]
fn a_written_template_reads_back_equal_and_is_always_the_same_text() {
    let template = Loaded::parse(shipped()).expect("good").template;
    assert_eq!(reread(&template), template);
    assert_eq!(template.to_toml(), reread(&template).to_toml());
}

#[test]
fn awkward_text_and_parameters_survive_writing() {
    let mut template = Loaded::parse(shipped()).expect("good").template;
    let awkward = [
        "ends without a newline",
        "\n\nstarts with two newlines\n",
        "quotes \" ' ''' \"\"\" and back\\slashes \\",
        "carriage\r\nreturn\rhere",
        "bell \u{7}, delete \u{7f}, zero \u{0}",
        "tab\tand  two spaces  \n  indented",
        "🔐 ключ \u{feff}",
    ];
    for (text, section) in awkward.iter().zip(&mut template.sections) {
        section.guidance = (*text).to_owned();
        section.items[0].title = (*text).to_owned();
    }
    let params = &mut template.sections[0].items[0].probes[0].params;
    params.insert("nested".into(), serde_json::json!({"a": [1, 2.5, true, {"b": "c"}], "z": -3}));
    params.insert("large".into(), serde_json::json!(u64::MAX));
    assert_eq!(reread(&template), template);
}

#[test]
fn a_parameter_that_toml_has_no_word_for_is_refused() {
    let mut template = Loaded::parse(shipped()).expect("good").template;
    let params = &mut template.sections[0].items[0].probes[0].params;
    params.insert("nothing".into(), serde_json::Value::Null);
    let error = template.to_toml().expect_err("null has no TOML form").to_string();
    assert!(error.starts_with("the template cannot be written as TOML"), "{error}");
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_read() {
    let windows = format!("\u{feff}{}", shipped().replace('\n', "\r\n"));
    let loaded = Loaded::parse(&windows).expect("good");
    assert_eq!(loaded.template.items().count(), 65);
}

#[test]
fn a_probes_place_is_found_in_the_text() {
    let id = |text: &str| ItemId::parse(text).expect("an id");
    let (line, column) = place_of(shipped(), &id("database.tls"), 1).expect("the second probe");
    let at: String =
        shipped().lines().nth(line - 1).expect("the line").chars().skip(column - 1).collect();
    assert!(at.starts_with("{ use = \"postgres.plaintext-refused\" }"), "{at}");
    assert_eq!(place_of(shipped(), &id("database.tls"), 2), None);
    assert_eq!(place_of(shipped(), &id("signoff.rollback-tested"), 0), None);
    assert_eq!(place_of(shipped(), &id("no.such-item"), 0), None);
    assert_eq!(place_of("not toml", &id("database.tls"), 0), None);
}
