//! HashiCorp Vault, key/value engine version 2: the metadata of a secret, which lies at a
//! path of its own beside the values.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use countersign_domain::finding::Reason;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::answer::{Found, Kept, Rotation, json, odd, whole};
use crate::context::Context;
use crate::http::visit::{Answer, Ask};
use crate::probe::Doubt;

/// The question about one secret ("Read secret metadata" in the KV v2 API).
pub(super) fn ask(
    cx: &Context,
    token: &Zeroizing<String>,
    base: &Url,
    mount: &str,
    name: &str,
) -> Ask {
    let mut url = base.clone();
    url.set_path(&format!("/v1/{mount}/metadata/{name}"));
    let ask = Ask::get(url)
        // A listener may insist on it (require_request_header).
        .header("x-vault-request", "true")
        .secret_header("x-vault-token", token.clone());
    match cx.fact("vault_namespace") {
        Some(namespace) => ask.header("x-vault-namespace", namespace),
        None => ask,
    }
}

#[derive(Deserialize)]
struct Metadata {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    created_time: DateTime<Utc>,
    current_version: u64,
    versions: BTreeMap<u64, Version>,
}

#[derive(Deserialize)]
struct Version {
    created_time: DateTime<Utc>,
    deletion_time: String,
    destroyed: bool,
}

#[derive(Deserialize)]
struct Refused {
    errors: Vec<String>,
}

/// What an answer says about a secret.
pub(super) fn read(answer: &Answer, now: DateTime<Utc>) -> Result<Found, Doubt> {
    let body = whole(answer)?;
    if answer.status == 200 {
        return found(&json::<Metadata>(body)?.data, now);
    }
    let told: Option<Refused> = serde_json::from_slice(body).ok();
    match (answer.status, told) {
        (404, Some(told)) if told.errors.is_empty() => {
            Ok(Found::Gone("the mount does not know it".to_owned()))
        }
        (404, Some(_)) => Err(Doubt::new(
            Reason::NotConfigured,
            "status 404: Vault has no key/value engine (version 2) at this mount",
        )),
        (403, Some(_)) => Err(Doubt::new(
            Reason::Refused,
            "status 403: the token is not accepted, or its policy lacks `read` on MOUNT/metadata/…",
        )),
        (503, Some(_)) => Err(odd("status 503: Vault is sealed or in maintenance")),
        (status, _) => Err(odd(&format!("status {status}"))),
    }
}

fn found(data: &Data, now: DateTime<Utc>) -> Result<Found, Doubt> {
    if data.current_version == 0 {
        return Ok(Found::Gone("it has metadata and no value".to_owned()));
    }
    let Some(current) = data.versions.get(&data.current_version) else {
        return Err(odd("the answer names a current version that it does not list"));
    };
    let ends = match current.deletion_time.as_str() {
        "" => None,
        text => Some(text.parse::<DateTime<Utc>>().map_err(|_| odd("a date that is none"))?),
    };
    if current.destroyed {
        return Ok(Found::Gone("its current value was destroyed".to_owned()));
    }
    if ends.is_some_and(|at| at <= now) {
        return Ok(Found::Gone("its current value was deleted".to_owned()));
    }
    Ok(Found::There(Kept {
        created: Some(data.created_time),
        replaced: Some(current.created_time),
        // The number of the current version counts those that were dropped, too.
        versions: usize::try_from(data.current_version).ok(),
        expires: ends,
        rotation: Rotation::NoSchedule,
        id: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::fixture::answer;
    use crate::http::visit::{BodyEnd, Channel};

    fn said(status: u16, body: &str) -> Result<Found, Doubt> {
        let answer = Answer {
            body: body.as_bytes().to_vec(),
            end: BodyEnd::Whole,
            ..answer(status, Channel::Trusted, &[])
        };
        read(&answer, "2026-01-01T00:00:00Z".parse().expect("a time"))
    }

    fn metadata(current: u64, deletion: &str, destroyed: bool) -> String {
        format!(
            r#"{{"request_id":"x","data":{{"created_time":"2024-03-22T02:24:06.945319214Z",
                "current_version":{current},"max_versions":0,"delete_version_after":"0s",
                "updated_time":"2025-12-31T00:00:00Z","custom_metadata":null,
                "versions":{{"1":{{"created_time":"2024-03-22T02:24:06.9Z","deletion_time":"",
                "destroyed":false}},"2":{{"created_time":"2025-03-22T02:36:43.9Z",
                "deletion_time":"{deletion}","destroyed":{destroyed}}}}}}}}}"#
        )
    }

    #[test]
    fn the_current_version_decides() {
        let Ok(Found::There(kept)) = said(200, &metadata(2, "", false)) else {
            panic!("it is there")
        };
        assert_eq!(
            kept.replaced.map(|at| at.to_rfc3339()[..10].to_owned()),
            Some("2025-03-22".into())
        );
        assert!(matches!(
            said(200, &metadata(2, "2027-01-01T00:00:00Z", false)),
            Ok(Found::There(_))
        ));
        for (case, body) in [
            ("deleted", metadata(2, "2025-06-01T00:00:00Z", false)),
            ("destroyed", metadata(2, "", true)),
            ("never set", metadata(0, "", false)),
        ] {
            assert!(matches!(said(200, &body), Ok(Found::Gone(_))), "{case}");
        }
        assert!(said(200, &metadata(3, "", false)).is_err(), "a version that is not listed");
        assert!(said(200, &metadata(2, "soon", false)).is_err(), "a date that is none");
    }

    #[test]
    fn a_404_counts_only_in_vaults_own_words() {
        assert!(matches!(said(404, r#"{"errors":[]}"#), Ok(Found::Gone(_))));
        for (case, status, body, reason) in [
            ("no such mount", 404, r#"{"errors":["no handler for route"]}"#, Reason::NotConfigured),
            ("a proxy's page", 404, "<html>", Reason::Unexpected),
            ("denied", 403, r#"{"errors":["permission denied"]}"#, Reason::Refused),
            ("a proxy's 403", 403, "<html>", Reason::Unexpected),
            ("sealed", 503, r#"{"errors":["Vault is sealed"]}"#, Reason::Unexpected),
            ("200 to everything", 200, "{}", Reason::Unexpected),
            (
                "a value, as version 1 would give",
                200,
                r#"{"data":{"jwt":"s"}}"#,
                Reason::Unexpected,
            ),
            ("a redirect", 307, "", Reason::Unexpected),
        ] {
            assert_eq!(said(status, body).map_err(|doubt| doubt.reason), Err(reason), "{case}");
        }
    }
}
