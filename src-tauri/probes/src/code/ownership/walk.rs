//! Walks the statements of a method in the order in which they run, and looks for one that
//! stops a caller who does not own the thing, before anything is done with it.

use std::collections::BTreeSet;

use ast_grep_core::Pattern;

use super::super::classes::{Class, Method};
use super::super::language::Node;
use super::super::names::Names;
use super::super::roles::{
    Found, Role, Roles, bind, call_in, is_scoped, is_scoped_query, names_caller, of_parameters,
    parameters, role, says_owner, sent_in,
};
use super::super::syntax::{
    arguments, bare, callee, first_name, is, is_function, kids, last_name, line, one_line, text,
};

/// How many calls are followed into each other.
const MAX_HOPS: usize = 3;

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

enum Step {
    /// Harmless.
    On,
    /// Stops strangers.
    Check(Check),
    /// Does something with what the caller sent, as it is written.
    Use(String),
}

struct Walk<'a, 'r, 't> {
    rooms: &'a Rooms<'r, 't>,
    room: &'a Room<'r, 't>,
    roles: Roles,
    almost: Option<String>,
    hops: usize,
}

/// Walks a method whose parameters have the roles of their decorators and names.
pub(super) fn walk<'t>(rooms: &Rooms<'_, 't>, method: &Method<'t>) -> Walked {
    let roles = of_parameters(&method.function, rooms.own.names);
    Walk { rooms, room: &rooms.own, roles, almost: None, hops: 0 }.method(method)
}

impl<'t> Walk<'_, '_, 't> {
    fn method(mut self, method: &Method<'t>) -> Walked {
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

    fn nearly(&mut self, why: String) {
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

    fn all_sent(&self) -> BTreeSet<String> {
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
            if is_question(&called) && waited && names_caller(&call, &self.roles) {
                bind(&name, &Role::Owns(by), &mut self.roles);
            } else if is_lookup(&called) {
                let found = self.found(&call, &called, by);
                if found.scoped && throws_by_name(&called) && waited {
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
        let conditions =
            arguments(call).first().is_some_and(|it| is_scoped(&bare(it), &self.roles));
        let named = says_whose(called) && names_caller(call, &self.roles);
        let query = is_scoped_query(call, &self.roles);
        let name = called.to_ascii_lowercase();
        let lists = ["find", "findby", "findmany", "query", "select", "execute", "getmany", "all"];
        Found {
            by,
            scoped: conditions || query || named,
            by_name: named && !conditions && !query,
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
                let asks = is_question(&last_name(&call)?) && names_caller(&call, &self.roles);
                let by = sent_in(&call, &self.roles);
                return (asks && !by.is_empty()).then_some((by, true));
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
        if about && asserts(&called) {
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

    /// Follows a call into a method of this class or of an injected one.
    fn followed(&mut self, call: &Node<'t>, waited: bool) -> Option<Step> {
        let called = callee(call)?;
        let (object, name) = (bare(&called.field("object")?), last_name(&called)?);
        let room = match object.text().as_ref() {
            "this" => self.room,
            other => {
                let field = other.strip_prefix("this.")?;
                let (_, room) = self.rooms.fields.iter().find(|(own, _)| own == field)?;
                room
            }
        };
        let method = room.class.methods.iter().find(|method| method.name == name)?;
        if self.hops >= MAX_HOPS {
            return None;
        }
        let given = arguments(call);
        let mut roles = Roles::new();
        let mut back = Vec::new();
        for (at, (pattern, _)) in parameters(&method.function, room.names).iter().enumerate() {
            let given = given.get(at);
            let own = given.map_or(Role::Other, |given| role(given, &self.roles));
            let by = given.map(|given| sent_in(given, &self.roles)).unwrap_or_default();
            let own = if matches!(own, Role::Sent(_)) { Role::Sent(BTreeSet::new()) } else { own };
            bind(pattern, &own, &mut roles);
            back.push((text(pattern), by));
        }
        let inner = Walk { rooms: self.rooms, room, roles, almost: None, hops: self.hops + 1 };
        let walked = inner.method(method);
        if let Some(almost) = walked.almost {
            self.nearly(almost);
        }
        let check = walked.check?;
        let is_async = method.node.text().split('(').next().is_some_and(|it| it.contains("async"));
        if is_async && !waited {
            self.nearly(format!("{} is not awaited", one_line(call)));
            return None;
        }
        let mut by = BTreeSet::new();
        for covered in &check.by {
            let root = covered.split(['.', '?', '[']).next().unwrap_or_default();
            let sent = back.iter().filter(|(name, _)| name == root).flat_map(|(_, by)| by.clone());
            let before = by.len();
            by.extend(sent);
            if by.len() == before {
                by.insert(covered.clone());
            }
        }
        Some(Step::Check(Check { by, ..check }))
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

    /// Why a check does not cover the whole method.
    fn why_not_whole(&self, check: &Check, body: &Node<'t>, rest: &[Node<'t>]) -> Option<String> {
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
        let covered = |text: &String| check.by.contains(text);
        let names_a_thing = |text: &String| {
            let last = text.rsplit(['.', '?']).next().unwrap_or_default().to_ascii_lowercase();
            last.ends_with("id") || last.ends_with("ids") || last.contains("provider")
        };
        let other = rest.iter().flat_map(|statement| sent_in(statement, &self.roles));
        let other = other.into_iter().find(|text| names_a_thing(text) && !covered(text));
        other.map(|text| format!("{text} is used too, and {} does not cover it", check.shown))
    }
}

/// Whether the pattern matches in the statement where it always runs.
fn runs_always(statement: &Node<'_>, pattern: &Pattern) -> bool {
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

fn is_inside_throw(node: &Node<'_>, end: &Node<'_>) -> bool {
    node.ancestors()
        .take_while(|above| above.node_id() != end.node_id())
        .any(|above| is(&above, "throw_statement"))
}

/// The parts of a condition that are joined by one operator.
fn parts<'t>(condition: &Node<'t>, operator: &str) -> Vec<Node<'t>> {
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

fn sides<'t>(node: &Node<'t>) -> Option<(Node<'t>, String, Node<'t>)> {
    if !is(node, "binary_expression") {
        return None;
    }
    let operator = text(&node.field("operator")?);
    Some((bare(&node.field("left")?), operator, bare(&node.field("right")?)))
}

/// `x` of `!x`.
fn denied<'t>(node: &Node<'t>) -> Option<Node<'t>> {
    let is_not = is(node, "unary_expression") && node.field("operator")?.text() == "!";
    is_not.then(|| node.field("argument").map(|it| bare(&it))).flatten()
}

fn begins(name: &str, words: &[&str]) -> bool {
    let name = name.trim_start_matches('_').to_ascii_lowercase();
    words.iter().any(|word| name.starts_with(word))
}

fn is_lookup(name: &str) -> bool {
    begins(name, &["find", "get", "load", "fetch", "read", "query", "select", "lookup", "retrieve"])
}

/// Whether a name asks: `isOwner`, `canSync`.
fn is_question(name: &str) -> bool {
    begins(name, &["is", "has", "can", "owns", "belongs", "may"]) && says_whose(name)
}

/// Whether a name may ask or assert: its answer must be used.
fn asks(name: &str) -> bool {
    begins(name, &["check", "verify", "validate"]) && says_whose(name)
}

/// Whether a name promises to throw.
fn asserts(name: &str) -> bool {
    begins(name, &["assert", "ensure", "require", "enforce"]) || throws_by_name(name)
}

fn throws_by_name(name: &str) -> bool {
    ["OrThrow", "OrFail", "OrReject"].iter().any(|end| name.ends_with(end))
}

fn says_whose(name: &str) -> bool {
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
