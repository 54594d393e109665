//! What the rest of the tree says about a controller's guards: guards of the whole
//! application, and what decorators of the project's own are made of.

use std::collections::BTreeMap;
use std::path::Path;

use super::guards::makes_public;
use super::language::Node;
use super::names::Names;
use super::source::{Left, Source, is_test, scan};
use super::syntax::{arguments, bare, callee, is, is_dead, is_function, last_name, line};
use super::syntax::{text, value};
use crate::offload::Abandoned;
use crate::probe::Doubt;

/// A guard of the whole application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Global {
    /// Its name.
    pub name: String,
    /// Where it is registered: `src/app.module.ts:12`.
    pub at: String,
    /// Whether it is registered in the plain way, without a condition or a computed list.
    pub plain: bool,
}

/// What a decorator of the project's own does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Custom {
    /// Nothing with guards.
    Harmless,
    /// May apply guards.
    MayGuard,
    /// Takes guards away.
    Opens,
}

/// What the tree says.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Guards of the whole application.
    pub global: Vec<Global>,
    /// What decorators are made of; one that is not listed was not found in the tree.
    pub custom: BTreeMap<String, Custom>,
    /// What was not read.
    pub left: Left,
}

/// Looks through the tree for guards of the whole application and the given decorators.
pub(super) fn look(
    root: &Path,
    decorators: &[String],
    abandoned: &Abandoned,
) -> Result<Surroundings, Doubt> {
    let mut words = vec!["APP_GUARD", "useGlobalGuards"];
    words.extend(decorators.iter().map(String::as_str));
    let mut out = Surroundings::default();
    let left = scan(
        root,
        abandoned,
        |path| !is_test(path),
        &words,
        None,
        |source: Source| {
            let names = Names::of(&source.tree);
            for node in source.tree.root().dfs() {
                match node.kind().as_ref() {
                    "object" => out.global.extend(provided(&node, &names, &source)),
                    "call_expression" => out.global.extend(used(&node, &names, &source)),
                    _ => {}
                }
            }
            for name in decorators {
                if let Some(declaration) = names.declaration(name) {
                    let found = made_of(declaration);
                    let known = out.custom.entry(name.clone()).or_insert(found);
                    *known = (*known).max(found);
                }
            }
        },
    )?;
    out.left = left;
    Ok(out)
}

/// `{ provide: APP_GUARD, useClass: X }`.
fn provided<'t>(object: &Node<'t>, names: &Names<'t>, source: &Source) -> Option<Global> {
    let provide = value(object, "provide")?;
    if names.resolve(&provide)?.name != "APP_GUARD" || is_dead(object) {
        return None;
    }
    let given = value(object, "useClass").or_else(|| value(object, "useExisting"));
    let name = given.and_then(|given| names.resolve(&given)).map(|named| named.name);
    let at = format!("{}:{}", source.path, line(object));
    let plain = name.is_some() && is_in_providers(object);
    Some(Global { name: name.unwrap_or_else(|| "a computed guard".to_owned()), at, plain })
}

/// Whether the object stands directly in the `providers` of a `@Module`.
fn is_in_providers(object: &Node<'_>) -> bool {
    let mut above = object.ancestors();
    let mut next = |kind: &str| above.next().filter(|node| is(node, kind));
    next("array").is_some()
        && next("pair").and_then(|pair| pair.field("key")).is_some_and(|k| k.text() == "providers")
        && next("object").is_some()
        && next("arguments").is_some()
        && next("call_expression")
            .and_then(|call| last_name(&callee(&call)?))
            .is_some_and(|name| name == "Module")
        && next("decorator").is_some()
}

/// `app.useGlobalGuards(new X())`.
fn used<'t>(call: &Node<'t>, names: &Names<'t>, source: &Source) -> Vec<Global> {
    let is_it = callee(call).and_then(|called| last_name(&called));
    if is_it.as_deref() != Some("useGlobalGuards") || is_dead(call) {
        return Vec::new();
    }
    let at = format!("{}:{}", source.path, line(call));
    let plain = is_unconditional(call);
    let each = |argument: &Node<'t>| {
        let made = bare(argument);
        let class = callee(&made).and_then(|class| names.resolve(&class));
        match class.filter(|_| is(&made, "new_expression")) {
            Some(class) => Global { name: class.name, at: at.clone(), plain },
            None => Global { name: text(&made), at: at.clone(), plain: false },
        }
    };
    arguments(call).iter().map(each).collect()
}

/// Whether the call is a statement of its function, under no condition.
fn is_unconditional(call: &Node<'_>) -> bool {
    for above in call.ancestors() {
        match above.kind().as_ref() {
            "expression_statement" | "await_expression" | "statement_block" => {}
            "program" => return true,
            _ => return is_function(&above),
        }
    }
    true
}

fn made_of(declaration: &Node<'_>) -> Custom {
    let mut found = Custom::Harmless;
    for node in declaration.dfs() {
        let now = match node.kind().as_ref() {
            "identifier" if matches!(node.text().as_ref(), "UseGuards" | "applyDecorators") => {
                Custom::MayGuard
            }
            "call_expression" => {
                let name = callee(&node).and_then(|called| last_name(&called)).unwrap_or_default();
                if makes_public(&name, &arguments(&node)) {
                    Custom::Opens
                } else {
                    Custom::Harmless
                }
            }
            _ => Custom::Harmless,
        };
        found = found.max(now);
    }
    found
}
