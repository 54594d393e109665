//! Claim: the application reads its secrets from a secret store.

use std::path::Path;
use std::time::Duration;

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use super::language::Node;
use super::names::Names;
use super::source::{self, Left, calls};
use super::syntax::{arguments, callee, is, is_function, last_name, line};
use crate::context::Context;
use crate::offload::Abandoned;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Modules of secret stores, what the store is called, and the calls that read a secret.
const STORES: [(&str, &str, &[&str]); 9] = [
    (
        "@aws-sdk/client-secrets-manager",
        "AWS Secrets Manager",
        &["GetSecretValueCommand", "BatchGetSecretValueCommand", "getSecretValue"],
    ),
    ("aws-sdk", "AWS Secrets Manager", &["getSecretValue"]),
    ("@aws-lambda-powertools/parameters/secrets", "AWS Secrets Manager", &["getSecret"]),
    ("@azure/keyvault-secrets", "Azure Key Vault", &["getSecret"]),
    ("@google-cloud/secret-manager", "Google Secret Manager", &["accessSecretVersion"]),
    ("node-vault", "HashiCorp Vault", &["read"]),
    ("hashi-vault-js", "HashiCorp Vault", &["readKVSecret"]),
    ("@infisical/sdk", "Infisical", &["getSecret", "listSecrets"]),
    ("@litehex/node-vault", "HashiCorp Vault", &["read"]),
];

/// `code.reads-secret-store`
pub struct ReadsSecretStore;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// What the code does with secret stores.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Calls that read a secret and use it: `src/secrets.ts:12  AWS Secrets Manager  getSecret`.
    pub reads: Vec<String>,
    /// The same where nothing is done with what was read.
    pub dropped: Vec<String>,
    /// Files that import a store's library.
    pub imports: Vec<String>,
    /// What was not read.
    pub left: Left,
}

impl Probe for ReadsSecretStore {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "code.reads-secret-store",
        rules: 1,
        claim: "The application's code reads secrets from a secret store.",
        why: "A secret that the application fetches itself is in no file and no variable, and can \
              be replaced without a new deployment.",
        how: "Parses the source tree (tests left out) for calls that read a secret through the \
              libraries of AWS, Azure, Google, HashiCorp Vault and Infisical. A library that is \
              only imported, a comment, and a call whose answer is dropped do not count. Nothing \
              is run or sent.",
        blind: "Whether the code runs, and with which secrets. Stores that hand secrets over as \
                variables or files (ECS, Kubernetes, a Vault agent) need no such code: a person \
                must tell.",
        remedy: "Read each secret with the store's own library at start. 30 to 60 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "a call that reads a secret from a store, and uses it".to_owned()
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(60)
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let mut seen = source::look(cx, look).await;
        if let Ok(facts) = &seen.facts {
            let imports = facts.imports.iter().map(|path| format!("{path}  imports a library"));
            seen.transcript = facts.reads.iter().cloned().chain(imports).collect();
        }
        let search = "grep -rniE 'getSecret|accessSecretVersion|node-vault' --include='*.ts' .";
        seen.reproduce = Some(search.to_owned());
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let person = |summary: String| (Outcome::Inconclusive(Reason::NeedsPerson), summary);
        let (outcome, summary) = if let Some(first) = facts.reads.first() {
            (Outcome::Pass, format!("A secret is read at {first}"))
        } else if let Some(first) = facts.dropped.first() {
            person(format!("Nothing is done with what is read at {first}"))
        } else if let Some(first) = facts.imports.first() {
            person(format!("{first} imports a store's library and reads nothing"))
        } else {
            person("The code reads from no secret store that is known".to_owned())
        };
        let (reads, imports) = (facts.reads.len(), facts.imports.len());
        let observed =
            format!("{reads} reads, {imports} imports in {} files of code", facts.left.read);
        let judgement = Judgement::new(outcome, summary, Self::expected(params), observed)
            .notes(facts.left.note());
        if outcome == Outcome::Pass {
            let text = "The code shows what is meant; whether it runs so, it does not show";
            return judgement.note("intent-only", text);
        }
        judgement
    }
}

fn look(root: &Path, abandoned: &Abandoned) -> Result<Facts, Doubt> {
    let mut facts = Facts::default();
    let words = STORES.map(|(module, _, _)| module);
    let left = calls(root, abandoned, &words, |path, names, call| {
        let mut imported =
            STORES.iter().filter(|(module, _, _)| names.imports(|own| is_of(own, module)));
        let Some(first) = imported.next() else { return };
        if facts.imports.last().is_none_or(|last| last != path) {
            facts.imports.push(path.to_owned());
        }
        let reads = [first].into_iter().chain(imported).find(|store| is_read(store, names, call));
        if let Some((_, store, _)) = reads {
            let name = last_name(call).unwrap_or_default();
            let shown = format!("{path}:{}  {store}  {name}", line(call));
            if is_dropped(call) { facts.dropped.push(shown) } else { facts.reads.push(shown) }
        }
    })?;
    facts.left = left;
    Ok(facts)
}

fn is_of(own: &str, module: &str) -> bool {
    own == module || own.strip_prefix(module).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether the call reads a secret from that store. A command must be the library's own; a
/// method is taken by its name, in a file that imports the library.
fn is_read<'t>(
    (module, _, reads): &(&str, &str, &[&str]),
    names: &Names<'t>,
    call: &Node<'t>,
) -> bool {
    let Some(called) = callee(call) else { return false };
    let named = names.resolve(&called);
    let of_library = named.as_ref().and_then(|named| named.origin.module());
    if let Some(own) = of_library {
        return is_of(own, module) && named.is_some_and(|own| reads.contains(&own.name.as_str()));
    }
    is(call, "call_expression")
        && is(&called, "member_expression")
        && last_name(&called).is_some_and(|name| reads.contains(&name.as_str()))
}

/// Whether nothing is done with what the call gives: the outermost call is a statement of
/// its own, and nothing is called back.
fn is_dropped(call: &Node<'_>) -> bool {
    let calls_back = |node: &Node<'_>| {
        let last = arguments(node).last().cloned();
        last.is_some_and(|last| is_function(&last) || is(&last, "identifier"))
    };
    let mut calls_anybody_back = is(call, "call_expression") && calls_back(call);
    for above in call.ancestors() {
        match above.kind().as_ref() {
            "call_expression" => calls_anybody_back |= calls_back(&above),
            "await_expression" | "arguments" | "member_expression" | "parenthesized_expression" => {
            }
            "expression_statement" => return !calls_anybody_back,
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::trial::{ask, tree};
    use super::*;

    #[tokio::test]
    async fn only_a_secret_that_is_really_read_counts() {
        use Outcome::{Inconclusive, Pass};
        let person = Inconclusive(Reason::NeedsPerson);
        let aws = "import { SecretsManagerClient, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';\n";
        let azure = "import { SecretClient } from '@azure/keyvault-secrets';\n";
        let read = "const s = await client.send(new GetSecretValueCommand({ SecretId: 'a' }));";
        for (sentence, code, outcome) in [
            ("AWS, by command", format!("{aws}{read}"), Pass),
            ("AWS, by method", "import { SecretsManager } from '@aws-sdk/client-secrets-manager';\nexport const s = sm.getSecretValue({});".into(), Pass),
            ("AWS, old, with a callback", "const AWS = require('aws-sdk');\nsm.getSecretValue({}, (e, d) => use(d));".into(), Pass),
            ("AWS, old, by promise", "import * as AWS from 'aws-sdk';\nconst s = await sm.getSecretValue({}).promise();".into(), Pass),
            ("Azure", format!("{azure}return1 = (await client.getSecret('jwt')).value;"), Pass),
            ("Google", "import { SecretManagerServiceClient } from '@google-cloud/secret-manager';\nconst [v] = await c.accessSecretVersion({});".into(), Pass),
            ("Vault", "import vault from 'node-vault';\nconst s = await client.read('secret/data/app');".into(), Pass),
            ("a command under another name", format!("{}{}", aws.replace("GetSecretValueCommand", "GetSecretValueCommand as G"), read.replace("GetSecretValueCommand", "G")), Pass),
            ("commented out", format!("{aws}// {read}\nstart();"), person),
            ("in a string", format!("{aws}start(\"{read}\");"), person),
            ("imported only", format!("{aws}start();"), person),
            ("a type only", format!("{}{read}", aws.replace("import {", "import type {")), person),
            ("never run", format!("{aws}if (false) {{ {read} }}"), person),
            ("read and dropped", format!("{aws}{}", read.replace("const s = ", "")), person),
            ("dropped in the old way", "import * as AWS from 'aws-sdk';\nawait sm.getSecretValue({}).promise();".into(), person),
            ("the same name without the library", "const s = await client.getSecret('jwt');".into(), person),
            ("another read in a file without the library", "const s = await fs.read('a');".into(), person),
            ("written, not read", "import vault from 'node-vault';\nconst s = await client.write('a', {});".into(), person),
            ("from the environment", "const s = process.env.JWT_SECRET;".into(), person),
        ] {
            let folder = tree(&[("src/secrets.ts", &code)]);
            let finding = ask(folder.path(), "code.reads-secret-store", json!({})).await;
            assert_eq!(finding.outcome, outcome, "{sentence}: {finding:#?}");
            let intent = finding.notes.iter().any(|note| note.code == "intent-only");
            assert_eq!(intent, outcome == Pass, "{sentence}");
        }
        let folder = tree(&[("test/secrets.ts", &format!("{aws}{read}"))]);
        let finding = ask(folder.path(), "code.reads-secret-store", json!({})).await;
        assert_eq!(finding.outcome, person, "a test is not the application");
        let gone = ask(Path::new("/nowhere"), "code.reads-secret-store", json!({})).await;
        assert_eq!(gone.outcome, Inconclusive(Reason::NotConfigured));
    }
}
