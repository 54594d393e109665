//! What the values of a method stand for: who is calling, what the caller sent, or what
//! was looked up with it. What a caller sends proves nothing about who the caller is.

use std::collections::{BTreeMap, BTreeSet};

use super::classes::parameter;
use super::language::Node;
use super::names::Names;
use super::syntax::{arguments, awaited, bare, callee, is, key, kids, last_name, text};

/// What a value stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// Who is calling, as the guards found out.
    Identity,
    /// The whole request: `.user` is the caller, `.params` is what the caller sent.
    Whole,
    /// What the caller sent; these texts name it.
    Sent(BTreeSet<String>),
    /// What was looked up.
    Found(Found),
    /// The answer of a question such as `isOwner(id, user)`.
    Owns(BTreeSet<String>),
    /// Anything else.
    Other,
}

/// Something that was looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// What the caller sent to name it.
    pub(super) by: BTreeSet<String>,
    /// Whether only the caller's own can be found.
    pub(super) scoped: bool,
    /// Whether the name of the method is all that says so.
    pub(super) by_name: bool,
    /// Whether it is a list, which is never missing, only empty.
    pub(super) list: bool,
}

/// Roles by local name.
pub(super) type Roles = BTreeMap<String, Role>;

const CALLER: [&str; 10] = [
    "user",
    "tenant",
    "owner",
    "principal",
    "identity",
    "actor",
    "session",
    "organization",
    "organisation",
    "account",
];
const SENT: [&str; 9] = [
    "Param",
    "Query",
    "Body",
    "Headers",
    "UploadedFile",
    "UploadedFiles",
    "Args",
    "HostParam",
    "MessageBody",
];

/// Whether a name speaks of who is calling.
pub(super) fn speaks_of_caller(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    CALLER.iter().any(|word| name.contains(word))
}

/// Whether a property says whose a thing is: `tenantId`, `owner_id`, `createdBy`.
pub(super) fn is_owner_property(name: &str) -> bool {
    let name: String =
        name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let words = [
        "tenant",
        "user",
        "owner",
        "organization",
        "organisation",
        "org",
        "account",
        "workspace",
        "company",
        "team",
        "customer",
    ];
    name == "createdby"
        || words.iter().any(|word| name == *word || name.strip_suffix("id") == Some(word))
}

/// Whether an expression says whose a thing is: `thing.tenantId`, `thing.tenant.id`.
pub(super) fn says_owner(node: &Node<'_>) -> bool {
    let node = plain(node);
    let last = last_name(&node).unwrap_or_default();
    if !last.eq_ignore_ascii_case("id") {
        return is(&node, "member_expression") && is_owner_property(&last);
    }
    let object = node.field("object").map(|object| plain(&object));
    let before = object.filter(|object| is(object, "member_expression"));
    before.and_then(|object| last_name(&object)).is_some_and(|name| is_owner_property(&name))
}

/// The roles of a method's parameters.
pub(super) fn of_parameters<'t>(function: &Node<'t>, names: &Names<'t>) -> Roles {
    let mut roles = Roles::new();
    for (pattern, role) in parameters(function, names) {
        bind(&pattern, &role, &mut roles);
    }
    roles
}

/// Each parameter's pattern and role, in order.
pub(super) fn parameters<'t>(function: &Node<'t>, names: &Names<'t>) -> Vec<(Node<'t>, Role)> {
    if let Some(only) = function.field("parameter") {
        let role = by_name(&text(&only));
        return vec![(only, role)];
    }
    let list = function.field("parameters").map(|list| kids(&list)).unwrap_or_default();
    let mut out = Vec::new();
    for node in list {
        let (decorators, pattern) = parameter(&node, names);
        let Some(pattern) = pattern else { continue };
        let kind = node.field("type").map(|kind| text(&kind)).unwrap_or_default();
        let role = match decorators.first().map(|decorator| decorator.name()) {
            Some("Req" | "Request") => Role::Whole,
            Some("Res" | "Response" | "Next") => Role::Other,
            Some(name) if SENT.contains(&name) => Role::Sent(BTreeSet::new()),
            Some(name) if speaks_of_caller(name) => Role::Identity,
            Some(_) if speaks_of_caller(&text(&pattern)) => Role::Identity,
            Some(_) => Role::Other,
            None if kind.contains("Request") => Role::Whole,
            None if speaks_of_caller(&kind) => Role::Identity,
            None => by_name(&text(&pattern)),
        };
        out.push((pattern, role));
    }
    out
}

fn by_name(name: &str) -> Role {
    match name {
        "req" | "request" => Role::Whole,
        name if speaks_of_caller(name) => Role::Identity,
        _ => Role::Sent(BTreeSet::new()),
    }
}

/// Gives the names of a pattern the role of its value.
pub(super) fn bind(pattern: &Node<'_>, role: &Role, roles: &mut Roles) {
    let own = |name: &str| match role {
        Role::Sent(by) if by.is_empty() => Role::Sent(BTreeSet::from([name.to_owned()])),
        Role::Whole if speaks_of_caller(name) => Role::Identity,
        role => role.clone(),
    };
    match pattern.kind().as_ref() {
        "identifier" | "shorthand_property_identifier_pattern" => {
            let name = text(pattern);
            let role = if *role == Role::Whole && pattern.kind() == "identifier" {
                Role::Whole
            } else {
                own(&name)
            };
            roles.insert(name, role);
        }
        "object_pattern" => kids(pattern).iter().for_each(|part| match part.kind().as_ref() {
            "pair_pattern" => {
                let key = part.field("key").map(|key| text(&key)).unwrap_or_default();
                let role = if *role == Role::Whole { own(&key) } else { role.clone() };
                if let Some(value) = part.field("value") {
                    bind(&value, &role, roles);
                }
            }
            _ => bind_part(part, role, roles),
        }),
        "array_pattern" => {
            let one = match role {
                Role::Found(found) => Role::Found(Found { list: false, ..found.clone() }),
                role => role.clone(),
            };
            kids(pattern).iter().for_each(|part| bind(part, &one, roles));
        }
        _ => {}
    }
}

fn bind_part(part: &Node<'_>, role: &Role, roles: &mut Roles) {
    match part.kind().as_ref() {
        // A default value may stand in for what is missing: nothing is known then.
        "object_assignment_pattern" => {
            if let Some(name) = part.field("left") {
                bind(&name, &Role::Other, roles);
            }
        }
        _ => bind(part, role, roles),
    }
}

/// The role of an expression.
pub(super) fn role(node: &Node<'_>, roles: &Roles) -> Role {
    let node = plain(node);
    match node.kind().as_ref() {
        "identifier" | "shorthand_property_identifier" => {
            roles.get(node.text().as_ref()).cloned().unwrap_or(Role::Other)
        }
        "member_expression" | "subscript_expression" => member(&node, roles),
        _ => Role::Other,
    }
}

fn member(node: &Node<'_>, roles: &Roles) -> Role {
    let Some(object) = node.field("object").map(|object| plain(&object)) else {
        return Role::Other;
    };
    let name = last_name(node).unwrap_or_default();
    let is_request = is(&object, "member_expression")
        && matches!(object.text().as_ref(), "this.request" | "this.req");
    let whole = is_request || role(&object, roles) == Role::Whole;
    match role(&object, roles) {
        _ if whole && speaks_of_caller(&name) => Role::Identity,
        _ if whole => Role::Sent(BTreeSet::from([text(node)])),
        Role::Sent(_) => Role::Sent(BTreeSet::from([text(node)])),
        Role::Found(found) => {
            let index = node.field("index").is_some();
            Role::Found(Found { list: found.list && !index, ..found })
        }
        Role::Identity => Role::Identity,
        Role::Owns(_) | Role::Other | Role::Whole => Role::Other,
    }
}

/// The expression without what changes its type only: `String(x)`, `x.toString()`.
pub(super) fn plain<'t>(node: &Node<'t>) -> Node<'t> {
    let node = bare(node);
    let Some(called) = callee(&node) else { return node };
    let given = arguments(&node);
    match (called.text().as_ref(), given.as_slice()) {
        ("String" | "Number" | "BigInt", [only]) => bare(only),
        (_, []) if last_name(&called).as_deref() == Some("toString") => {
            called.field("object").map_or(node, |object| bare(&object))
        }
        _ => node,
    }
}

/// What the caller sent that occurs in an expression, through what was looked up with it.
pub(super) fn sent_in(node: &Node<'_>, roles: &Roles) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    gather(node, roles, &mut out);
    out
}

fn gather(node: &Node<'_>, roles: &Roles, out: &mut BTreeSet<String>) {
    match role(node, roles) {
        Role::Sent(by) | Role::Owns(by) => out.extend(by),
        Role::Found(found) => out.extend(found.by),
        Role::Whole => {
            out.insert(text(&bare(node)));
        }
        Role::Identity => {}
        Role::Other => match node.kind().as_ref() {
            // A property's name is no value.
            "member_expression" => {
                if let Some(object) = node.field("object") {
                    gather(&object, roles, out);
                }
            }
            "pair" => {
                if let Some(value) = node.field("value") {
                    gather(&value, roles, out);
                }
            }
            _ => kids(node).iter().for_each(|kid| gather(kid, roles, out)),
        },
    }
}

/// Whether who is calling occurs in an expression.
pub(super) fn names_caller(node: &Node<'_>, roles: &Roles) -> bool {
    match role(node, roles) {
        Role::Identity => true,
        Role::Other => {
            let inner = match node.kind().as_ref() {
                "member_expression" => node.field("object").into_iter().collect(),
                "pair" => node.field("value").into_iter().collect(),
                _ => kids(node),
            };
            inner.iter().any(|kid| names_caller(kid, roles))
        }
        _ => false,
    }
}

/// Whether an object of conditions lets only the caller's own through: it names whose the
/// thing is beside other conditions, neither under OR or NOT nor in a list (which means
/// OR), and nothing after it can replace it.
pub(super) fn is_scoped(object: &Node<'_>, roles: &Roles) -> bool {
    let parts = kids(object);
    let computed = |part: &Node<'_>| is(part, "spread_element") || key(part).is_none();
    if !is(object, "object") || parts.iter().any(computed) {
        return false;
    }
    if let Some(inner) = super::syntax::value(object, "where") {
        return is_scoped(&inner, roles);
    }
    parts.iter().any(|part| {
        let value = part.field("value").unwrap_or_else(|| part.clone());
        // A value that may be undefined is no condition to an object mapper.
        let sure = !value.text().contains("?.");
        key(part).is_some_and(|key| is_owner_property(&key))
            && sure
            && role(&value, roles) == Role::Identity
    })
}

/// Whether a query text limits its rows to the caller's: `… AND tenant_id = $2`, with the
/// caller at the second place.
pub(super) fn is_scoped_query(call: &Node<'_>, roles: &Roles) -> bool {
    let given = arguments(call);
    let [sql, values] = given.as_slice() else { return false };
    let Some(sql) = super::syntax::literal(sql) else { return false };
    let words = sql.to_ascii_lowercase().replace(['(', ')'], " ");
    let words: Vec<_> = words.split_whitespace().collect();
    let values = kids(&bare(values));
    let limits = |at: usize| {
        let column = words[at].rsplit('.').next().unwrap_or_default().trim_matches('"');
        let place = match (words.get(at + 1), words.get(at + 2)) {
            (Some(&"="), Some(place)) => *place,
            _ => return false,
        };
        let number = place.trim_end_matches(';').strip_prefix('$').map(str::parse::<usize>);
        let Some(Ok(number)) = number else { return false };
        let value = number.checked_sub(1).and_then(|at| values.get(at));
        is_owner_property(column) && value.is_some_and(|value| role(value, roles) == Role::Identity)
    };
    let from = words.iter().position(|word| *word == "where");
    let or = words.iter().any(|word| matches!(*word, "or" | "not" | "union"));
    !or && from.is_some_and(|from| (from..words.len()).any(limits))
}

/// The call behind `await`, and whether there was an `await`.
pub(super) fn call_in<'t>(node: &Node<'t>) -> Option<(Node<'t>, bool)> {
    let (inner, waited) = awaited(node);
    is(&inner, "call_expression").then_some((inner, waited))
}
