//! Where the names of a file come from: an import (perhaps under another name), a
//! `require`, a declaration, or nowhere.

use std::collections::{HashMap, HashSet};

use super::language::{Node, Tree};
use super::syntax::{arguments, awaited, bare, callee, is, kids, literal, text};

/// What an import brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Import {
    /// One exported name.
    Name { module: String, name: String },
    /// The module's default export, under a name of the importer's own.
    Default { module: String },
    /// All of the module.
    All { module: String },
}

/// Where a name comes from.
#[derive(Clone)]
pub(super) enum Origin<'t> {
    /// From that module.
    Module(String),
    /// From this declaration in the same file.
    Here(Node<'t>),
    /// Nowhere in the file.
    Unknown,
}

impl Origin<'_> {
    /// The module, when it is one.
    pub(super) fn module(&self) -> Option<&str> {
        match self {
            Self::Module(module) => Some(module),
            Self::Here(_) | Self::Unknown => None,
        }
    }
}

/// A name as its origin knows it.
#[derive(Clone)]
pub(super) struct Named<'t> {
    /// The exported name, or the local one where there is no other.
    pub(super) name: String,
    /// Where it comes from.
    pub(super) origin: Origin<'t>,
}

/// The names of one file. What is imported as a type only is left out: it is nothing at
/// run time.
pub(super) struct Names<'t> {
    imports: HashMap<String, Import>,
    declared: HashMap<String, Node<'t>>,
    /// Names taken out of `process.env`.
    variables: HashSet<String>,
}

impl<'t> Names<'t> {
    /// Reads the names of a file.
    pub(super) fn of(tree: &'t Tree) -> Self {
        let mut names =
            Self { imports: HashMap::new(), declared: HashMap::new(), variables: HashSet::new() };
        for node in tree.root().dfs() {
            match node.kind().as_ref() {
                "import_statement" => names.import(&node),
                "variable_declarator" => names.variable(&node),
                "class_declaration" | "abstract_class_declaration" | "function_declaration" => {
                    if let Some(name) = node.field("name") {
                        names.declared.insert(text(&name), node.clone());
                    }
                }
                _ => {}
            }
        }
        names
    }

    /// Whether the file imports a module that `wanted` accepts.
    pub(super) fn imports(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.imports.values().any(|import| match import {
            Import::Name { module, .. } | Import::Default { module } | Import::All { module } => {
                wanted(module)
            }
        })
    }

    /// Whether a local name is a variable of the process environment.
    pub(super) fn is_variable(&self, name: &str) -> bool {
        self.variables.contains(name)
    }

    /// The declaration of a local name.
    pub(super) fn declaration(&self, name: &str) -> Option<&Node<'t>> {
        self.declared.get(name)
    }

    /// What a name or `namespace.name` stands for.
    pub(super) fn resolve(&self, node: &Node<'t>) -> Option<Named<'t>> {
        let node = bare(node);
        if is(&node, "identifier") {
            return Some(self.local(&text(&node)));
        }
        let (object, property) = (bare(&node.field("object")?), text(&node.field("property")?));
        let origin = match self.imports.get(object.text().as_ref()) {
            Some(
                Import::All { module } | Import::Default { module } | Import::Name { module, .. },
            ) => Origin::Module(module.clone()),
            None => Origin::Unknown,
        };
        Some(Named { name: property, origin })
    }

    /// What a local name stands for. A constant that is only another name is followed.
    pub(super) fn local(&self, name: &str) -> Named<'t> {
        let mut name = name.to_owned();
        for _ in 0..8 {
            match self.imports.get(&name) {
                Some(Import::Name { module, name: exported }) => {
                    return Named {
                        name: exported.clone(),
                        origin: Origin::Module(module.clone()),
                    };
                }
                Some(Import::Default { module } | Import::All { module }) => {
                    return Named { name, origin: Origin::Module(module.clone()) };
                }
                None => {}
            }
            let Some(declaration) = self.declared.get(&name) else {
                return Named { name, origin: Origin::Unknown };
            };
            match declaration.field("value").map(|value| bare(&value)) {
                Some(other) if is(&other, "identifier") && other.text() != name => {
                    name = text(&other);
                }
                _ => return Named { name, origin: Origin::Here(declaration.clone()) },
            }
        }
        Named { name, origin: Origin::Unknown }
    }

    fn import(&mut self, statement: &Node<'t>) {
        if has_token(statement, "type") {
            return;
        }
        for clause in kids(statement) {
            if is(&clause, "import_require_clause") {
                let source = clause.field("source").and_then(|source| literal(&source));
                let name = kids(&clause).into_iter().find(|kid| is(kid, "identifier"));
                if let (Some(module), Some(name)) = (source, name) {
                    self.imports.insert(text(&name), Import::All { module });
                }
            }
        }
        let Some(module) = statement.field("source").and_then(|source| literal(&source)) else {
            return;
        };
        for clause in kids(statement).iter().filter(|kid| is(kid, "import_clause")) {
            for part in kids(clause) {
                match part.kind().as_ref() {
                    "identifier" => {
                        let import = Import::Default { module: module.clone() };
                        self.imports.insert(text(&part), import);
                    }
                    "namespace_import" => {
                        if let Some(name) = kids(&part).first() {
                            let import = Import::All { module: module.clone() };
                            self.imports.insert(text(name), import);
                        }
                    }
                    "named_imports" => self.specifiers(&part, &module),
                    _ => {}
                }
            }
        }
    }

    fn specifiers(&mut self, list: &Node<'t>, module: &str) {
        for specifier in kids(list).iter().filter(|kid| is(kid, "import_specifier")) {
            let Some(name) = specifier.field("name") else { continue };
            if has_token(specifier, "type") {
                continue;
            }
            let local = specifier.field("alias").unwrap_or_else(|| name.clone());
            let import = match name.text().as_ref() {
                "default" => Import::Default { module: module.to_owned() },
                name => Import::Name { module: module.to_owned(), name: name.to_owned() },
            };
            self.imports.insert(text(&local), import);
        }
    }

    fn variable(&mut self, declarator: &Node<'t>) {
        let Some(name) = declarator.field("name") else { return };
        let module = declarator.field("value").and_then(|value| required(&value));
        match (name.kind().as_ref(), module) {
            ("identifier", Some((module, whole))) => {
                let import =
                    if whole { Import::All { module } } else { Import::Default { module } };
                self.imports.insert(text(&name), import);
            }
            ("identifier", None) => {
                self.declared.insert(text(&name), declarator.clone());
            }
            ("object_pattern", None) => {
                let value = declarator.field("value").map(|value| text(&bare(&value)));
                if value.as_deref() == Some("process.env") {
                    let own = kids(&name).into_iter();
                    let own = own.filter(|part| is(part, "shorthand_property_identifier_pattern"));
                    self.variables.extend(own.map(|part| text(&part)));
                }
            }
            ("object_pattern", Some((module, _))) => {
                for part in kids(&name) {
                    let (exported, local) = match part.kind().as_ref() {
                        "shorthand_property_identifier_pattern" => (text(&part), text(&part)),
                        "pair_pattern" => match (part.field("key"), part.field("value")) {
                            (Some(key), Some(value)) => (text(&key), text(&value)),
                            _ => continue,
                        },
                        _ => continue,
                    };
                    let import = Import::Name { module: module.clone(), name: exported };
                    self.imports.insert(local, import);
                }
            }
            _ => {}
        }
    }
}

/// The module of `require('m')` (whole), `require('m').default` or `await import('m')`.
fn required(value: &Node<'_>) -> Option<(String, bool)> {
    let (value, _) = awaited(value);
    if is(&value, "member_expression") {
        let default = value.field("property")?.text() == "default";
        let (module, _) = required(&value.field("object")?)?;
        return default.then_some((module, false));
    }
    let called = callee(&value)?;
    let loads = matches!(called.text().as_ref(), "require" | "import");
    let module = literal(arguments(&value).first()?)?;
    loads.then_some((module, true))
}

fn has_token(node: &Node<'_>, token: &str) -> bool {
    node.children().any(|kid| !kid.is_named() && kid.text() == token)
}

#[cfg(test)]
mod tests {
    use super::super::language::{Script, parse};
    use super::*;

    #[test]
    fn a_name_is_followed_to_where_it_comes_from() {
        let tree = parse(
            "import def, { A as B, type T } from './m';\nimport * as ns from 'n';\n\
             import type { G } from './g';\nimport old = require('o');\n\
             const { C: D } = require('p');\nconst E = B;\nclass F {}\n",
            Script::TypeScript,
        )
        .expect("parses");
        let names = Names::of(&tree);
        for (local, name, module) in [
            ("B", "A", Some("./m")),
            ("def", "def", Some("./m")),
            ("ns", "ns", Some("n")),
            ("old", "old", Some("o")),
            ("D", "C", Some("p")),
            ("E", "A", Some("./m")),
            ("T", "T", None),
            ("G", "G", None),
            ("F", "F", None),
        ] {
            let found = names.local(local);
            assert_eq!((found.name.as_str(), found.origin.module()), (name, module), "{local}");
        }
        assert!(matches!(names.local("F").origin, Origin::Here(_)));
        assert!(matches!(names.local("T").origin, Origin::Unknown));
    }
}
