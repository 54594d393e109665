//! Claim: a method checks who owns a thing before it does anything with it.

use std::path::Path;
use std::time::Duration;

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use super::classes::{Class, Method, classes};
use super::language::{Node, Script};
use super::names::Names;
use super::pattern::compile;
use super::roles::{Role, Roles, of_parameters, speaks_of_caller};
use super::source::{self, Source, check_path, is_test, one, scan};
use super::syntax::{bare, callee, is, is_function, kids, legible, line, text};
use crate::context::Context;
use crate::offload::Abandoned;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

mod cover;
mod follow;
mod walk;
mod words;

use walk::{Check, Room, Rooms, walk};
use words::is_harmless;

/// Lines of the method that are kept as evidence.
const EXCERPT: usize = 50;
/// Injected classes that are followed.
const MAX_FIELDS: usize = 12;

/// `code.ownership-checked`
pub struct OwnershipChecked;

/// Which method.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The file, from the root of the source tree.
    pub file: String,
    /// The class; without it every controller of the file that has the method.
    #[serde(default)]
    pub class: Option<String>,
    /// The method.
    #[serde(default = "method")]
    pub method: String,
    /// Code that counts as the check wherever the method always runs it, as ast-grep
    /// patterns: `await this.access.require($$$)`.
    #[serde(default)]
    pub patterns: Vec<String>,
}

fn method() -> String {
    "syncProvider".to_owned()
}

/// What one method does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Class and method.
    pub name: String,
    /// Line, from 1.
    pub line: usize,
    /// The check, if there is one.
    pub check: Option<Check>,
    /// What looks like a check and is none, or why it cannot be told.
    pub almost: Option<String>,
    /// Whether the caller names the thing.
    pub takes_input: bool,
    /// Whether who is calling has any part in it.
    pub knows_caller: bool,
    /// The code, by line.
    pub excerpt: Vec<String>,
}

impl Probe for OwnershipChecked {
    type Params = Params;
    type Facts = Vec<Seen>;

    const DEFINITION: Definition = Definition {
        name: "code.ownership-checked",
        rules: 1,
        claim: "The method refuses a thing that belongs to somebody else, before it uses it.",
        why: "Guards tell who is calling. Without this check a tenant who guesses an id works \
              with another tenant's data.",
        how: "Parses the file, follows the method's statements in order, and into methods of the \
              same class and of injected classes. A check is: a comparison of the found thing's \
              owner with the caller that throws; a lookup limited to the caller's own that throws \
              when nothing is found; a call such as `assertOwner(id, user)`; or a pattern of \
              yours. It must run always, come before any use, and cover every id that the caller \
              sends. What the caller sends does not count as who the caller is. Nothing is run \
              or sent.",
        blind: "Checks by the database (row-level security), by interceptors and pipes, and what \
                a method does that only its name tells. Whether this is the code that is deployed.",
        remedy: "Look the thing up by its id and the caller's tenant together, and throw when \
                 there is none. 15 minutes a method.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        format!("{}() throws for a thing of somebody else, before it uses it", params.method)
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(60)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Vec<Seen>> {
        let wanted = params.clone();
        let work = move |root: &Path, abandoned: &Abandoned| look(root, &wanted, abandoned);
        let mut seen = source::look_at(cx, &params.file, work).await;
        if let Ok(facts) = &seen.facts {
            seen.transcript = facts.iter().flat_map(|seen| seen.excerpt.clone()).collect();
        }
        let (file, method) = (&params.file, &params.method);
        seen.reproduce = Some(format!("grep -n -A 40 '{method}' '{file}'"));
        seen
    }

    fn judge(facts: &Vec<Seen>, params: &Params) -> Judgement {
        let verdict = |outcome, summary: String, observed: String| {
            Judgement::new(outcome, summary, Self::expected(params), observed)
        };
        let person = Outcome::Inconclusive(Reason::NeedsPerson);
        let open = facts
            .iter()
            .find(|seen| seen.check.is_none() && seen.takes_input && !seen.knows_caller);
        if let Some(seen) = open {
            let summary = format!("{}() never asks who is calling", seen.name);
            let observed =
                format!("line {}: no check, and the caller has no part in it", seen.line);
            return verdict(Outcome::Fail, summary, observed);
        }
        if let Some(seen) = facts.iter().find(|seen| seen.check.is_none()) {
            let summary = format!("No check is seen in {}(): read it", seen.name);
            let why = seen.almost.clone();
            let observed = why.unwrap_or_else(|| "the code as shown".to_owned());
            return verdict(person, summary, observed);
        }
        let checks: Vec<_> = facts.iter().filter_map(|seen| seen.check.as_ref()).collect();
        let Some(first) = checks.first() else {
            return verdict(person, "The method was not found".into(), String::new());
        };
        let observed: Vec<_> =
            checks.iter().map(|check| format!("{}  {}", check.at, check.shown)).collect();
        let summary = format!("Strangers are refused at {}", first.at);
        let judgement = verdict(Outcome::Pass, summary, observed.join("; "));
        if checks.iter().any(|check| check.by_name) {
            let text = "The check is known by its name or by a pattern of yours only";
            return judgement.note("check-by-name", text);
        }
        judgement
    }

    fn check(params: &Params) -> Result<(), String> {
        check_path("file", &params.file)?;
        if params.method.trim().is_empty() {
            return Err("`method` is empty: expected the method's name".into());
        }
        for text in &params.patterns {
            for script in Script::ALL {
                compile(text, None, script).map_err(|error| format!("`patterns`: {error}"))?;
            }
        }
        Ok(())
    }
}

fn look(root: &Path, params: &Params, abandoned: &Abandoned) -> Result<Vec<Seen>, Doubt> {
    let source = one(root, &params.file, abandoned)?;
    let names = Names::of(&source.tree);
    let all = classes(&source.tree, &names);
    let has = |class: &&Class<'_>| class.methods.iter().any(|one| one.name == params.method);
    let with: Vec<_> = all
        .iter()
        .filter(has)
        .filter(|class| params.class.as_ref().is_none_or(|name| class.name == *name))
        .collect();
    let controllers: Vec<_> =
        with.iter().copied().filter(|class| class.bears("Controller")).collect();
    let chosen = if controllers.is_empty() { with } else { controllers };
    if chosen.is_empty() {
        let seen = format!("{} has no method {}", params.file, params.method);
        return Err(Doubt::new(Reason::NotConfigured, seen));
    }
    let patterns = params
        .patterns
        .iter()
        .map(|text| compile(text, None, *source.tree.lang()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Doubt::new(Reason::Internal, error))?;
    let injected: Vec<_> = chosen.iter().flat_map(|class| injected(class)).collect();
    let services = services(root, &injected, abandoned)?;
    let read: Vec<_> = services
        .iter()
        .map(|source| {
            let names = Names::of(&source.tree);
            let classes = classes(&source.tree, &names);
            (source, names, classes)
        })
        .collect();
    let mut out = Vec::new();
    for class in chosen {
        let mut fields = Vec::new();
        for (field, kind) in &injected {
            let mut rooms = read.iter().flat_map(|(source, names, classes)| {
                let of_kind = classes.iter().filter(|class| class.name == *kind);
                of_kind.map(|class| Room { class, names, path: &source.path })
            });
            // Two classes of one name: which one is meant cannot be told.
            if let (Some(room), None) = (rooms.next(), rooms.next()) {
                fields.push((field.clone(), room));
            }
        }
        let own = Room { class, names: &names, path: &source.path };
        let rooms = Rooms { own, fields, patterns: &patterns };
        let methods = class.methods.iter().filter(|one| one.name == params.method);
        out.extend(methods.map(|method| see(&rooms, method)));
    }
    Ok(out)
}

/// Fields that the constructor fills, and their classes.
fn injected(class: &Class<'_>) -> Vec<(String, String)> {
    let constructor = class.methods.iter().find(|method| method.name == "constructor");
    let list = constructor.and_then(|it| it.function.field("parameters"));
    let mut out = Vec::new();
    for parameter in list.map(|list| kids(&list)).unwrap_or_default() {
        let kind = parameter.field("type").and_then(|kind| kids(&kind).first().cloned());
        let name = parameter.field("pattern").filter(|pattern| is(pattern, "identifier"));
        if let (Some(name), Some(kind)) = (name, kind.filter(|kind| is(kind, "type_identifier"))) {
            out.push((text(&name), text(&kind)));
        }
    }
    out.truncate(MAX_FIELDS);
    out
}

/// The files that declare the injected classes.
fn services(
    root: &Path,
    injected: &[(String, String)],
    abandoned: &Abandoned,
) -> Result<Vec<Source>, Doubt> {
    let declares: Vec<_> = injected.iter().map(|(_, kind)| format!("class {kind}")).collect();
    let words: Vec<_> = declares.iter().map(String::as_str).collect();
    let mut out = Vec::new();
    if words.is_empty() {
        return Ok(out);
    }
    scan(root, abandoned, |path| !is_test(path), &words, None, |source| out.push(source))?;
    Ok(out)
}

fn see<'t>(rooms: &Rooms<'_, 't>, method: &Method<'t>) -> Seen {
    let walked = walk(rooms, method);
    let roles = of_parameters(&method.function, rooms.own.names);
    let first = line(&method.node);
    let code = legible(&method.node);
    let numbered = |(at, line): (usize, &str)| format!("{:>4}  {line}", first + at);
    Seen {
        name: format!("{}.{}", rooms.own.class.name, method.name),
        line: first,
        check: walked.check,
        almost: walked.almost,
        takes_input: roles.values().any(|role| matches!(role, Role::Sent(_) | Role::Whole)),
        knows_caller: method.function.field("body").is_none_or(|body| knows(&body, &roles)),
        excerpt: code.lines().enumerate().take(EXCERPT).map(numbered).collect(),
    }
}

/// Whether who is calling has any part in the code: more than being logged, compared
/// without consequence, or sent by the caller.
fn knows(node: &Node<'_>, roles: &Roles) -> bool {
    if callee(node).is_some() && is_harmless(node) {
        return false;
    }
    let name = node.text();
    match node.kind().as_ref() {
        "identifier" | "shorthand_property_identifier" => match roles.get(name.as_ref()) {
            Some(Role::Identity | Role::Whole) => true,
            Some(_) => false,
            None => speaks_of_caller(&name),
        },
        "property_identifier" => speaks_of_caller(&name),
        // A key is no value: `{ tenantId: '' }` knows nobody.
        "pair" => node.field("value").is_some_and(|value| knows(&value, roles)),
        "member_expression" => {
            let object = node.field("object");
            let of = object.map(|object| (super::roles::role(&object, roles), object));
            match of {
                Some((Role::Sent(_), _)) => false,
                Some((Role::Whole, _)) => super::roles::role(node, roles) == Role::Identity,
                Some((_, object)) => {
                    knows(&object, roles)
                        || node.field("property").is_some_and(|property| knows(&property, roles))
                }
                None => false,
            }
        }
        "if_statement" => {
            let branch = node.field("consequence");
            let idle = node.field("alternative").is_none()
                && branch.as_ref().is_some_and(|branch| !acts(branch));
            !idle && kids(node).iter().any(|kid| knows(kid, roles))
        }
        _ => kids(node).iter().any(|kid| knows(kid, roles)),
    }
}

/// Whether a branch does anything at all, beyond telling.
fn acts(branch: &Node<'_>) -> bool {
    branch.dfs().any(|node| {
        matches!(node.kind().as_ref(), "throw_statement" | "return_statement")
            || is(&node, "assignment_expression")
            || (callee(&node).is_some() && !is_harmless(&node))
            || is_function(&bare(&node))
    })
}

#[cfg(test)]
mod tests;
