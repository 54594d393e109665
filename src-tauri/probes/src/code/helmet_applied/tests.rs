//! Helmet in the code, in the answers, in both and in neither.

use countersign_domain::environment::Targets;
use serde_json::json;

use super::super::trial::{ask, ask_with, tree};
use super::*;
use crate::http::pages::fixture::page;
use crate::offload::offload;

const ALL: [(&str, &str); 11] = [
    ("content-security-policy", "default-src 'self'"),
    ("strict-transport-security", "max-age=31536000"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("origin-agent-cluster", "?1"),
    ("x-dns-prefetch-control", "off"),
    ("x-download-options", "noopen"),
    ("x-permitted-cross-domain-policies", "none"),
];

#[test]
fn what_is_sent_decides_and_the_source_explains() {
    use Outcome::{Fail, Inconclusive, Pass};
    let applied =
        || Some(InSource { applied: vec!["src/main.ts:3".into()], ..InSource::default() });
    let absent = || Some(InSource::default());
    let imported =
        || Some(InSource { imported: vec!["src/main.ts".into()], ..InSource::default() });
    let without =
        |name: &str| -> Vec<_> { ALL.into_iter().filter(|(own, _)| *own != name).collect() };
    let with = |name: &'static str, value: &'static str| -> Vec<_> {
        ALL.into_iter().map(|(own, old)| (own, if own == name { value } else { old })).collect()
    };
    let some = &ALL[..5];
    for (sentence, source, headers, outcome, note) in [
        ("in both", applied(), ALL.to_vec(), Pass, ""),
        ("in front only", absent(), some.to_vec(), Pass, "headers-from-in-front"),
        ("in front, source not seen", None, some.to_vec(), Pass, ""),
        (
            "in the code, one header switched off",
            applied(),
            without("content-security-policy"),
            Pass,
            "helmet-headers-missing",
        ),
        ("imported and not used, whatever is sent", imported(), ALL.to_vec(), Fail, ""),
        ("in the code only", applied(), vec![], Fail, ""),
        ("in the code, and one header", applied(), vec![ALL[2]], Fail, ""),
        ("in neither", absent(), vec![], Fail, ""),
        ("one main header missing in front", absent(), without("referrer-policy"), Fail, ""),
        ("a header that does nothing", absent(), with("x-content-type-options", "none"), Fail, ""),
        (
            "a frame option that does nothing",
            absent(),
            with("x-frame-options", "ALLOWALL"),
            Fail,
            "",
        ),
        ("HSTS switched off", absent(), with("strict-transport-security", "max-age=0"), Fail, ""),
        ("an empty policy", absent(), with("content-security-policy", ""), Fail, ""),
    ] {
        let facts = Facts { source, pages: vec![page(200, &headers), page(404, &headers)] };
        let judged = HelmetApplied::judge(&facts, &Params {});
        assert_eq!(judged.outcome, outcome, "{sentence}: {judged:#?}");
        let notes: Vec<_> = judged.notes.iter().map(|note| note.code.as_str()).collect();
        assert_eq!(notes.join(" "), note, "{sentence}");
    }
    let half = Facts { source: absent(), pages: vec![page(200, &ALL), page(404, &[])] };
    assert_eq!(HelmetApplied::judge(&half, &Params {}).outcome, Fail, "not on the error page");
    let none = Facts { source: applied(), pages: vec![] };
    let judged = HelmetApplied::judge(&none, &Params {});
    assert_eq!(judged.outcome, Inconclusive(Reason::Unexpected), "no page is no proof");
}

#[tokio::test]
async fn only_a_call_that_puts_helmet_to_use_is_found_in_the_source() {
    let import = "import helmet from 'helmet';\n";
    for (sentence, code, found) in [
        ("Express", format!("{import}app.use(helmet());"), true),
        ("with settings", format!("{import}app.use(helmet({{ hsts: false }}));"), true),
        ("as a namespace", "import * as helmet from 'helmet';\napp.use(helmet());".into(), true),
        (
            "by require",
            "const helmet = require('helmet');\napp.use(helmet.default());".into(),
            true,
        ),
        ("one part of it", format!("{import}app.use(helmet.hsts());"), true),
        ("Fastify", "import h from '@fastify/helmet';\nawait app.register(h, {});".into(), true),
        ("Nest's consumer", format!("{import}consumer.apply(helmet()).forRoutes('*');"), true),
        ("commented out", format!("{import}// app.use(helmet());\nstart();"), false),
        ("in a string", format!("{import}log('app.use(helmet())');"), false),
        ("imported only", format!("{import}start();"), false),
        ("made and not used", format!("{import}const h = helmet();"), false),
        ("never run", format!("{import}if (false) {{ app.use(helmet()); }}"), false),
        ("another helmet", "import helmet from './helmet';\napp.use(helmet());".into(), false),
        ("given without a call", format!("{import}app.use(helmet);"), false),
    ] {
        let folder = tree(&[
            ("src/main.ts", &code),
            ("package.json", r#"{"dependencies":{"helmet":"^8"}}"#),
        ]);
        let seen = offload({
            let place = folder.path().to_owned();
            move |abandoned| look(&place, abandoned)
        })
        .await
        .expect("a tree");
        assert_eq!(!seen.applied.is_empty(), found, "{sentence}: {seen:?}");
        assert_eq!(seen.depends, ["package.json  dependencies.helmet ^8"], "{sentence}");
    }
}

#[tokio::test]
async fn a_service_that_is_down_or_not_named_is_no_pass() {
    let folder = tree(&[("src/main.ts", "import helmet from 'helmet';\napp.use(helmet());")]);
    let finding = ask(folder.path(), "code.helmet-applied", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::NotConfigured));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    let targets = Targets {
        api: Some(format!("http://127.0.0.1:{port}")),
        source: Some(folder.path().to_string_lossy().into_owned()),
        ..Targets::default()
    };
    let finding = ask_with(targets, "code.helmet-applied", json!({})).await;
    assert_eq!(finding.outcome, Outcome::Inconclusive(Reason::Unreachable), "{finding:#?}");
}
