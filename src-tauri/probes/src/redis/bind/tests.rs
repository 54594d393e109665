//! The verdicts over what Redis, its file and the dialled addresses may say.

use super::*;

fn facts(bind: &str) -> Facts {
    let listening = Listening::read(bind.split_ascii_whitespace());
    Facts {
        listening: Ok((listening, Source::Server)),
        protected: Some(true),
        expected: None,
        dials: Vec::new(),
        from: Some([127, 0, 0, 1].into()),
    }
}

fn hidden(dials: &[(&str, Answer)]) -> Facts {
    let dial = |(address, answer): &(&str, Answer)| Dial {
        address: (*address).to_owned(),
        loopback: address.starts_with("127."),
        answer: answer.clone(),
    };
    Facts {
        listening: Err("NOPERM".into()),
        dials: dials.iter().map(dial).collect(),
        from: Some([10, 0, 0, 9].into()),
        ..facts("")
    }
}

fn declared(bind: &str, expected: &str) -> Facts {
    Facts { expected: Some(Listening::read(expected.split(','))), ..facts(bind) }
}

fn in_file(bind: &str, includes: usize) -> Facts {
    let listening = Listening::read(bind.split_ascii_whitespace());
    Facts { listening: Ok((listening, Source::File { includes })), ..facts("") }
}

fn dialled(bind: &str, answer: Answer) -> Facts {
    Facts { dials: hidden(&[("10.0.0.5:6379", answer)]).dials, ..facts(bind) }
}

#[test]
fn where_redis_listens_decides() {
    use Outcome::{Fail, Inconclusive, Pass};
    let (silent, refused) = (Answer::Silent, Answer::Refused);
    let gone = || Answer::Failed("no route to host".into());
    let cases: Vec<(&str, Facts, Outcome, &[&str])> = vec![
        ("loopback", facts("127.0.0.1 -::1"), Pass, &[]),
        ("a private address", facts("127.0.0.1 10.0.0.5"), Pass, &[]),
        ("everywhere", facts("* -::*"), Fail, &["redis-protected-mode"]),
        ("no bind line", facts(""), Fail, &["redis-protected-mode"]),
        ("0.0.0.0 among others", facts("10.0.0.5 0.0.0.0"), Fail, &["redis-protected-mode"]),
        ("everywhere, unprotected", Facts { protected: Some(false), ..facts("*") }, Fail, &[]),
        ("a public address", facts("203.0.113.5"), Fail, &[]),
        ("a name", facts("redis.internal"), Inconclusive(Reason::NeedsPerson), &[]),
        ("as declared", declared("10.0.0.5", "10.0.0.5,127.0.0.1"), Pass, &[]),
        ("more than declared", declared("10.0.0.5 10.0.0.6", "10.0.0.5"), Fail, &[]),
        (
            "public, and declared",
            declared("203.0.113.5", "203.0.113.5"),
            Pass,
            &["redis-public-address"],
        ),
        ("declared as everywhere", declared("*", "*"), Fail, &["redis-protected-mode"]),
        (
            "a declaration of everywhere",
            declared("10.0.0.5", "0.0.0.0"),
            Inconclusive(Reason::NotConfigured),
            &[],
        ),
        ("a file", in_file("127.0.0.1", 0), Pass, &["redis-file-only"]),
        ("a file without a line", in_file("", 0), Fail, &["redis-protected-mode"]),
        (
            "a file that includes others",
            in_file("127.0.0.1", 1),
            Inconclusive(Reason::NeedsPerson),
            &[],
        ),
        (
            "answers where it must not",
            dialled("127.0.0.1", Answer::Answered),
            Fail,
            &["redis-dialled-locally"],
        ),
        (
            "bound well, and refused",
            dialled("127.0.0.1", refused.clone()),
            Pass,
            &["redis-dialled-locally"],
        ),
        ("nothing to be seen", hidden(&[]), Inconclusive(Reason::Refused), &[]),
        (
            "refused on another address",
            hidden(&[("10.0.0.5:6379", refused.clone())]),
            Pass,
            &["redis-listed-addresses"],
        ),
        (
            "silent on another address",
            hidden(&[("10.0.0.5:6379", refused.clone()), ("10.0.0.6:6379", silent)]),
            Inconclusive(Reason::TimedOut),
            &[],
        ),
        (
            "no way to another address",
            hidden(&[("10.0.0.5:6379", gone())]),
            Inconclusive(Reason::Unreachable),
            &[],
        ),
        (
            "refused on loopback, which proves nothing",
            hidden(&[("127.0.0.2:6379", refused)]),
            Inconclusive(Reason::Refused),
            &[],
        ),
    ];
    for (name, facts, expected, codes) in cases {
        let judged = Bind::judge(&facts, &Params {});
        assert_eq!(judged.outcome, expected, "{name}: {}", judged.summary);
        let seen: Vec<_> = judged.notes.iter().map(|note| note.code.as_str()).collect();
        assert_eq!(seen, codes, "{name}");
    }
}
