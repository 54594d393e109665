//! The classes of a file with their decorators and methods. The decorators of an exported
//! class hang on the export statement, not on the class.

use super::language::{Node, Tree};
use super::names::{Named, Names};
use super::syntax::{arguments, bare, callee, is, is_function, kids, line, one_line, text};

/// One decorator.
pub(super) struct Decorator<'t> {
    /// What it is called where it comes from; `None` for a computed one.
    pub(super) named: Option<Named<'t>>,
    /// What it is called with.
    pub(super) arguments: Vec<Node<'t>>,
    /// Line, from 1.
    pub(super) line: usize,
    /// As it is written, in one line.
    pub(super) shown: String,
}

impl Decorator<'_> {
    /// The name, or nothing for a computed one.
    pub(super) fn name(&self) -> &str {
        self.named.as_ref().map_or("", |named| named.name.as_str())
    }
}

/// One method, or a field that holds a function.
pub(super) struct Method<'t> {
    pub(super) name: String,
    pub(super) decorators: Vec<Decorator<'t>>,
    /// The function: its parameters and body.
    pub(super) function: Node<'t>,
    /// Line of the name, from 1.
    pub(super) line: usize,
    /// The whole member.
    pub(super) node: Node<'t>,
}

/// One class.
pub(super) struct Class<'t> {
    /// Its name; `(default)` for one without.
    pub(super) name: String,
    pub(super) decorators: Vec<Decorator<'t>>,
    pub(super) methods: Vec<Method<'t>>,
    /// Whether it extends another class.
    pub(super) extends: Option<String>,
    /// Line of the class, from 1.
    pub(super) line: usize,
}

impl Class<'_> {
    /// Whether it bears a decorator of that name.
    pub(super) fn bears(&self, name: &str) -> bool {
        self.decorators.iter().any(|decorator| decorator.name() == name)
    }
}

/// Every class of a file.
pub(super) fn classes<'t>(tree: &'t Tree, names: &Names<'t>) -> Vec<Class<'t>> {
    let kinds = ["class_declaration", "abstract_class_declaration", "class"];
    let nodes: Vec<_> = tree
        .root()
        .dfs()
        .filter(|node| node.is_named() && kinds.iter().any(|kind| is(node, kind)))
        .collect();
    nodes.into_iter().map(|node| class(node, names)).collect()
}

fn class<'t>(node: Node<'t>, names: &Names<'t>) -> Class<'t> {
    let exported = node.parent().filter(|above| is(above, "export_statement"));
    let mut decorators = Vec::new();
    for bearer in exported.iter().chain([&node]) {
        decorators.extend(kids(bearer).iter().filter_map(|kid| decorator(kid, names)));
    }
    let heritage = kids(&node).into_iter().find(|kid| is(kid, "class_heritage"));
    let extends = heritage.and_then(|heritage| {
        kids(&heritage).into_iter().find(|kid| is(kid, "extends_clause")).map(|it| one_line(&it))
    });
    let name = node.field("name").map_or_else(|| "(default)".to_owned(), |name| text(&name));
    let methods = node.field("body").map(|body| methods(&body, names)).unwrap_or_default();
    Class { name, decorators, methods, extends, line: line(&node) }
}

fn methods<'t>(body: &Node<'t>, names: &Names<'t>) -> Vec<Method<'t>> {
    let mut methods = Vec::new();
    // In a class body the decorators of a method stand before it, as its siblings.
    let mut before = Vec::new();
    for member in kids(body) {
        if let Some(decorator) = decorator(&member, names) {
            before.push(decorator);
            continue;
        }
        let mut decorators = std::mem::take(&mut before);
        let function = match member.kind().as_ref() {
            "method_definition" => Some(member.clone()),
            "public_field_definition" => {
                decorators.extend(kids(&member).iter().filter_map(|kid| decorator(kid, names)));
                member.field("value").map(|value| bare(&value)).filter(is_function)
            }
            _ => None,
        };
        if let (Some(name), Some(function)) = (member.field("name"), function) {
            let line = line(&name);
            methods.push(Method { name: text(&name), decorators, function, line, node: member });
        }
    }
    methods
}

fn decorator<'t>(node: &Node<'t>, names: &Names<'t>) -> Option<Decorator<'t>> {
    if !is(node, "decorator") {
        return None;
    }
    let inner = bare(kids(node).first()?);
    let called = callee(&inner).unwrap_or_else(|| inner.clone());
    Some(Decorator {
        named: names.resolve(&called),
        arguments: arguments(&inner),
        line: line(node),
        shown: one_line(node),
    })
}

/// The decorators of a function's parameter, and the parameter's name or pattern.
pub(super) fn parameter<'t>(
    node: &Node<'t>,
    names: &Names<'t>,
) -> (Vec<Decorator<'t>>, Option<Node<'t>>) {
    let decorators = kids(node).iter().filter_map(|kid| decorator(kid, names)).collect();
    (decorators, node.field("pattern"))
}

#[cfg(test)]
mod tests {
    use super::super::language::{Script, parse};
    use super::*;

    #[test]
    fn decorators_are_found_wherever_they_hang() {
        for (sentence, code) in [
            ("before export", "@Controller('a') export class A { @Get() one() {} }"),
            ("after export", "export @Controller('a') class A { @Get() one() {} }"),
            ("before export default", "@Controller() export default class A { @Get() one() {} }"),
            ("not exported", "@Controller() class A { @Get() one() {} }"),
            ("abstract", "@Controller() export abstract class A { @Get() one() {} }"),
            (
                "with comments between",
                "@Controller() // here\n/* x */ export class A { @Get() /* y */ one() {} }",
            ),
            ("a field that holds a function", "@Controller() class A { @Get() one = () => 1; }"),
        ] {
            let tree = parse(code, Script::TypeScript).expect("parses");
            let names = Names::of(&tree);
            let classes = classes(&tree, &names);
            assert_eq!(classes.len(), 1, "{sentence}");
            assert!(classes[0].bears("Controller"), "{sentence}");
            let method = &classes[0].methods[0];
            assert_eq!((method.name.as_str(), method.decorators.len()), ("one", 1), "{sentence}");
            assert_eq!(method.decorators[0].name(), "Get", "{sentence}");
        }
    }
}
