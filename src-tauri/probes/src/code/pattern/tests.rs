//! Patterns that match code, and text that only looks like it.

use serde_json::{Value, json};

use super::super::trial::{ask, tree};
use super::*;

#[tokio::test]
async fn code_counts_and_text_does_not() {
    use Outcome::{Fail, Inconclusive, Pass};
    let folder = tree(&[
        ("src/a.ts", "export const a = eval(input);\n// eval(other)\nconst s = 'eval(third)';\n"),
        ("src/view.tsx", "export const V = () => <p onClick={() => eval(x)}>eval(y)</p>;\n"),
        ("src/clean.js", "const x = evaluate(1);\n"),
        ("src/broken.ts", "class {{{"),
        ("src/picture.ts", "\0\0eval(a)"),
        ("node_modules/m/a.ts", "eval(a)"),
        ("dist/a.js", "eval(a)"),
        (".gitignore", "generated\n"),
        ("generated/a.ts", "eval(a)"),
        ("README.md", "eval(a)"),
    ]);
    let partial = Inconclusive(Reason::Unexpected);
    let nothing = Inconclusive(Reason::NotConfigured);
    for (sentence, params, outcome, count) in [
        ("found twice", json!({"pattern": "eval($A)", "expect": "found", "at_least": 2}), Pass, 2),
        (
            "not three times",
            json!({"pattern": "eval($A)", "expect": "found", "at_least": 3, "files": ["**", "!src/broken.ts"]}),
            Fail,
            2,
        ),
        ("must be absent", json!({"pattern": "eval($A)", "expect": "absent"}), Fail, 2),
        (
            "in one file",
            json!({"pattern": "eval($A)", "expect": "found", "files": ["src/*.tsx"]}),
            Pass,
            1,
        ),
        (
            "absent where it is",
            json!({"pattern": "eval($$$)", "expect": "absent", "files": ["src/clean.js"]}),
            Pass,
            0,
        ),
        (
            "a broken file proves no absence",
            json!({"pattern": "eval($A)", "expect": "absent", "files": ["src/broken.ts"]}),
            partial,
            0,
        ),
        (
            "nor do files of which one is broken",
            json!({"pattern": "exec($A)", "expect": "absent"}),
            partial,
            0,
        ),
        (
            "nor, taken as found too few",
            json!({"pattern": "exec($A)", "expect": "found"}),
            partial,
            0,
        ),
        (
            "no file",
            json!({"pattern": "eval($A)", "expect": "absent", "files": ["lib/**"]}),
            nothing,
            0,
        ),
        (
            "only files that are no code",
            json!({"pattern": "eval($A)", "expect": "absent", "files": ["*.md"]}),
            nothing,
            0,
        ),
        (
            "only what git ignores",
            json!({"pattern": "eval($A)", "expect": "absent", "files": ["generated/**"]}),
            nothing,
            0,
        ),
        (
            "only what others wrote",
            json!({"pattern": "eval($A)", "expect": "absent", "files": ["node_modules/**", "dist/**"]}),
            nothing,
            0,
        ),
        (
            "only a picture",
            json!({"pattern": "eval($A)", "expect": "absent", "files": ["src/picture.ts"]}),
            nothing,
            0,
        ),
    ] {
        let finding = ask(folder.path(), "code.pattern", params).await;
        assert_eq!(finding.outcome, outcome, "{sentence}: {finding:#?}");
        assert_eq!(finding.transcript.len(), count, "{sentence}");
    }
    let finding =
        ask(folder.path(), "code.pattern", json!({"pattern": "eval($A)", "expect": "found"})).await;
    assert!(finding.notes[0].text.contains("src/picture.ts"), "{finding:#?}");
    assert!(finding.notes[0].text.contains("src/broken.ts:1"), "{finding:#?}");
}

#[test]
fn a_bad_pattern_is_refused_when_the_template_is_loaded() {
    let with = |extra: Value| {
        let mut params = json!({"pattern": "eval($A)", "expect": "absent"});
        for (key, value) in extra.as_object().expect("an object") {
            params[key] = value.clone();
        }
        let params: Params = serde_json::from_value(params).map_err(|error| error.to_string())?;
        CodePattern::check(&params)
    };
    assert_eq!(with(json!({})), Ok(()));
    assert_eq!(
        with(json!({"pattern": "class A { $F = $V }", "kind": "public_field_definition"})),
        Ok(())
    );
    let (long, deep) = ("a".repeat(5_000), "(".repeat(1_500) + &")".repeat(1_500));
    for (sentence, extra, words) in [
        ("no code", json!({"pattern": "if ("}), "does not parse"),
        ("nothing", json!({"pattern": "  "}), "pattern"),
        ("two pieces", json!({"pattern": "a(); b();"}), "Multiple"),
        ("anything", json!({"pattern": "$A"}), "matches any code"),
        ("any list", json!({"pattern": "$$$"}), "pattern"),
        ("too long", json!({"pattern": long}), "bytes"),
        ("too deep", json!({"pattern": deep}), "pattern"),
        ("a kind that is not there", json!({"kind": "class_body"}), "class_body"),
        ("a kind that does not exist", json!({"kind": "nonsense"}), "nonsense"),
        ("a bad glob", json!({"files": ["a[".to_owned()]}), "`files`"),
        ("only globs that take out", json!({"files": ["!a"]}), "`files`"),
        ("a count of nothing", json!({"expect": "found", "at_least": 0}), "`at_least`"),
        ("a count of what must be absent", json!({"at_least": 2}), "`at_least`"),
        ("another language", json!({"language": "cobol"}), "cobol"),
    ] {
        let error = with(extra).expect_err(sentence);
        assert!(error.contains(words), "{sentence}: {error}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_text_makes_the_parser_or_a_pattern_panic(
        text in "([a-z{}()\\[\\]<>@;:'\"`$!?=&|.,/*\\\\\n]|class |if |=> |\\PC){0,300}",
        pattern in "[a-zA-Z{}()$@;'`.,= ]{0,60}",
    ) {
        for script in Script::ALL {
            let Ok(tree) = parse(&text, script) else { continue };
            first_error(&tree);
            if let Ok(pattern) = compile(&pattern, None, script) {
                let count = tree.root().find_all(&pattern).count();
                proptest::prop_assert!(count <= text.len() + 1);
            }
        }
    }
}
