//! Follows calls into methods that can be read. What can be read is judged by what it
//! does; only what cannot be read is taken by its name.

use std::collections::{BTreeMap, BTreeSet};

use super::super::classes::Method;
use super::super::language::Node;
use super::super::roles::{
    Role, Roles, bind, call_in, is_owner_property, is_scoped, is_scoped_query, names_caller,
    parameters, role, sent_in,
};
use super::super::syntax::{arguments, bare, callee, is, kids, last_name, one_line, text};
use super::walk::{Check, Room, Step, Walk};
use super::words::is_question;

/// How many calls are followed into each other.
const MAX_HOPS: usize = 3;

/// Whether a lookup's own conditions let only the caller's things through.
pub(super) fn limits(call: &Node<'_>, roles: &Roles) -> bool {
    arguments(call).first().is_some_and(|first| is_scoped(&bare(first), roles))
        || is_scoped_query(call, roles)
}

impl<'a, 'r, 't> Walk<'a, 'r, 't> {
    /// The method that a call leads to, when it can be read.
    pub(super) fn target(&self, call: &Node<'t>) -> Option<(&'a Room<'r, 't>, &'a Method<'t>)> {
        let called = callee(call)?;
        let (object, name) = (bare(&called.field("object")?), last_name(&called)?);
        let (own, object) = (&self.rooms.own, object.text());
        let room = match object.strip_prefix("this.") {
            None if object == "this" => self.room,
            // Fields of an injected class are not known.
            Some(field) if std::ptr::eq(self.room, own) => {
                self.rooms.fields.iter().find(|(name, _)| name == field).map(|(_, room)| room)?
            }
            _ => return None,
        };
        let method = room.class.methods.iter().find(|method| method.name == name)?;
        Some((room, method))
    }

    /// The roles of a method's parameters by what the call gives them, and what the caller
    /// sent that each stands for.
    fn handed(
        &self,
        call: &Node<'t>,
        room: &Room<'_, 't>,
        method: &Method<'t>,
    ) -> (Roles, BTreeMap<String, BTreeSet<String>>) {
        let given = arguments(call);
        let (mut roles, mut back) = (Roles::new(), BTreeMap::new());
        for (at, (pattern, _)) in parameters(&method.function, room.names).iter().enumerate() {
            let given = given.get(at);
            let own = match given.map_or(Role::Other, |given| role(given, &self.roles)) {
                Role::Sent(_) => Role::Sent(BTreeSet::new()),
                own => own,
            };
            bind(pattern, &own, &mut roles);
            let by = given.map(|given| sent_in(given, &self.roles)).unwrap_or_default();
            back.insert(text(pattern), by);
        }
        (roles, back)
    }

    /// The check that a call leads to, if it leads to one.
    pub(super) fn followed(&mut self, call: &Node<'t>, waited: bool) -> Option<Step> {
        let (room, method) = self.target(call).filter(|_| self.hops < MAX_HOPS)?;
        let (roles, back) = self.handed(call, room, method);
        let inner = Walk { rooms: self.rooms, room, roles, almost: None, hops: self.hops + 1 };
        let walked = inner.method(method);
        if let Some(almost) = walked.almost {
            self.nearly(almost);
        }
        let check = walked.check?;
        let head = text(&method.node);
        if head.split('(').next().is_some_and(|head| head.contains("async")) && !waited {
            self.nearly(format!("{} is not awaited", one_line(call)));
            return None;
        }
        let own = self.all_sent();
        let mut by = BTreeSet::new();
        for covered in &check.by {
            let root = covered.split(['.', '?', '[']).next().unwrap_or_default();
            match back.get(root) {
                Some(sent) => by.extend(sent.iter().cloned()),
                None if own.contains(covered) => {
                    by.insert(covered.clone());
                }
                None => {}
            }
        }
        Some(Step::Check(Check { by, ..check }))
    }

    /// Whether the method that a limited lookup leads to does anything with whose the thing
    /// is, or hands its conditions on; one that cannot be read is a library's.
    pub(super) fn honours(&self, call: &Node<'t>) -> bool {
        let Some((room, method)) = self.target(call) else { return true };
        let Some(body) = method.function.field("body") else { return false };
        let given: Vec<_> = parameters(&method.function, room.names)
            .iter()
            .map(|(pattern, _)| text(pattern))
            .collect();
        let hands_on = |node: &Node<'t>| {
            arguments(node).iter().any(|it| is(it, "identifier") && given.contains(&text(it)))
        };
        let is_value = |node: &Node<'t>| match node.kind().as_ref() {
            "identifier" | "shorthand_property_identifier" => true,
            "property_identifier" => {
                node.parent().is_some_and(|above| is(&above, "member_expression"))
            }
            _ => false,
        };
        body.dfs()
            .any(|node| hands_on(&node) || (is_value(&node) && is_owner_property(&node.text())))
    }

    /// Whether a call leads to a method that only hands a limited lookup over.
    pub(super) fn hands_over_limited(&self, call: &Node<'t>) -> bool {
        let Some((room, method)) = self.target(call) else { return false };
        let body = method.function.field("body").map(|body| kids(&body)).unwrap_or_default();
        let [only] = body.as_slice() else { return false };
        let (roles, _) = self.handed(call, room, method);
        is(only, "return_statement")
            && kids(only).first().and_then(call_in).is_some_and(|(lookup, _)| {
                limits(&lookup, &roles) && !sent_in(&lookup, &roles).is_empty()
            })
    }

    /// Whether a call asks if the caller owns what is named, as far as can be told: one
    /// that can be read must at least compare or look up something.
    pub(super) fn answers(&self, call: &Node<'t>) -> bool {
        let asks = last_name(call).is_some_and(|name| is_question(&name));
        let compares = self.target(call).is_none_or(|(_, method)| {
            let body = method.function.field("body");
            body.is_some_and(|body| {
                body.dfs()
                    .any(|node| is(&node, "call_expression") || is(&node, "binary_expression"))
            })
        });
        asks && compares && names_caller(call, &self.roles)
    }
}
