//! HashiCorp Vault, as "Read secret metadata" of the key/value engine is documented.

use countersign_domain::finding::{Outcome, Reason};

use crate::server::{Server, answer, json};
use crate::{NEEDS_PERSON, REFUSED, UNEXPECTED, context, exist, rotation};

const TOKEN: &str = "hvs.token-of-the-test-0123456789";

fn metadata(days: i64, deletion: &str) -> String {
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
    let created = (now - chrono::Duration::days(days)).to_rfc3339();
    json(
        200,
        &format!(
            r#"{{"request_id":"x","lease_id":"","data":{{"cas_required":false,
            "created_time":"2024-03-22T02:24:06.945319214Z","current_version":3,
            "custom_metadata":{{"owner":"ops"}},"delete_version_after":"0s","max_versions":0,
            "oldest_version":2,"updated_time":"{created}","versions":{{
            "2":{{"created_time":"2024-03-22T02:24:06Z","deletion_time":"","destroyed":false}},
            "3":{{"created_time":"{created}","deletion_time":"{deletion}","destroyed":false}}}}}}}}"#
        ),
    )
}

async fn both(store: &str, ca: Option<&str>, days: Option<&str>) -> (Outcome, Outcome) {
    let mut facts = vec![("stored_secrets", "app/jwt"), ("vault_namespace", "team-a")];
    facts.extend(days.map(|days| ("rotation_days", days)));
    let cx = context(store, ca, &[("VAULT_TOKEN", TOKEN)], &facts);
    (exist(&cx).await.outcome, rotation(&cx).await.outcome)
}

fn plain(server: &Server) -> String {
    format!("vault+http://127.0.0.1:{}/kv/app", server.port)
}

#[tokio::test]
async fn the_age_of_the_current_value_is_held_against_the_declared_days() {
    let server = Server::tls(|_| metadata(40, "")).await;
    let store = format!("vault://127.0.0.1:{}/kv/app", server.port);
    let ca = server.ca();
    assert_eq!(both(&store, Some(&ca), None).await, (Outcome::Pass, NEEDS_PERSON));
    assert_eq!(both(&store, Some(&ca), Some("90")).await, (Outcome::Pass, Outcome::Pass));
    assert_eq!(both(&store, Some(&ca), Some("30")).await, (Outcome::Pass, Outcome::Fail));
    let request = server.requests().first().expect("asked").clone();
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("GET", "/v1/kv/app/metadata/app/jwt")
    );
    assert_eq!(request.header("x-vault-token"), TOKEN);
    assert_eq!(request.header("x-vault-namespace"), "team-a");
    assert_eq!(server.requests().len(), 3, "one look feeds both claims");
}

#[tokio::test]
async fn only_vaults_own_words_decide() {
    let gone = Outcome::Inconclusive(Reason::NotConfigured);
    let elsewhere = Server::plain(|_| metadata(1, "")).await;
    let location = format!("location: http://127.0.0.1:{}/\r\n", elsewhere.port);
    for (case, said, there, scheduled) in [
        ("not found", json(404, r#"{"errors":[]}"#), Outcome::Fail, gone),
        ("deleted", metadata(1, "2024-01-01T00:00:00Z"), Outcome::Fail, gone),
        (
            "denied",
            json(403, r#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#),
            REFUSED,
            REFUSED,
        ),
        ("no such engine", json(404, r#"{"errors":["no handler for route"]}"#), gone, gone),
        ("a standby that redirects", answer(307, &location, ""), UNEXPECTED, UNEXPECTED),
        ("200 to everything", answer(200, "", "ok"), UNEXPECTED, UNEXPECTED),
        ("sealed", json(503, r#"{"errors":["Vault is sealed"]}"#), UNEXPECTED, UNEXPECTED),
    ] {
        let server = Server::plain(move |_| said.clone()).await;
        assert_eq!(both(&plain(&server), None, Some("90")).await, (there, scheduled), "{case}");
    }
    assert!(elsewhere.requests().is_empty(), "a redirect was followed");
}
