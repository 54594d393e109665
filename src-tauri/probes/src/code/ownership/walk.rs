//! Walks the statements of a method in the order in which they run, and looks for one that
//! stops a caller who does not own the thing, before anything is done with it.

use std::collections::BTreeSet;

use ast_grep_core::Pattern;

use super::super::classes::{Class, Method};
use super::super::language::Node;
use super::super::names::Names;
use super::super::roles::{
    Found, Role, Roles, bind, call_in, names_caller, of_parameters, role, says_owner, sent_in,
};
use super::super::syntax::{bare, callee, is, kids, last_name, line, one_line};
use super::follow::limits;
use super::words::{
    asks, asserts, denied, is_harmless, is_inside_throw, is_lookup, is_question, parts,
    runs_always, says_whose, sides, throws_by_name,
};

/// A class whose methods can be followed, and the names of its file.
pub(super) struct Room<'a, 't> {
    pub(super) class: &'a Class<'t>,
    pub(super) names: &'a Names<'t>,
    /// The file.
    pub(super) path: &'a str,
}

/// Everything that can be followed.
pub(super) struct Rooms<'a, 't> {
    /// The class of the method.
    pub(super) own: Room<'a, 't>,
    /// Injected classes, by the field that holds them.
    pub(super) fields: Vec<(String, Room<'a, 't>)>,
    /// Patterns that the template takes for a check.
    pub(super) patterns: &'a [Pattern],
}

/// A check that stops strangers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Where: `src/a.ts:12`.
    pub at: String,
    /// As it is written, in one line.
    pub shown: String,
    /// What the caller sent that it covers.
    pub(super) by: BTreeSet<String>,
    /// Whether only a name, or a pattern of the template, says that it is one.
    pub by_name: bool,
}

/// What the walk found.
pub(super) struct Walked {
    pub(super) check: Option<Check>,
    /// Why there is no check, where something looks like one.
    pub(super) almost: Option<String>,
}

/// What one statement does.
pub(super) enum Step {
    /// Harmless.
    On,
    /// Stops strangers.
    Check(Check),
    /// Does something with what the caller sent, as it is written.
    Use(String),
}

/// The state of a walk: what the names stand for so far.
pub(super) struct Walk<'a, 'r, 't> {
    pub(super) rooms: &'a Rooms<'r, 't>,
    pub(super) room: &'a Room<'r, 't>,
    pub(super) roles: Roles,
    pub(super) almost: Option<String>,
    /// How many calls led here.
    pub(super) hops: usize,
}

/// Walks a method whose parameters have the roles of their decorators and names.
pub(super) fn walk<'t>(rooms: &Rooms<'_, 't>, method: &Method<'t>) -> Walked {
    let roles = of_parameters(&method.function, rooms.own.names);
    Walk { rooms, room: &rooms.own, roles, almost: None, hops: 0 }.method(method)
}

impl<'t> Walk<'_, '_, 't> {
    pub(super) fn method(mut self, method: &Method<'t>) -> Walked {
        let Some(body) = method.function.field("body").filter(|body| is(body, "statement_block"))
        else {
            return self.ended(None);
        };
        let Some(statements) = self.statements(&body) else { return self.ended(None) };
        for (at, statement) in statements.iter().enumerate() {
            match self.step(statement) {
                Step::On => {}
                Step::Use(what) => {
                    self.nearly(format!("{what} runs before any check that is seen"));
                    return self.ended(None);
                }
                Step::Check(check) => {
                    let rest = &statements[at..];
                    return match self.why_not_whole(&check, &body, rest) {
                        Some(why) => {
                            self.nearly(why);
                            self.ended(None)
                        }
                        None => self.ended(Some(check)),
                    };
                }
            }
        }
        self.ended(None)
    }

    fn ended(self, check: Option<Check>) -> Walked {
        Walked { check, almost: self.almost }
    }

    pub(super) fn nearly(&mut self, why: String) {
        self.almost.get_or_insert(why);
    }

    /// The statements that run one after the other. A `try` around the end of the method is
    /// looked into when what it catches cannot go on with the thing.
    fn statements(&mut self, body: &Node<'t>) -> Option<Vec<Node<'t>>> {
        let mut statements = kids(body);
        while let Some(last) = statements.last().filter(|last| is(last, "try_statement")) {
            let handler = last.field("handler").and_then(|handler| handler.field("body"));
            let goes_on = handler.is_some_and(|body| {
                body.dfs().any(|node| {
                    callee(&node).is_some() && !is_harmless(&node) && !is_inside_throw(&node, &body)
                })
            });
            let inner = last.field("body").map(|body| kids(&body));
            if last.field("finalizer").is_some() || goes_on {
                self.nearly("the check may stand in a `try` whose end goes on".to_owned());
                return None;
            }
            statements.pop();
            statements.extend(inner?);
        }
        Some(statements)
    }

    fn step(&mut self, statement: &Node<'t>) -> Step {
        if self.rooms.patterns.iter().any(|pattern| runs_always(statement, pattern)) {
            return Step::Check(self.check(statement, self.all_sent(), true));
        }
        match statement.kind().as_ref() {
            "lexical_declaration" | "variable_declaration" => self.declaration(statement),
            "if_statement" => self.condition(statement),
            "expression_statement" | "return_statement" => self.expression(statement),
            "throw_statement" | "empty_statement" | "function_declaration" => Step::On,
            _ => self.use_in(statement),
        }
    }

    fn check(&self, node: &Node<'t>, by: BTreeSet<String>, by_name: bool) -> Check {
        let at = format!("{}:{}", self.room.path, line(node));
        Check { at, shown: one_line(node), by, by_name }
    }

    pub(super) fn all_sent(&self) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        for role in self.roles.values() {
            if let Role::Sent(by) = role {
                out.extend(by.iter().cloned());
            }
        }
        out
    }

    fn declaration(&mut self, statement: &Node<'t>) -> Step {
        for declarator in kids(statement) {
            let (Some(name), Some(value)) = (declarator.field("name"), declarator.field("value"))
            else {
                continue;
            };
            let Some((call, waited)) = call_in(&value) else {
                match role(&value, &self.roles) {
                    Role::Other => {
                        if let Step::Use(what) = self.use_in(&value) {
                            return Step::Use(what);
                        }
                        bind(&name, &Role::Other, &mut self.roles);
                    }
                    role => bind(&name, &role, &mut self.roles),
                }
                continue;
            };
            if let Some(step) = self.followed(&call, waited) {
                return step;
            }
            let called = last_name(&call).unwrap_or_default();
            let by = sent_in(&call, &self.roles);
            if self.answers(&call) && waited {
                bind(&name, &Role::Owns(by), &mut self.roles);
            } else if is_lookup(&called) {
                let found = self.found(&call, &called, by);
                let unread = self.target(&call).is_none();
                if found.scoped && throws_by_name(&called) && waited && unread {
                    let check = self.check(statement, found.by.clone(), found.by_name);
                    bind(&name, &Role::Found(found), &mut self.roles);
                    return Step::Check(check);
                }
                bind(&name, &Role::Found(found), &mut self.roles);
            } else if let Step::Use(what) = self.use_in(&call) {
                return Step::Use(what);
            } else {
                bind(&name, &Role::Other, &mut self.roles);
            }
        }
        Step::On
    }

    fn found(&self, call: &Node<'t>, called: &str, by: BTreeSet<String>) -> Found {
        let own = limits(call, &self.roles) && self.honours(call);
        let conditions = own || self.hands_over_limited(call);
        let unread = self.target(call).is_none();
        let named = unread && says_whose(called) && names_caller(call, &self.roles);
        let name = called.to_ascii_lowercase();
        let lists = ["find", "findby", "findmany", "query", "select", "execute", "getmany", "all"];
        Found {
            by,
            scoped: conditions || named,
            by_name: named && !conditions,
            list: lists.contains(&name.as_str()) || name.contains("findall"),
        }
    }

    fn condition(&mut self, statement: &Node<'t>) -> Step {
        let Some(condition) = statement.field("condition").map(|it| bare(&it)) else {
            return Step::On;
        };
        let consequence = statement.field("consequence");
        let alternative = statement.field("alternative").and_then(|it| kids(&it).first().cloned());
        let refuses =
            |branch: &Option<Node<'t>>| branch.as_ref().is_some_and(|branch| self.refuses(branch));
        let (then_refuses, else_refuses) = (refuses(&consequence), refuses(&alternative));
        if then_refuses {
            for part in parts(&condition, "||") {
                if let Some((by, by_name)) = self.stranger(&part) {
                    return Step::Check(self.check(statement, by, by_name));
                }
            }
        }
        if else_refuses {
            for part in parts(&condition, "&&") {
                if let Some(by) = self.compares(&part, &["===", "=="]) {
                    return Step::Check(self.check(statement, by, false));
                }
            }
        }
        let compared =
            condition.dfs().any(|node| self.compares(&node, &["===", "==", "!==", "!="]).is_some());
        if compared {
            self.nearly(format!("{} does not plainly refuse a stranger", one_line(&condition)));
        }
        if then_refuses && alternative.is_none() {
            self.use_in(&condition)
        } else {
            self.use_in(statement)
        }
    }

    /// Whether the branch always ends by throwing, and does nothing with the thing before.
    fn refuses(&self, branch: &Node<'t>) -> bool {
        let statements =
            if is(branch, "statement_block") { kids(branch) } else { vec![branch.clone()] };
        let Some((last, before)) = statements.split_last() else { return false };
        is(last, "throw_statement")
            && before.iter().all(|statement| matches!(self.use_in(statement), Step::On))
    }

    /// Whether the condition is true for every stranger; what it covers.
    fn stranger(&self, part: &Node<'t>) -> Option<(BTreeSet<String>, bool)> {
        if let Some(by) = self.compares(part, &["!==", "!="]) {
            return Some((by, false));
        }
        let denied = denied(part);
        if let Some(by) = denied.as_ref().and_then(|it| self.compares(it, &["===", "=="])) {
            return Some((by, false));
        }
        if let Some(inner) = &denied {
            if let Role::Owns(by) = role(inner, &self.roles) {
                return (!by.is_empty()).then_some((by, true));
            }
            if let Some((call, true)) = call_in(inner) {
                let by = sent_in(&call, &self.roles);
                return (self.answers(&call) && !by.is_empty()).then_some((by, true));
            }
        }
        let missing = self.missing(part, denied.as_ref())?;
        (missing.scoped && !missing.by.is_empty()).then_some((missing.by, missing.by_name))
    }

    /// What was looked up, when the condition says that it was not found.
    fn missing(&self, part: &Node<'t>, denied: Option<&Node<'t>>) -> Option<Found> {
        let found = |node: &Node<'t>| match role(node, &self.roles) {
            Role::Found(found) => Some(found),
            _ => None,
        };
        let counted = |node: &Node<'t>| {
            let counts = matches!(last_name(node)?.as_str(), "length" | "rowCount" | "count");
            counts.then(|| found(node)).flatten()
        };
        if let Some(denied) = denied {
            return counted(denied).or_else(|| {
                let is_whole = is(denied, "identifier") || denied.field("index").is_some();
                found(denied).filter(|found| is_whole && !found.list)
            });
        }
        let (left, operator, right) = sides(part)?;
        match (operator.as_str(), right.text().as_ref()) {
            ("==", "null" | "undefined") if is(&left, "identifier") => {
                found(&left).filter(|found| !found.list)
            }
            ("===" | "==", "0") => counted(&left),
            _ => None,
        }
    }

    /// What is covered when the two sides are whose the thing is and who is calling.
    fn compares(&self, node: &Node<'t>, operators: &[&str]) -> Option<BTreeSet<String>> {
        let (left, operator, right) = sides(&bare(node))?;
        if !operators.contains(&operator.as_str()) {
            return None;
        }
        let covers = |thing: &Node<'t>, caller: &Node<'t>| {
            let Role::Found(found) = role(thing, &self.roles) else { return None };
            let known = role(caller, &self.roles) == Role::Identity;
            (says_owner(thing) && known && !found.by.is_empty()).then_some(found.by)
        };
        covers(&left, &right).or_else(|| covers(&right, &left))
    }

    fn expression(&mut self, statement: &Node<'t>) -> Step {
        let Some(inner) = kids(statement).first().cloned() else { return Step::On };
        let Some((call, waited)) = call_in(&inner) else { return self.use_in(&inner) };
        let returned = is(statement, "return_statement");
        if let Some(step) = self.followed(&call, waited || returned) {
            return step;
        }
        let called = last_name(&call).unwrap_or_default();
        let by = sent_in(&call, &self.roles);
        let about = says_whose(&called) && names_caller(&call, &self.roles) && !by.is_empty();
        if about && asserts(&called) && self.target(&call).is_none() {
            if waited {
                return Step::Check(self.check(statement, by, true));
            }
            self.nearly(format!("{} is not awaited", one_line(&call)));
            return Step::On;
        }
        if says_whose(&called) && (is_question(&called) || asks(&called)) {
            self.nearly(format!("nothing is done with the answer of {}", one_line(&call)));
            return Step::On;
        }
        self.use_in(&inner)
    }

    /// Whether something is called with what the caller sent or what was found by it.
    fn use_in(&self, node: &Node<'t>) -> Step {
        for call in node.dfs().filter(|node| callee(node).is_some()) {
            let name = last_name(&call).unwrap_or_default();
            let quiet = is_harmless(&call) || is_lookup(&name) || is_question(&name) || asks(&name);
            if !quiet && !sent_in(&call, &self.roles).is_empty() {
                return Step::Use(one_line(&call));
            }
        }
        Step::On
    }
}
