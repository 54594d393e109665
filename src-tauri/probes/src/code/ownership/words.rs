//! What the words and the shape of code promise: a name that asks, one that asserts, a
//! condition's parts, and whether a statement always runs a piece of code.

use ast_grep_core::Pattern;

use super::super::language::Node;
use super::super::syntax::{bare, callee, is, is_function, text};

/// Whether the pattern matches in the statement where it always runs.
pub(super) fn runs_always(statement: &Node<'_>, pattern: &Pattern) -> bool {
    statement.find_all(pattern).any(|found| {
        let node: &Node<'_> = &found;
        node.node_id() == statement.node_id()
            || node.ancestors().take_while(|above| above.node_id() != statement.node_id()).all(
                |above| {
                    matches!(
                        above.kind().as_ref(),
                        "await_expression" | "variable_declarator" | "parenthesized_expression"
                    )
                },
            ) && !is(statement, "if_statement")
                && !is(statement, "try_statement")
                && !statement.kind().contains("for")
                && !is_function(statement)
    })
}

pub(super) fn is_inside_throw(node: &Node<'_>, end: &Node<'_>) -> bool {
    node.ancestors()
        .take_while(|above| above.node_id() != end.node_id())
        .any(|above| is(&above, "throw_statement"))
}

/// The parts of a condition that are joined by one operator.
pub(super) fn parts<'t>(condition: &Node<'t>, operator: &str) -> Vec<Node<'t>> {
    let condition = bare(condition);
    match sides(&condition) {
        Some((left, own, right)) if own == operator => {
            let mut out = parts(&left, operator);
            out.extend(parts(&right, operator));
            out
        }
        _ => vec![condition],
    }
}

pub(super) fn sides<'t>(node: &Node<'t>) -> Option<(Node<'t>, String, Node<'t>)> {
    if !is(node, "binary_expression") {
        return None;
    }
    let operator = text(&node.field("operator")?);
    Some((bare(&node.field("left")?), operator, bare(&node.field("right")?)))
}

/// `x` of `!x`.
pub(super) fn denied<'t>(node: &Node<'t>) -> Option<Node<'t>> {
    let is_not = is(node, "unary_expression") && node.field("operator")?.text() == "!";
    is_not.then(|| node.field("argument").map(|it| bare(&it))).flatten()
}

fn begins(name: &str, words: &[&str]) -> bool {
    let name = name.trim_start_matches('_').to_ascii_lowercase();
    words.iter().any(|word| name.starts_with(word))
}

pub(super) fn is_lookup(name: &str) -> bool {
    begins(name, &["find", "get", "load", "fetch", "read", "query", "select", "lookup", "retrieve"])
}

/// Whether a name asks: `isOwner`, `canSync`.
pub(super) fn is_question(name: &str) -> bool {
    begins(name, &["is", "has", "can", "owns", "belongs", "may"]) && says_whose(name)
}

/// Whether a name may ask or assert: its answer must be used.
pub(super) fn asks(name: &str) -> bool {
    begins(name, &["check", "verify", "validate"]) && says_whose(name)
}

/// Whether a name promises to throw.
pub(super) fn asserts(name: &str) -> bool {
    begins(name, &["assert", "ensure", "require", "enforce"]) || throws_by_name(name)
}

pub(super) fn throws_by_name(name: &str) -> bool {
    ["OrThrow", "OrFail", "OrReject"].iter().any(|end| name.ends_with(end))
}

pub(super) fn says_whose(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["owner", "owned", "owns", "tenant", "belong", "access", "permission", "foruser", "byuser"]
        .iter()
        .any(|word| name.contains(word))
}

/// Whether a call only tells: logs and counters.
pub(super) fn is_harmless(call: &Node<'_>) -> bool {
    let Some(called) = callee(call) else { return false };
    let name = called.text().to_ascii_lowercase();
    let tells = ["console.", "this.logger.", "logger.", "this.log.", "log.", "this.metrics."];
    tells.iter().any(|start| name.starts_with(start))
        || matches!(name.as_str(), "string" | "number" | "parseint" | "boolean")
        || name.ends_with("exception") && is(call, "new_expression")
}
