//! Every reader of bytes that a server sends, fed with nonsense: none may panic, take long,
//! or find something good in it. Nothing is kept between runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use countersign_domain::finding::Outcome;
use countersign_probes::auth::forged::forge;
use countersign_probes::auth::record::Record;
use countersign_probes::cors::look::Grant;
use countersign_probes::headers::cookies::{self, Cookies};
use countersign_probes::headers::csp::{self, Csp};
use countersign_probes::headers::policy::{Policy, gaps};
use countersign_probes::headers::referrer_policy::{self, ReferrerPolicy};
use countersign_probes::http::pages::Page;
use countersign_probes::http::visit::{Answer, BodyEnd, Channel};
use countersign_probes::http::{reproduce, transport_security};
use countersign_probes::probe::Probe as _;
use countersign_probes::tls::certificate::Certificate;
use countersign_probes::tls::hello::{self, Reply};
use proptest::collection::vec;
use proptest::prelude::*;

/// Pieces that the readers look for, so that nonsense comes near to sense.
const PIECES: [&str; 26] = [
    ";",
    ",",
    "=",
    "\"",
    "'",
    " ",
    "\t",
    "*",
    "max-age",
    "31536000",
    "includeSubDomains",
    "script-src",
    "default-src",
    "'unsafe-inline'",
    "'nonce-",
    "'none'",
    "https:",
    "https://*",
    "__Host-a=1",
    "Secure",
    "HttpOnly",
    "SameSite=",
    "no-referrer",
    "\u{0}",
    "\u{fffd}",
    "é",
];

fn near() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
        1 => "[ -~]{0,12}",
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn answer(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Answer {
    let (end, channel) = (BodyEnd::Whole, Channel::Trusted);
    Answer { status, headers, body, end, took_ms: 1, channel }
}

fn page(name: &str, value: &str) -> Page {
    let headers = vec![(name.to_owned(), value.to_owned())];
    Page { path: "/".to_owned(), answer: Arc::new(answer(200, headers, Vec::new())) }
}

/// A ServerHello of TLS 1.2 in one record.
fn server_hello() -> Vec<u8> {
    let body = [&[3, 3][..], &[7; 32], &[0, 0xc0, 0x2f, 0]].concat();
    let length = u8::try_from(body.len()).expect("short");
    [&[22, 3, 3, 0, length + 4, 2, 0, 0, length][..], &body].concat()
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn tls_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..600)) {
        let _ = hello::read(&bytes);
        let _ = Certificate::read(&bytes);
    }

    #[test]
    fn a_server_hello_with_changed_bytes_is_read_or_refused(
        changes in vec((0_usize..60, any::<u8>()), 0..6),
        cut in 0_usize..60,
    ) {
        let whole = server_hello();
        let mut bytes = whole.clone();
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        bytes.truncate(cut);
        let reply = hello::read(&bytes);
        let sense = matches!(reply, Reply::Hello { .. }) && bytes.len() < 43;
        prop_assert!(!sense, "a hello was read out of {} bytes", bytes.len());
        prop_assert_eq!(hello::read(&whole), Reply::Hello { version: 0x0303, suite: 0xc02f });
    }

    #[test]
    fn header_fields_are_read_in_time_and_never_better_than_they_are(field in near()) {
        let start = Instant::now();
        if let Ok(policy) = transport_security::read(&field) {
            prop_assert!(field.to_ascii_lowercase().contains("max-age"), "{policy:?}");
        }
        let policy = Policy::read(&field);
        let open = gaps(std::slice::from_ref(&policy));
        let limits = policy.sources("script-src").or(policy.sources("default-src"));
        prop_assert!(limits.is_some() || policy.sources("script-src-elem").is_some() || !open.is_empty());
        let csp = Csp::judge(&vec![page("content-security-policy", &field)].into(), &csp::Params {});
        prop_assert!(csp.outcome != Outcome::Pass || field.contains("-src"), "{csp:?}");
        let cookie = Cookies::judge(&vec![page("set-cookie", &field)].into(), &cookies::Params {});
        prop_assert!(cookie.outcome != Outcome::Pass || field.contains("Secure"), "{cookie:?}");
        let referrer = vec![page("referrer-policy", &field)].into();
        let referrer = ReferrerPolicy::judge(&referrer, &referrer_policy::Params {});
        prop_assert!(referrer.outcome != Outcome::Pass || !field.is_empty());
        prop_assert!(start.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn an_origin_is_allowed_only_when_it_stands_there(field in near()) {
        let headers = vec![("access-control-allow-origin".to_owned(), field.clone())];
        let grant = Grant::read(&answer(200, headers, Vec::new()));
        let own = "https://app.example.com";
        prop_assert!(!grant.allows(own) || field.trim() == "*");
        prop_assert!(!grant.allows(own) || grant.names(own));
    }

    #[test]
    fn a_body_holds_a_record_only_when_it_is_an_object(body in vec(any::<u8>(), 0..200)) {
        let record = Record::of(&answer(200, Vec::new(), body.clone()), Some("7"));
        prop_assert!(!matches!(record, Record::Own) || body.contains(&b'7'));
    }

    #[test]
    fn a_forged_token_is_never_the_valid_one(token in "[A-Za-z0-9_.-]{0,80}") {
        let now = chrono::DateTime::UNIX_EPOCH;
        for forged in forge(&token, Some("secret"), now) {
            prop_assert_ne!(forged.token.as_str(), token.as_str());
        }
    }

    #[test]
    fn what_is_quoted_is_one_word_of_the_shell(text in near()) {
        // A shell takes no NUL in a word.
        let text = text.replace('\u{0}', "");
        let out = std::process::Command::new("sh")
            .args(["-c", &format!("printf %s {}", reproduce::quoted(&text))])
            .output()
            .expect("a shell");
        prop_assert_eq!(String::from_utf8_lossy(&out.stdout), text);
    }
}
