//! A claim of the team's own: one file of the source tree, and conditions on it.

use countersign_domain::finding::Reason;
use serde::Deserialize;
use serde_json::Value;

use super::read::{self, Found};
use crate::conditions::{self, Names, Scope};
use crate::context::Context;
use crate::http::reproduce::quoted;
use crate::offload::offload;
use crate::partly::View;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// What a condition may speak of.
const NAMES: Names = &["exists", "size", "mode", "text", "lines"];

/// `file.expect`
pub struct Expect;

/// The file and the conditions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Path below the environment's `source`.
    pub path: String,
    /// Conditions in CEL over `exists`, `size`, `mode`, `text` and `lines`; all must hold.
    pub expect: Vec<String>,
}

impl Probe for Expect {
    type Params = Params;
    type Facts = Found;

    const DEFINITION: Definition = Definition {
        name: "file.expect",
        rules: 1,
        claim: "A file of the source tree meets every condition of the template.",
        why: "What a configuration file must say is known to the team alone; written as conditions, \
              it is checked the same way each time.",
        how: "Reads one file below the target `source`, 256 KiB at most. Conditions are CEL over \
              exists, size (bytes), mode (octal text such as '600'), text and lines; \
              `text.matches('…')` takes a regular expression. A file that is not there tells \
              nothing but `exists`. The text itself stays out of the evidence.",
        blind: "Whether the file is the one that runs. Links that lead out of the tree are not \
                followed.",
        remedy: "Correct the file where it is made, and deploy it anew.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        params.expect.join(" and ")
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Found> {
        let Some(source) = cx.environment().targets.source.as_deref() else {
            return Observation::not_configured("source");
        };
        let (root, path) = (cx.path(source), params.path.clone());
        let facts = offload(move |_| read::look(&root, &path)).await;
        Observation {
            target: params.path.clone(),
            transcript: facts.iter().map(words).collect(),
            facts,
            reproduce: Some(format!("stat -c '%a %s' {}", quoted(&params.path))),
        }
    }

    fn judge(facts: &Found, params: &Params) -> Judgement {
        let unknown = |why: &str| Doubt::new(Reason::Unexpected, format!("{}: {why}", params.path));
        let view = View::of(NAMES, scope(facts)).hidden(&["text", "lines"]);
        let view = match facts {
            Found::Nothing => {
                let doubt = Doubt::new(
                    Reason::NotConfigured,
                    format!("there is no {}: only `exists` can be told", params.path),
                );
                view.unseen(&["size", "mode", "text", "lines"], doubt)
            }
            Found::NoFile { .. } => {
                view.unseen(&["size", "text", "lines"], unknown("it is no plain file"))
            }
            Found::File { text: None, .. } => {
                view.unseen(&["text", "lines"], unknown("it is larger than 256 KiB"))
            }
            Found::File { .. } => view,
        };
        view.judge(&params.expect, words(facts))
    }

    fn check(params: &Params) -> Result<(), String> {
        read::check(&params.path)?;
        conditions::check_all(&params.expect, NAMES)
    }
}

fn words(found: &Found) -> String {
    match found {
        Found::Nothing => "there is no such file".to_owned(),
        Found::NoFile { mode } => format!("no plain file, mode {mode}"),
        Found::File { size, mode, .. } => format!("{size} bytes, mode {mode}"),
    }
}

/// The file under the names of [`NAMES`].
fn scope(found: &Found) -> Scope {
    let (size, mode, text) = match found {
        Found::Nothing => (Value::Null, Value::Null, None),
        Found::NoFile { mode } => (Value::Null, mode.clone().into(), None),
        Found::File { size, mode, text } => ((*size).into(), mode.clone().into(), text.as_ref()),
    };
    let lines = text.map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    Scope(vec![
        ("exists", (*found != Found::Nothing).into()),
        ("size", size),
        ("mode", mode),
        ("text", text.cloned().into()),
        ("lines", lines.into()),
    ])
}
