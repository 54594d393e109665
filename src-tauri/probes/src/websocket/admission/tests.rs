//! What a conversation comes to, packet by packet.

use super::*;

const OPEN: &str = r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;
const IN: &str = r#"40{"sid":"s"}"#;
const NO: &str = r#"44{"message":"unauthorized"}"#;

/// Plays what a server says, 10 ms apart, then silence.
fn play(params: &Params, heard: &[Heard]) -> Admission {
    let opening = Some("40".to_owned());
    let second = Duration::from_secs(1);
    let mut entry = Entry::new(params, opening, 10 * second, 2 * second);
    entry.first();
    let mut at = Duration::ZERO;
    for heard in heard {
        at += Duration::from_millis(10);
        entry.hear(heard, at);
    }
    while let Some(until) = entry.until() {
        assert!(until >= at, "listening ends");
        entry.hear(&Heard::Silence, until);
    }
    entry.verdict()
}

fn texts(texts: &[&str]) -> Vec<Heard> {
    texts.iter().map(|text| Heard::Text((*text).to_owned())).collect()
}

fn word(admission: &Admission) -> &'static str {
    match admission {
        Admission::Refused(_) => "refused",
        Admission::Admitted => "admitted",
        Admission::Leaked(_) => "leaked",
        Admission::Unclear(_) => "unclear",
    }
}

#[test]
fn socket_io_is_read_to_the_end() {
    let event = r#"42["tick",1]"#;
    let closed = || Heard::Closed("1000".to_owned());
    for (case, said, then, expected) in [
        ("refused", &[OPEN, NO][..], None, "refused"),
        ("let in", &[OPEN, IN], None, "admitted"),
        ("let in, asked whether it lives", &[OPEN, "2", IN, "2"], None, "admitted"),
        ("let in and put out", &[OPEN, IN, "41"], None, "refused"),
        ("let in and closed", &[OPEN, IN], Some(closed()), "refused"),
        ("let in and dropped", &[OPEN, IN], Some(Heard::Dropped), "refused"),
        ("closed before an answer", &[OPEN], Some(closed()), "refused"),
        ("closed by Engine.IO", &[OPEN, "1"], None, "refused"),
        ("delivered, then put out", &[OPEN, IN, event, "41"], None, "leaked"),
        ("delivered and open", &[OPEN, IN, event], None, "admitted"),
        ("delivered before an answer", &[OPEN, event], Some(closed()), "leaked"),
        ("says no and delivers", &[OPEN, NO, event], None, "leaked"),
        ("says no and lets in", &[OPEN, NO, IN], None, "admitted"),
        ("says why, then puts out", &[OPEN, IN, r#"42["exception",{}]"#, "41"], None, "refused"),
        ("says why and leaves open", &[OPEN, IN, r#"42["exception",{}]"#], None, "admitted"),
        ("an acknowledgement of nothing", &[OPEN, IN, "430[1]", "41"], None, "leaked"),
        ("bytes", &[OPEN, IN], Some(Heard::Binary(vec![1, 2])), "admitted"),
        ("a flood before an answer", &[OPEN], Some(Heard::TooMany), "unclear"),
        ("a flood after it", &[OPEN, IN], Some(Heard::TooMany), "admitted"),
        ("too large to read", &[OPEN, IN], Some(Heard::Large), "leaked"),
        ("socket.io 2 greets unasked", &[OPEN, "40"], None, "unclear"),
        ("another namespace opens", &[OPEN, r#"40/x,{"sid":"s"}"#], None, "unclear"),
        ("another protocol", &["hello"], None, "unclear"),
        ("no packet where the answer should be", &[OPEN, "hello"], None, "unclear"),
        ("let in before it is open", &[IN], None, "unclear"),
        ("says nothing", &[], None, "unclear"),
        ("opens and says nothing", &[OPEN, "6"], None, "unclear"),
        ("bytes first", &[], Some(Heard::Binary(vec![1])), "unclear"),
        ("something huge first", &[], Some(Heard::Large), "unclear"),
        ("no frames at all", &[], Some(Heard::Broken("x".to_owned())), "unclear"),
    ] {
        let mut heard = texts(said);
        heard.extend(then);
        let admission = play(&Params::default(), &heard);
        assert_eq!(word(&admission), expected, "{case}: {admission:?}");
    }
}

#[test]
fn a_plain_socket_is_judged_by_its_words_or_by_staying_open() {
    let plain = |accepted: Option<&str>| Params {
        protocol: Protocol::Plain,
        send: Some("${TOKEN}".to_owned()),
        accepted_when: accepted.map(str::to_owned),
        refused_when: Some("denied".to_owned()),
        ..Params::default()
    };
    let closed = || Heard::Closed("1008".to_owned());
    for (case, accepted, said, then, expected) in [
        ("stays open", None, &[][..], None, "admitted"),
        ("closes", None, &[], Some(closed()), "refused"),
        ("says no and closes", None, &["denied"], Some(closed()), "refused"),
        ("says no", None, &["denied"], None, "refused"),
        ("delivers and stays open", None, &["tick"], None, "admitted"),
        ("delivers and closes", None, &["tick"], Some(closed()), "unclear"),
        ("says you are in", Some("welcome"), &["welcome"], None, "admitted"),
        ("says you are in and closes", Some("welcome"), &["welcome"], Some(closed()), "refused"),
        ("says neither", Some("welcome"), &[], None, "unclear"),
        ("delivers without a word", Some("welcome"), &["tick"], None, "unclear"),
        ("says no, then delivers", Some("welcome"), &["denied", "tick"], None, "unclear"),
    ] {
        let mut heard = texts(said);
        heard.extend(then);
        let admission = play(&plain(accepted), &heard);
        assert_eq!(word(&admission), expected, "{case}: {admission:?}");
    }
}

#[test]
fn a_ping_is_answered_and_the_question_is_put_once() {
    let params = Params::default();
    let second = Duration::from_secs(1);
    let mut entry = Entry::new(&params, Some("40".to_owned()), second, second);
    let mut hear = |text: &str| entry.hear(&Heard::Text(text.to_owned()), Duration::ZERO);
    assert_eq!(hear(OPEN).as_deref(), Some("40"));
    assert_eq!(hear(OPEN), None);
    assert_eq!(hear("2probe").as_deref(), Some("3probe"));
}

#[test]
fn a_status_tells_or_does_not() {
    for (status, body, expected) in [
        (401, "", "refused"),
        (403, r#"{"code":4,"message":"Forbidden"}"#, "refused"),
        (400, "Forbidden", "refused"),
        (400, r#"{"code":5,"message":"Unsupported protocol version"}"#, "unclear"),
        (400, r#"{"code":0,"message":"Transport unknown"}"#, "unclear"),
        (200, "<html>", "unclear"),
        (302, "", "unclear"),
        (404, "", "unclear"),
        (429, "", "unclear"),
        (503, "", "unclear"),
    ] {
        assert_eq!(word(&of_status(status, body)), expected, "{status} {body}");
    }
}
