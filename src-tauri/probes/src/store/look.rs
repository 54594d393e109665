//! One look at every declared secret; both claims read the same look.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use countersign_domain::finding::Reason;
use futures::StreamExt as _;
use zeroize::Zeroizing;

use super::answer::Found;
use super::place::Place;
use super::{aws, azure, sign, vault};
use crate::context::Context;
use crate::http::reproduce::quoted;
use crate::probe::{Doubt, Observation};

/// Questions to the store at a time.
const AT_ONCE: usize = 4;

/// What the store says about one declared secret.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its name in the store.
    pub name: String,
    /// What came of the question.
    pub found: Result<Found, Doubt>,
}

/// What the store says about every declared secret.
#[derive(Debug, Clone)]
pub struct Look {
    /// The store, by its product's name.
    pub store: &'static str,
    /// One for each declared name, in that order.
    pub entries: Vec<Entry>,
    /// When it was asked.
    pub at: DateTime<Utc>,
}

/// The doubt about a credential that was not found.
pub(super) fn missing(name: &str) -> Doubt {
    let seen = format!("the secret `{name}` was not found: name a reference under `secrets`");
    Doubt::new(Reason::NeedsCredentials, seen)
}

/// What opens the store's metadata.
enum Pass {
    Aws(sign::Keys),
    Token(Zeroizing<String>),
}

impl Pass {
    fn of(cx: &Context, place: &Place) -> Result<Self, Doubt> {
        let token = |name: &str| cx.secret(name).cloned().ok_or_else(|| missing(name));
        match place {
            Place::Aws { .. } => aws::keys(cx).map(Self::Aws),
            Place::Azure { .. } => token("AZURE_TOKEN").map(Self::Token),
            Place::Vault { .. } => token("VAULT_TOKEN").map(Self::Token),
        }
    }
}

impl Look {
    /// Asks the store of the environment for each declared secret.
    ///
    /// # Errors
    /// Why the store could not be asked at all.
    pub async fn take(cx: &Context) -> Result<Arc<Self>, Doubt> {
        let place = Place::of(cx)?;
        let names = place.names(cx)?;
        let pass = Pass::of(cx, &place)?;
        let mut entries = Vec::new();
        let mut rest = names.into_iter();
        // A store that does not answer the first question is not asked the others.
        if let Some(name) = rest.next() {
            let found = one(cx, &place, &pass, &name).await;
            if let Err(doubt) = &found
                && matches!(doubt.reason, Reason::Unreachable | Reason::TimedOut)
            {
                return Err(doubt.clone());
            }
            entries.push(Entry { name, found });
        }
        let (place, pass) = (&place, &pass);
        let others: Vec<_> = futures::stream::iter(rest)
            .map(|name| async move {
                let found = one(cx, place, pass, &name).await;
                Entry { name, found }
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        entries.extend(others);
        Ok(Arc::new(Self { store: place.name(), entries, at: cx.now() }))
    }

    /// The look as an observation.
    pub(super) async fn observe(cx: &Context) -> Observation<Arc<Self>> {
        let looked = cx.stored().await;
        let place = Place::of(cx).ok();
        let target = place.as_ref().map_or_else(|| "secret_store".to_owned(), Place::shown);
        let transcript = looked.as_ref().map_or_else(|_| Vec::new(), |look| look.lines());
        let first = looked.as_ref().ok().and_then(|look| look.entries.first());
        let reproduce = place.zip(first).map(|(place, entry)| command(&place, &entry.name));
        Observation { target, facts: looked, transcript, reproduce }
    }

    fn lines(&self) -> Vec<String> {
        let line = |entry: &Entry| match &entry.found {
            Ok(Found::There(kept)) => format!("{}: {}", entry.name, kept.words()),
            Ok(Found::Gone(why)) => format!("{}: not there ({why})", entry.name),
            Err(doubt) => format!("{}: {} ({})", entry.name, doubt.reason.words(), doubt.seen),
        };
        self.entries.iter().map(line).collect()
    }

    /// The first doubt about a secret, with its name.
    pub(super) fn doubt(&self) -> Option<(&str, &Doubt)> {
        self.entries
            .iter()
            .find_map(|entry| entry.found.as_ref().err().map(|doubt| (entry.name.as_str(), doubt)))
    }
}

async fn one(cx: &Context, place: &Place, pass: &Pass, name: &str) -> Result<Found, Doubt> {
    match (place, pass) {
        (Place::Aws { region, endpoint }, Pass::Aws(keys)) => {
            let ask = aws::ask(keys, region, endpoint, name, cx.now())?;
            let answer = cx.visit(&ask).await?;
            aws::read(&answer, region, name)
        }
        (Place::Azure { base }, Pass::Token(token)) => azure::look(cx, token, base, name).await,
        (Place::Vault { base, mount }, Pass::Token(token)) => {
            let answer = cx.visit(&vault::ask(cx, token, base, mount, name)).await?;
            vault::read(&answer, cx.now())
        }
        _ => Err(Doubt::new(Reason::Internal, "the credentials are another store's")),
    }
}

/// The command of the store's own program that shows the same.
fn command(place: &Place, name: &str) -> String {
    let name = quoted(name);
    match place {
        Place::Aws { region, endpoint } => {
            let own = endpoint.host_str().is_some_and(|host| host.contains(".amazonaws.com"));
            let at = if own {
                String::new()
            } else {
                format!(" --endpoint-url {}", quoted(endpoint.as_str()))
            };
            format!("aws secretsmanager describe-secret --region {region}{at} --secret-id {name}")
        }
        Place::Azure { base } => {
            let id = format!("{base}secrets/");
            format!("az keyvault secret list-versions --id {}{name}", quoted(&id))
        }
        Place::Vault { base, mount } => format!(
            "VAULT_ADDR={} vault kv metadata get -mount={} {name}",
            quoted(base.as_str().trim_end_matches('/')),
            quoted(mount)
        ),
    }
}
