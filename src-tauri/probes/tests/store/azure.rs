//! Azure Key Vault, as "Get Secret Versions" is documented.

use countersign_domain::finding::Outcome;

use crate::server::{Request, Server, answer, json};
use crate::{NEEDS_PERSON, REFUSED, UNEXPECTED, context, exist, rotation};

const TOKEN: &str = "azure-token-of-the-test-0123456789";

fn now() -> i64 {
    chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).timestamp()
}

fn version(name: &str, id: &str, attributes: &str) -> String {
    format!(
        r#"{{"id":"https://app.vault.azure.net/secrets/{name}/{id}","attributes":{{{attributes}}}}}"#
    )
}

/// A list with one version of that many days.
fn aged(days: i64, more: &str) -> String {
    let created = now() - days * 86_400;
    let one = version("jwt", "1f", &format!(r#""enabled":true,"created":{created}{more}"#));
    json(200, &format!(r#"{{"value":[{one}],"nextLink":null}}"#))
}

async fn both(server: &Server, days: Option<&str>) -> (Outcome, Outcome) {
    let mut facts = vec![("stored_secrets", "jwt")];
    facts.extend(days.map(|days| ("rotation_days", days)));
    let store = format!("azure://127.0.0.1:{}", server.port);
    let cx = context(&store, Some(&server.ca()), &[("AZURE_TOKEN", TOKEN)], &facts);
    (exist(&cx).await.outcome, rotation(&cx).await.outcome)
}

#[tokio::test]
async fn a_vault_lists_versions_and_knows_no_schedule() {
    let server = Server::tls(|_| aged(40, "")).await;
    assert_eq!(both(&server, None).await, (Outcome::Pass, NEEDS_PERSON));
    assert_eq!(both(&server, Some("90")).await, (Outcome::Pass, Outcome::Pass));
    assert_eq!(both(&server, Some("30")).await, (Outcome::Pass, Outcome::Fail));
    let request = server.requests().first().expect("asked").clone();
    assert_eq!(request.method, "GET");
    assert_eq!(request.path, "/secrets/jwt/versions?api-version=7.4");
    assert_eq!(request.header("authorization"), format!("Bearer {TOKEN}"));

    let server = Server::tls(|_| aged(1, r#","exp":1600000000"#)).await;
    assert_eq!(both(&server, None).await, (Outcome::Pass, Outcome::Fail), "it ran out");
}

#[tokio::test]
async fn every_page_is_read_before_the_newest_version_is_named() {
    let server = Server::tls(|request: &Request| {
        if request.path.contains("skiptoken") {
            return aged(2, "");
        }
        let host = request.header("host");
        let old = version("jwt", "0a", r#""enabled":true,"created":1500000000"#);
        let next = format!("https://{host}/secrets/jwt/versions?api-version=7.4&$skiptoken=x");
        json(200, &format!(r#"{{"value":[{old}],"nextLink":"{next}"}}"#))
    })
    .await;
    assert_eq!(both(&server, Some("30")).await, (Outcome::Pass, Outcome::Pass));

    let other = Server::tls(|_| aged(2, "")).await;
    let next = format!("https://127.0.0.1:{}/secrets/jwt/versions", other.port);
    let server = Server::tls(move |_| {
        let old = version("jwt", "0a", r#""enabled":true,"created":1500000000"#);
        json(200, &format!(r#"{{"value":[{old}],"nextLink":"{next}"}}"#))
    })
    .await;
    assert_eq!(both(&server, Some("30")).await, (UNEXPECTED, UNEXPECTED));
    assert!(other.requests().is_empty(), "the token followed a link to another host");

    let server = Server::tls(|request: &Request| {
        let next = format!("https://{}{}", request.header("host"), request.path);
        json(200, &format!(r#"{{"value":[],"nextLink":"{next}"}}"#))
    })
    .await;
    assert_eq!(both(&server, None).await, (UNEXPECTED, UNEXPECTED), "pages without an end");
    assert_eq!(server.requests().len(), 20);
}

#[tokio::test]
async fn only_the_vaults_own_words_decide() {
    let gone = Outcome::Inconclusive(countersign_domain::finding::Reason::NotConfigured);
    let disabled = version("jwt", "1f", r#""enabled":false,"created":1700000000"#);
    let foreign = version("other", "1f", r#""enabled":true,"created":1700000000"#);
    for (case, said, there, scheduled) in [
        (
            "not found",
            json(404, r#"{"error":{"code":"SecretNotFound","message":"x"}}"#),
            Outcome::Fail,
            gone,
        ),
        ("no version", json(200, r#"{"value":[]}"#), Outcome::Fail, gone),
        ("disabled", json(200, &format!(r#"{{"value":[{disabled}]}}"#)), Outcome::Fail, gone),
        (
            "another secret",
            json(200, &format!(r#"{{"value":[{foreign}]}}"#)),
            UNEXPECTED,
            UNEXPECTED,
        ),
        ("200 to everything", json(200, "{}"), UNEXPECTED, UNEXPECTED),
        ("a proxy's 404", answer(404, "", "gone"), UNEXPECTED, UNEXPECTED),
        ("an old token", json(401, r#"{"error":{"code":"Unauthorized"}}"#), REFUSED, REFUSED),
        ("no right", json(403, r#"{"error":{"code":"Forbidden"}}"#), REFUSED, REFUSED),
    ] {
        let server = Server::tls(move |_| said.clone()).await;
        assert_eq!(both(&server, None).await, (there, scheduled), "{case}");
    }
}
