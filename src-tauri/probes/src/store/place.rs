//! Where the secrets are kept, and under which names, as the environment declares it.

use countersign_domain::finding::Reason;
use url::Url;

use crate::context::Context;
use crate::probe::Doubt;

/// Names that are looked up in one run.
const MAX_NAMES: usize = 50;
/// Longest name of a secret (AWS Secrets Manager allows the longest).
const MAX_NAME: usize = 512;

/// A secret store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// AWS Secrets Manager.
    Aws { region: String, endpoint: Url },
    /// Azure Key Vault.
    Azure { base: Url },
    /// A key/value mount (version 2) of HashiCorp Vault.
    Vault { base: Url, mount: String },
}

impl Place {
    /// The store of the environment.
    pub(super) fn of(cx: &Context) -> Result<Self, Doubt> {
        let Some(target) = cx.environment().targets.secret_store.as_deref() else {
            let seen = "the environment names no `secret_store`";
            return Err(Doubt::new(Reason::NotConfigured, seen));
        };
        parse(target).map_err(|why| {
            Doubt::new(Reason::NotConfigured, format!("`secret_store` is no store: {why}"))
        })
    }

    /// Its name, for people.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Aws { .. } => "AWS Secrets Manager",
            Self::Azure { .. } => "Azure Key Vault",
            Self::Vault { .. } => "HashiCorp Vault",
        }
    }

    /// Its address, for people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Aws { region, endpoint } => format!("{endpoint} ({region})"),
            Self::Azure { base } => base.to_string(),
            Self::Vault { base, mount } => format!("{base} (mount {mount})"),
        }
    }

    /// The names that the team declared, in this store's grammar.
    pub(super) fn names(&self, cx: &Context) -> Result<Vec<String>, Doubt> {
        let declared = cx.fact("stored_secrets").unwrap_or_default();
        let mut names: Vec<String> = Vec::new();
        for name in declared.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            self.check_name(name).map_err(|why| {
                let seen = format!("the fact `stored_secrets` holds {name:?}: expected {why}");
                Doubt::new(Reason::NotConfigured, seen)
            })?;
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        let count = names.len();
        if (1..=MAX_NAMES).contains(&count) {
            return Ok(names);
        }
        let seen = format!(
            "the fact `stored_secrets` names {count} secrets: expected 1 to {MAX_NAMES}, \
             separated by commas (app/jwt-secret, app/redis)"
        );
        Err(Doubt::new(Reason::NotConfigured, seen))
    }

    fn check_name(&self, name: &str) -> Result<(), &'static str> {
        let all = |also: &str| {
            name.len() <= MAX_NAME
                && name.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        };
        match self {
            // CreateSecret, parameter Name.
            Self::Aws { .. } if all("/_+=.@-") => Ok(()),
            Self::Aws { .. } => Err("a name of letters, digits and /_+=.@-, not an ARN"),
            // Key Vault, "Objects, identifiers and versioning".
            Self::Azure { .. } if name.len() <= 127 && all("-") => Ok(()),
            Self::Azure { .. } => Err("a name of letters, digits and -"),
            Self::Vault { .. } if all("/_+=.@-") && is_path(name) => Ok(()),
            Self::Vault { .. } => Err("a path of letters, digits and _+=.@-, without . and .."),
        }
    }
}

/// Whether every part between slashes is a name.
fn is_path(text: &str) -> bool {
    text.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn parse(target: &str) -> Result<Place, String> {
    let url = Url::parse(target).map_err(|error| error.to_string())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("it names no host")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a user: credentials are `secrets` of the environment".to_owned());
    }
    match url.scheme() {
        "aws" => aws(&url, host),
        "azure" => Ok(Place::Azure { base: web("https", &url, host)? }),
        "vault" | "vault+http" => {
            let scheme = if url.scheme() == "vault" { "https" } else { "http" };
            let mount = url.path().trim_matches('/');
            if !is_path(mount) {
                return Err("expected vault://HOST:PORT/MOUNT, such as …/secret".to_owned());
            }
            Ok(Place::Vault { base: web(scheme, &url, host)?, mount: mount.to_owned() })
        }
        other => Err(format!("`{other}://` is not aws://, azure://, vault:// or vault+http://")),
    }
}

fn web(scheme: &str, url: &Url, host: &str) -> Result<Url, String> {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    Url::parse(&format!("{scheme}://{host}{port}/")).map_err(|error| error.to_string())
}

fn aws(url: &Url, region: &str) -> Result<Place, String> {
    let is_region = region.len() <= 40
        && region.split('-').count() >= 3
        && region.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !is_region {
        return Err(format!("`{region}` is no AWS region: expected one like eu-central-1"));
    }
    let given = url.query_pairs().find(|(key, _)| key == "endpoint").map(|(_, value)| value);
    let endpoint = match given {
        Some(endpoint) => Url::parse(&endpoint).map_err(|error| format!("endpoint: {error}"))?,
        None => {
            // The partition of China has a domain of its own.
            let end = if region.starts_with("cn-") { ".cn" } else { "" };
            let host = format!("https://secretsmanager.{region}.amazonaws.com{end}/");
            Url::parse(&host).map_err(|error| error.to_string())?
        }
    };
    if !matches!(endpoint.scheme(), "http" | "https") || endpoint.host_str().is_none() {
        return Err("endpoint: expected http:// or https:// and a host".to_owned());
    }
    if !endpoint.username().is_empty() || endpoint.password().is_some() {
        return Err("endpoint: it holds a user".to_owned());
    }
    Ok(Place::Aws { region: region.to_owned(), endpoint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_leads_to_its_own_address_and_nowhere_else() {
        for (target, shown) in [
            (
                "aws://eu-central-1",
                "https://secretsmanager.eu-central-1.amazonaws.com/ (eu-central-1)",
            ),
            (
                "aws://cn-north-1",
                "https://secretsmanager.cn-north-1.amazonaws.com.cn/ (cn-north-1)",
            ),
            (
                "aws://us-east-1?endpoint=http://127.0.0.1:5000",
                "http://127.0.0.1:5000/ (us-east-1)",
            ),
            ("azure://app-vault.vault.azure.net", "https://app-vault.vault.azure.net/"),
            (
                "vault://vault.example.com:8200/kv/app/",
                "https://vault.example.com:8200/ (mount kv/app)",
            ),
            ("vault+http://127.0.0.1:8200/secret", "http://127.0.0.1:8200/ (mount secret)"),
        ] {
            assert_eq!(parse(target).map(|place| place.shown()), Ok(shown.to_owned()), "{target}");
        }
        for (target, word) in [
            ("aws://evil.test", "no AWS region"),
            ("aws://evil-a-b.test", "no AWS region"),
            ("aws://us-east-1?endpoint=file:///etc", "endpoint"),
            ("aws://us-east-1?endpoint=https://u:p@h/", "holds a user"),
            ("azure://", "host"),
            ("vault://host:8200", "MOUNT"),
            ("vault://host:8200//", "MOUNT"),
            ("vault://user@host:8200/secret", "holds a user"),
            ("gcp://project", "`gcp://`"),
        ] {
            let error = parse(target).expect_err(target);
            assert!(error.contains(word), "{target}: {error}");
        }
    }

    #[test]
    fn a_name_cannot_lead_to_another_path_of_the_store() {
        let of = |target: &str| parse(target).expect("a store");
        let (aws, azure) = (of("aws://eu-central-1"), of("azure://v.vault.azure.net"));
        let vault = of("vault://v:8200/secret");
        for (place, name, fits) in [
            (&aws, "app/jwt-secret", true),
            (&aws, "arn:aws:secretsmanager:eu-central-1:1:secret:x", false),
            (&azure, "jwt-secret", true),
            (&azure, "a/versions", false),
            (&azure, "a?b", false),
            (&vault, "app/jwt", true),
            (&vault, "../sys/seal", false),
            (&vault, "a//b", false),
            (&vault, "a%2f..", false),
        ] {
            assert_eq!(place.check_name(name).is_ok(), fits, "{name}");
        }
    }
}
