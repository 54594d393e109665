//! Where a setting's value comes from: written out in the code, or referred to. The value
//! itself is never kept.

use super::language::Node;
use super::names::{Names, Origin};
use super::syntax::{
    arguments, awaited, bare, callee, first_name, is, kids, last_name, literal, one_line, value,
};

/// Constants that are followed into each other.
const MAX_HOPS: usize = 8;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// From the environment, the configuration or a secret store, as it is written.
    Reference(String),
    /// Cannot be told, as it is written.
    Unclear(String),
    /// Nothing is given, or an empty text.
    Nothing,
    /// Written out, in place or as the value to fall back to.
    Literal,
}

/// Where a value comes from.
pub(super) fn given<'t>(node: &Node<'t>, names: &Names<'t>) -> Given {
    follow(node, names, 0)
}

fn follow<'t>(node: &Node<'t>, names: &Names<'t>, hops: usize) -> Given {
    let (node, _) = awaited(node);
    let unclear = || Given::Unclear(one_line(&node));
    if hops > MAX_HOPS {
        return unclear();
    }
    if let Some(text) = literal(&node) {
        return if text.is_empty() { Given::Nothing } else { Given::Literal };
    }
    match node.kind().as_ref() {
        "undefined" | "null" | "false" => Given::Nothing,
        "number" => Given::Literal,
        "template_string" => {
            let parts = kids(&node);
            let parts = parts.iter().filter(|part| is(part, "template_substitution"));
            let parts = parts.filter_map(|part| kids(part).first().cloned());
            parts.map(|part| follow(&part, names, hops + 1)).max().unwrap_or_else(unclear)
        }
        "identifier" => identifier(&node, names, hops),
        "member_expression" | "subscript_expression" => member(&node, names),
        "call_expression" => called(&node, names, hops),
        "binary_expression" => {
            let operator = node.field("operator").map(|operator| operator.text().into_owned());
            let (Some(left), Some(right)) = (node.field("left"), node.field("right")) else {
                return unclear();
            };
            match operator.as_deref() {
                Some("||" | "??") => {
                    let (left, right) =
                        (follow(&left, names, hops + 1), follow(&right, names, hops + 1));
                    // Nothing to fall back to leaves what stands before.
                    if right == Given::Nothing { left } else { left.max(right) }
                }
                _ => unclear(),
            }
        }
        "ternary_expression" => ["consequence", "alternative"]
            .iter()
            .filter_map(|branch| node.field(branch))
            .map(|branch| follow(&branch, names, hops + 1))
            .max()
            .unwrap_or_else(unclear),
        _ => unclear(),
    }
}

fn identifier<'t>(node: &Node<'t>, names: &Names<'t>, hops: usize) -> Given {
    let name = node.text();
    if name == "undefined" {
        return Given::Nothing;
    }
    if names.is_variable(&name) {
        return Given::Reference(name.into_owned());
    }
    match names.local(&name).origin {
        Origin::Module(_) => Given::Reference(name.into_owned()),
        Origin::Here(declaration) => match declaration.field("value") {
            Some(value) => follow(&value, names, hops + 1),
            None => Given::Unclear(name.into_owned()),
        },
        Origin::Unknown => Given::Unclear(name.into_owned()),
    }
}

fn member<'t>(node: &Node<'t>, names: &Names<'t>) -> Given {
    let shown = one_line(node);
    let environment = ["process.env.", "process.env[", "import.meta.env."];
    if environment.iter().any(|start| shown.starts_with(start)) {
        return Given::Reference(shown);
    }
    let settings = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["config", "env", "settings", "secret", "options"].iter().any(|word| name.contains(word))
    };
    let first = first_name(node).unwrap_or_default();
    match names.local(&first).origin {
        Origin::Module(_) => Given::Reference(shown),
        Origin::Here(declaration) => {
            let object = declaration.field("value").map(|value| awaited(&value).0);
            let inner = object.filter(|object| is(object, "object"));
            let own = last_name(node).and_then(|name| value(&inner?, &name));
            own.map_or(Given::Unclear(shown), |own| follow(&own, names, 1))
        }
        Origin::Unknown if settings(&shown) => Given::Reference(shown),
        Origin::Unknown => Given::Unclear(shown),
    }
}

/// `config.get('REDIS_PASSWORD')`, perhaps with a value to fall back to.
fn called<'t>(node: &Node<'t>, names: &Names<'t>, hops: usize) -> Given {
    let shown = one_line(node);
    let name = callee(node).map(|called| called.text().to_ascii_lowercase()).unwrap_or_default();
    let words = ["config", "env", "secret", "vault", "password"];
    if !words.iter().any(|word| name.contains(word)) {
        return Given::Unclear(shown);
    }
    let default = arguments(node).get(1).map(|default| follow(default, names, hops + 1));
    match default {
        Some(Given::Literal) => Given::Literal,
        _ => Given::Reference(shown),
    }
}

/// The object that a value is, through constants, factories and brackets.
pub(super) fn object<'t>(node: &Node<'t>, names: &Names<'t>) -> Option<Node<'t>> {
    let mut node = awaited(node).0;
    for _ in 0..MAX_HOPS {
        let next = match node.kind().as_ref() {
            "object" => return Some(node),
            "identifier" | "shorthand_property_identifier" => {
                let Origin::Here(declaration) = names.local(&node.text()).origin else {
                    return None;
                };
                declaration.field("value")?
            }
            "arrow_function" | "function_expression" | "method_definition" => {
                returned(&node.field("body")?)?
            }
            _ => return None,
        };
        node = awaited(&next).0;
    }
    None
}

/// What a function's body gives back, when it does so in one place.
fn returned<'t>(body: &Node<'t>) -> Option<Node<'t>> {
    if !is(body, "statement_block") {
        return Some(bare(body));
    }
    let last = kids(body).into_iter().next_back()?;
    is(&last, "return_statement").then(|| kids(&last).first().map(bare)).flatten()
}
