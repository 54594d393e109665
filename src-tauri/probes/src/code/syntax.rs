//! Small questions to a syntax tree that every claim about code asks.

use super::language::Node;

/// Whether the node is of that kind.
pub(super) fn is(node: &Node<'_>, kind: &str) -> bool {
    node.kind() == kind
}

/// The named children, without comments.
pub(super) fn kids<'t>(node: &Node<'t>) -> Vec<Node<'t>> {
    node.named_children().filter(|kid| !is(kid, "comment")).collect()
}

/// The text of a node.
pub(super) fn text(node: &Node<'_>) -> String {
    node.text().into_owned()
}

/// The text of a node in one line, for people.
pub(super) fn one_line(node: &Node<'_>) -> String {
    let code = legible(node);
    let line = code.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 160 { line } else { line.chars().take(160).chain(['…']).collect() }
}

/// The code of a node for people: strings that may be secrets are masked.
pub(super) fn legible(node: &Node<'_>) -> String {
    let (code, start) = (node.text(), node.range().start);
    let (mut out, mut done) = (String::new(), 0);
    for part in node.dfs().filter(|part| is(part, "string_fragment") && may_be_secret(part)) {
        let range = part.range();
        out.push_str(&code[done..range.start - start]);
        out.push_str("••••");
        done = range.end - start;
    }
    out.push_str(&code[done..]);
    out
}

/// Whether a string stands under the name of a secret, or looks like a token: long, in one
/// piece, letters and digits mixed.
fn may_be_secret(part: &Node<'_>) -> bool {
    let text = part.text();
    let named = part.ancestors().take(3).any(|above| {
        let name =
            above.field("key").or_else(|| above.field("name")).or_else(|| above.field("left"));
        name.is_some_and(|name| {
            let name = name.text().to_ascii_lowercase();
            ["pass", "secret", "token", "apikey", "api_key"].iter().any(|word| name.contains(word))
        })
    });
    let is_token = text.len() >= 16
        && !text.contains(char::is_whitespace)
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_ascii_alphabetic());
    named || is_token
}

/// The line of a node, from 1.
pub(super) fn line(node: &Node<'_>) -> usize {
    node.start_pos().line() + 1
}

/// The expression without brackets, type casts and `!`.
pub(super) fn bare<'t>(node: &Node<'t>) -> Node<'t> {
    let mut node = node.clone();
    loop {
        let inner = match node.kind().as_ref() {
            "parenthesized_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression" => kids(&node).first().cloned(),
            "type_assertion" => kids(&node).last().cloned(),
            _ => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => return node,
        }
    }
}

/// The expression without `await`, and whether there was one.
pub(super) fn awaited<'t>(node: &Node<'t>) -> (Node<'t>, bool) {
    let node = bare(node);
    if !is(&node, "await_expression") {
        return (node, false);
    }
    match kids(&node).first() {
        Some(inner) => (bare(inner), true),
        None => (node, true),
    }
}

/// The value of a string that is written out; `None` when parts of it are computed.
pub(super) fn literal(node: &Node<'_>) -> Option<String> {
    let node = bare(node);
    let written = match node.kind().as_ref() {
        "string" => true,
        "template_string" => !kids(&node).iter().any(|kid| is(kid, "template_substitution")),
        _ => false,
    };
    let text = node.text();
    (written && text.len() >= 2).then(|| text[1..text.len() - 1].to_owned())
}

/// What a call or `new` calls.
pub(super) fn callee<'t>(call: &Node<'t>) -> Option<Node<'t>> {
    match call.kind().as_ref() {
        "call_expression" => call.field("function").map(|node| bare(&node)),
        "new_expression" => call.field("constructor").map(|node| bare(&node)),
        _ => None,
    }
}

/// The arguments of a call or `new`.
pub(super) fn arguments<'t>(call: &Node<'t>) -> Vec<Node<'t>> {
    call.field("arguments").map(|list| kids(&list)).unwrap_or_default()
}

/// The last part of a name: `b` of `a.b` and of `b`.
pub(super) fn last_name(node: &Node<'_>) -> Option<String> {
    let node = bare(node);
    match node.kind().as_ref() {
        "identifier"
        | "property_identifier"
        | "type_identifier"
        | "shorthand_property_identifier"
        | "private_property_identifier" => Some(text(&node)),
        "member_expression" => node.field("property").map(|property| text(&property)),
        "subscript_expression" => node.field("index").and_then(|index| literal(&index)),
        "call_expression" | "new_expression" => last_name(&callee(&node)?),
        _ => None,
    }
}

/// The first part of a chain of members and calls: `a` of `a.b.c()`, `this` of `this.x`.
pub(super) fn first_name(node: &Node<'_>) -> Option<String> {
    let mut node = awaited(node).0;
    loop {
        node = match node.kind().as_ref() {
            "identifier" | "this" | "super" | "shorthand_property_identifier" => {
                return Some(text(&node));
            }
            "member_expression" | "subscript_expression" => awaited(&node.field("object")?).0,
            "call_expression" => callee(&node)?,
            _ => return None,
        };
    }
}

/// The name of a key in an object, without quotes.
pub(super) fn key(pair: &Node<'_>) -> Option<String> {
    match pair.kind().as_ref() {
        "shorthand_property_identifier" => Some(text(pair)),
        "pair" => {
            let key = pair.field("key")?;
            literal(&key).or_else(|| is(&key, "property_identifier").then(|| text(&key)))
        }
        _ => None,
    }
}

/// The value that an object gives to a key; the last one counts, as it does at run time.
pub(super) fn value<'t>(object: &Node<'t>, name: &str) -> Option<Node<'t>> {
    let of = |pair: Node<'t>| pair.field("value").map_or_else(|| pair.clone(), |v| bare(&v));
    kids(object).into_iter().rfind(|pair| key(pair).as_deref() == Some(name)).map(of)
}

/// Whether the node stands where it never runs: in a branch whose condition is written out
/// as false.
pub(super) fn is_dead(node: &Node<'_>) -> bool {
    let range = node.range();
    node.ancestors().any(|above| {
        let (condition, branch) = match above.kind().as_ref() {
            "if_statement" | "ternary_expression" => {
                (above.field("condition"), above.field("consequence"))
            }
            "while_statement" | "for_statement" => (above.field("condition"), above.field("body")),
            "binary_expression" => (above.field("left"), above.field("right")),
            _ => return false,
        };
        let off = condition.is_some_and(|condition| {
            matches!(bare(&condition).text().as_ref(), "false" | "0" | "null" | "undefined")
        });
        off && branch.is_some_and(|branch| {
            let branch = branch.range();
            branch.start <= range.start && range.end <= branch.end
        })
    })
}

/// Kinds of nodes that are functions of their own.
pub(super) fn is_function(node: &Node<'_>) -> bool {
    matches!(
        node.kind().as_ref(),
        "arrow_function"
            | "function_expression"
            | "function_declaration"
            | "generator_function"
            | "generator_function_declaration"
            | "method_definition"
    )
}

#[cfg(test)]
mod tests {
    use super::super::language::{Script, parse};
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_masked_in_code_that_is_shown() {
        for (code, shown) in [
            ("f('plain words', 'x')", "f('plain words', 'x')"),
            ("f({ password: 'hunter2' })", "f({ password: '••••' })"),
            ("const apiToken = `abc`", "const apiToken = `••••`"),
            ("f('a1b2c3d4e5f6a7b8')", "f('••••')"),
            ("f(\n  'a',\n  'b')", "f( 'a', 'b')"),
        ] {
            let tree = parse(code, Script::TypeScript).expect("parses");
            assert_eq!(one_line(&tree.root()), shown);
        }
    }
}
