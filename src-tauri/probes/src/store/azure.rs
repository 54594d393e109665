//! Azure Key Vault: the list of a secret's versions, which holds dates and no values. A
//! vault keeps rotation policies for keys only: for a secret it knows an expiry date and
//! tells whoever listens that it comes near.

use countersign_domain::finding::Reason;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::answer::{Found, Kept, Rotation, code, json, odd, seconds, whole};
use crate::context::Context;
use crate::http::visit::{Answer, Ask};
use crate::probe::Doubt;

/// "Get Secret Versions" in the Key Vault REST reference.
const VERSION: &str = "7.4";
/// Pages of versions that are read; a page holds 25 at most.
const MAX_PAGES: usize = 20;

/// One version of a secret.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Version {
    id: String,
    attributes: Attributes,
}

#[derive(Debug, Clone, Deserialize)]
struct Attributes {
    enabled: Option<bool>,
    created: Option<f64>,
    exp: Option<f64>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Version>,
    #[serde(rename = "nextLink")]
    next: Option<String>,
}

#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    error: Error,
}

#[derive(Default, Deserialize)]
struct Error {
    #[serde(default)]
    code: String,
}

/// The address of the versions of `name`.
pub(super) fn versions(base: &Url, name: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("/secrets/{name}/versions"));
    url.set_query(Some(&format!("api-version={VERSION}")));
    url
}

/// Asks for every version of `name`.
pub(super) async fn look(
    cx: &Context,
    token: &Zeroizing<String>,
    base: &Url,
    name: &str,
) -> Result<Found, Doubt> {
    let (first, mut all) = (versions(base, name), Vec::new());
    let mut next = Some(first.clone());
    for _ in 0..MAX_PAGES {
        let Some(url) = next.take() else { break };
        let answer = cx.visit(&Ask::get(url).bearer(token.clone())).await?;
        let Some((more, link)) = page(&answer, name)? else {
            return Ok(Found::Gone("the vault does not know it".to_owned()));
        };
        all.extend(more);
        next = link.map(|link| follow(&first, &link)).transpose()?;
    }
    if next.is_some() {
        return Err(odd("the secret has more versions than are read (500)"));
    }
    Ok(found(&all))
}

/// The link to the next page, when it leads to the same list of the same vault: the token
/// goes nowhere else.
fn follow(first: &Url, link: &str) -> Result<Url, Doubt> {
    let same = |url: &Url| {
        url.scheme() == first.scheme()
            && url.host_str() == first.host_str()
            && url.port_or_known_default() == first.port_or_known_default()
            && url.path().eq_ignore_ascii_case(first.path())
            && url.username().is_empty()
            && url.password().is_none()
    };
    let url = Url::parse(link).ok().filter(same);
    url.ok_or_else(|| odd("the next page of versions lies elsewhere: it was not fetched"))
}

type Listed = (Vec<Version>, Option<String>);

/// One page of versions; nothing when the vault says that there is no such secret.
fn page(answer: &Answer, name: &str) -> Result<Option<Listed>, Doubt> {
    let body = whole(answer)?;
    if answer.status == 200 {
        let page: Page = json(body)?;
        let own = format!("/secrets/{name}/").to_ascii_lowercase();
        for version in &page.value {
            let url = Url::parse(&version.id).ok();
            let path = url.map(|url| url.path().to_ascii_lowercase()).unwrap_or_default();
            if path.strip_prefix(&own).is_none_or(|id| id.is_empty() || id.contains('/')) {
                return Err(odd("the answer is about another secret than the one asked for"));
            }
        }
        return Ok(Some((page.value, page.next.filter(|next| !next.is_empty()))));
    }
    let told: Refused = serde_json::from_slice(body).unwrap_or_default();
    let code = code(&told.error.code);
    match (answer.status, code.as_str()) {
        (404, "SecretNotFound") => Ok(None),
        (401, _) => Err(Doubt::new(
            Reason::Refused,
            "status 401: the token was not accepted; it must be a fresh one for \
             https://vault.azure.net",
        )),
        (403, code) => Err(Doubt::new(
            Reason::Refused,
            format!(
                "status 403, {code}: the token lacks the permission secrets/list (role Key Vault \
                 Reader), or the vault's firewall refuses this machine"
            ),
        )),
        (status, code) => Err(odd(&format!("status {status}, {code}"))),
    }
}

fn found(versions: &[Version]) -> Found {
    if versions.is_empty() {
        return Found::Gone("the vault lists no version of it".to_owned());
    }
    let time = |at: Option<f64>| at.and_then(seconds);
    let enabled = versions.iter().filter(|version| version.attributes.enabled == Some(true));
    let Some(newest) = enabled.max_by_key(|version| time(version.attributes.created)) else {
        return Found::Gone("every version of it is disabled".to_owned());
    };
    let created = versions.iter().filter_map(|version| time(version.attributes.created)).min();
    Found::There(Kept {
        created,
        replaced: time(newest.attributes.created),
        versions: Some(versions.len()),
        expires: time(newest.attributes.exp),
        rotation: Rotation::NoSchedule,
        id: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_follows_no_link_out_of_the_list() {
        let first = versions(&Url::parse("https://v.vault.azure.net/").expect("a URL"), "jwt");
        let here =
            "https://v.vault.azure.net:443/secrets/jwt/versions?api-version=7.2&$skiptoken=x";
        assert!(follow(&first, here).is_ok());
        for link in [
            "https://evil.test/secrets/jwt/versions",
            "http://v.vault.azure.net/secrets/jwt/versions",
            "https://v.vault.azure.net:8443/secrets/jwt/versions",
            "https://v.vault.azure.net/secrets/jwt/11a536561da34d6b8b452d880df58f3a",
            "https://u:p@v.vault.azure.net/secrets/jwt/versions",
            "/secrets/jwt/versions",
        ] {
            assert!(follow(&first, link).is_err(), "{link}");
        }
    }

    #[test]
    fn the_newest_enabled_version_is_the_one_in_use() {
        let version = |enabled, created: f64, exp| Version {
            id: "https://v/secrets/jwt/1".into(),
            attributes: Attributes { enabled: Some(enabled), created: Some(created), exp },
        };
        let Found::There(kept) = found(&[
            version(true, 2e9, Some(3e9)),
            version(false, 2.5e9, None),
            version(true, 1e9, None),
        ]) else {
            panic!("it is there")
        };
        assert_eq!(
            (kept.replaced, kept.created, kept.expires, kept.versions),
            (seconds(2e9), seconds(1e9), seconds(3e9), Some(3))
        );
        assert!(matches!(found(&[version(false, 1e9, None)]), Found::Gone(_)));
        assert!(matches!(found(&[]), Found::Gone(_)));
    }
}
