//! Every declared secret is kept in the store.

use std::sync::Arc;
use std::time::Duration;

use countersign_domain::finding::Outcome;
use serde::Deserialize;

use super::answer::Found;
use super::look::Look;
use crate::context::Context;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// How long a store with many secrets may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

/// `store.secrets-exist`
pub struct SecretsExist;

/// No parameters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {}

impl Probe for SecretsExist {
    type Params = Params;
    type Facts = Arc<Look>;

    const DEFINITION: Definition = Definition {
        name: "store.secrets-exist",
        rules: 1,
        claim: "Every secret that the team declares is kept in the secret store, with a value that \
                is in use.",
        why: "A secret that is not in the store lies somewhere else: in a file, in a chat, on a \
              laptop. Nobody knows who has read it, and nobody can replace it in one place.",
        how: "One request for each name of the fact `stored_secrets` (names separated by commas) to \
              the target `secret_store`, for metadata only. AWS Secrets Manager: DescribeSecret, \
              signed with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary keys, \
              AWS_SESSION_TOKEN. Azure Key Vault: the list of versions, with AZURE_TOKEN. HashiCorp \
              Vault, key/value version 2: the metadata, with VAULT_TOKEN and the fact \
              `vault_namespace` if there is one. A value is never asked for; redirects are not \
              followed; credentials go only over trusted TLS, or to this machine.",
        blind: "Whether the value in the store is the one that the application uses, whether it is \
                strong, and secrets that nobody declared.",
        remedy: "Put the secret into the store under the declared name (aws secretsmanager \
                 create-secret, az keyvault secret set, vault kv put), and let the application read \
                 it from there. To look, these rights are enough: secretsmanager:DescribeSecret; the \
                 role Key Vault Reader; `read` on MOUNT/metadata/*. An hour.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "each declared secret is there, enabled and not deleted".to_owned()
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Arc<Look>> {
        Look::observe(cx).await
    }

    fn judge(facts: &Arc<Look>, params: &Params) -> Judgement {
        let expected = Self::expected(params);
        let total = facts.entries.len();
        let gone: Vec<_> = facts
            .entries
            .iter()
            .filter_map(|entry| match &entry.found {
                Ok(Found::Gone(why)) => Some(format!("{}: {why}", entry.name)),
                _ => None,
            })
            .collect();
        if !gone.is_empty() {
            let summary =
                format!("{} of {total} declared secrets are not in {}", gone.len(), facts.store);
            return Judgement::new(Outcome::Fail, summary, expected, gone.join("; "));
        }
        if let Some((name, doubt)) = facts.doubt() {
            let summary = format!("Could not tell for {name}: {}", doubt.reason.words());
            let outcome = Outcome::Inconclusive(doubt.reason);
            return Judgement::new(outcome, summary, expected, doubt.seen.clone());
        }
        let names: Vec<_> = facts.entries.iter().map(|entry| entry.name.as_str()).collect();
        let summary = format!("All {total} declared secrets are in {}", facts.store);
        Judgement::new(Outcome::Pass, summary, expected, names.join(", "))
    }

    fn deadline(_: &Params) -> Duration {
        DEADLINE
    }
}

#[cfg(test)]
mod tests {
    use countersign_domain::finding::Reason;

    use super::*;
    use crate::probe::Doubt;
    use crate::store::answer::Kept;
    use crate::store::look::Entry;

    #[test]
    fn one_missing_secret_fails_and_one_doubt_leaves_it_open() {
        let there = || Ok(Found::There(Kept::default()));
        let gone = || Ok(Found::Gone("no".to_owned()));
        let doubt = || Err(Doubt::new(Reason::Refused, "denied"));
        for (case, found, outcome) in [
            ("all there", vec![there(), there()], Outcome::Pass),
            ("one missing", vec![there(), gone()], Outcome::Fail),
            ("one refused", vec![there(), doubt()], Outcome::Inconclusive(Reason::Refused)),
            ("missing beats refused", vec![doubt(), gone()], Outcome::Fail),
        ] {
            let entries =
                found.into_iter().map(|found| Entry { name: "app/x".into(), found }).collect();
            let look = Look { store: "a store", entries, at: chrono::DateTime::UNIX_EPOCH };
            let judgement = SecretsExist::judge(&Arc::new(look), &Params::default());
            assert_eq!(judgement.outcome, outcome, "{case}");
        }
    }
}
