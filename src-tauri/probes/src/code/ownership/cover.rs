//! Whether a check covers all that a method does: a check of one id is none of another,
//! and one that something is assigned after may have become untrue.

use super::super::language::Node;
use super::super::roles::sent_in;
use super::super::syntax::{callee, first_name, last_name, one_line};
use super::walk::{Check, Walk};
use super::words::{asks, is_harmless, is_lookup, is_question};

impl<'t> Walk<'_, '_, 't> {
    /// Why a check does not cover the whole method.
    pub(super) fn why_not_whole(
        &self,
        check: &Check,
        body: &Node<'t>,
        rest: &[Node<'t>],
    ) -> Option<String> {
        if check.by.is_empty() {
            return Some(format!("{} covers nothing that the caller sends", check.shown));
        }
        for node in body.dfs() {
            let changed = match node.kind().as_ref() {
                "assignment_expression" | "augmented_assignment_expression" => node.field("left"),
                "update_expression" => node.field("argument"),
                _ => None,
            };
            let changed = changed.and_then(|left| Some((first_name(&left)?, left)));
            if let Some((_, left)) = changed.filter(|(name, _)| self.roles.contains_key(name)) {
                return Some(format!("{} is assigned to", one_line(&left)));
            }
        }
        let covers = |text: &String| {
            let inner = |own: &&String| {
                own.strip_prefix(text.as_str()).is_some_and(|rest| rest.starts_with('.'))
            };
            check.by.contains(text) || check.by.iter().filter(inner).any(|own| names_a_thing(own))
        };
        let sent = |node: &Node<'t>| sent_in(node, &self.roles);
        for call in rest.iter().flat_map(|statement| acting_calls(statement)) {
            let sent = sent(&call);
            if !sent.is_empty() && !sent.iter().any(covers) {
                return Some(format!("{} is about what the check does not cover", one_line(&call)));
            }
        }
        let other = rest.iter().flat_map(sent);
        let other = other.into_iter().find(|text| names_a_thing(text) && !covers(text));
        other.map(|text| format!("{text} is used too, and {} does not cover it", check.shown))
    }
}

/// Whether what the caller sent names a thing.
fn names_a_thing(text: &str) -> bool {
    let last = text.rsplit(['.', '?']).next().unwrap_or_default().to_ascii_lowercase();
    last.ends_with("id") || last.ends_with("ids") || last.contains("provider")
}

/// Calls that may do something, without those inside them.
fn acting_calls<'t>(statement: &Node<'t>) -> Vec<Node<'t>> {
    let acts = |node: &Node<'t>| {
        let name = last_name(node).unwrap_or_default();
        let quiet = is_lookup(&name) || is_question(&name) || asks(&name);
        callee(node).is_some() && !is_harmless(node) && !quiet
    };
    let mut calls: Vec<Node<'t>> = Vec::new();
    for call in statement.dfs().filter(acts) {
        let is_inside = calls.last().is_some_and(|last| call.range().end <= last.range().end);
        if !is_inside {
            calls.push(call);
        }
    }
    calls
}
