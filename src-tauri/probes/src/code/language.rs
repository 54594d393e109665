//! TypeScript and JavaScript as the parser knows them. Text that is too large, too deep or
//! not text is refused before anything walks its tree, so that no file can stall a look.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use ast_grep_core::language::Language;
use ast_grep_core::matcher::{Pattern, PatternBuilder, PatternError};
use ast_grep_core::tree_sitter::{LanguageExt, StrDoc, TSLanguage};
use serde::Deserialize;
use tree_sitter::{ParseOptions, Parser};

/// Files beyond this size, in bytes, are not parsed: no person wrote them.
pub(super) const MAX_FILE: u64 = 1024 * 1024;
/// How long one file may be parsed; code that people wrote takes milliseconds, and only
/// text that is no code makes the parser guess for longer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Deepest nesting of a syntax tree that is walked; people write less than a tenth.
const MAX_DEPTH: usize = 400;

/// The dialect of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Script {
    /// TypeScript without JSX.
    TypeScript,
    /// TypeScript with JSX, which is also the nearest to plain JavaScript.
    Tsx,
}

impl Script {
    /// Every dialect.
    pub(super) const ALL: [Self; 2] = [Self::TypeScript, Self::Tsx];

    /// The dialect of a file by its ending; `None` for other files and for declarations
    /// (`.d.ts`), which hold no code.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        if [".d.ts", ".d.mts", ".d.cts"].iter().any(|ending| name.ends_with(ending)) {
            return None;
        }
        match name.rsplit_once('.')?.1 {
            "ts" | "mts" | "cts" => Some(Self::TypeScript),
            "tsx" | "jsx" | "js" | "mjs" | "cjs" => Some(Self::Tsx),
            _ => None,
        }
    }
}

impl Language for Script {
    fn kind_to_id(&self, kind: &str) -> u16 {
        self.get_ts_language().id_for_node_kind(kind, true)
    }

    fn field_to_id(&self, field: &str) -> Option<u16> {
        self.get_ts_language().field_id_for_name(field).map(std::num::NonZero::get)
    }

    fn build_pattern(&self, builder: &PatternBuilder<'_>) -> Result<Pattern, PatternError> {
        builder.build(|text| StrDoc::try_new(text, *self))
    }
}

impl LanguageExt for Script {
    fn get_ts_language(&self) -> TSLanguage {
        match self {
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        }
    }
}

/// A parsed text.
pub(super) type Tree = ast_grep_core::AstGrep<StrDoc<Script>>;
/// A node of a parsed text.
pub(super) type Node<'t> = ast_grep_core::Node<'t, StrDoc<Script>>;

/// Why a text has no tree that can be walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unparsable {
    /// Holds NUL or is not UTF-8.
    #[error("not a text")]
    Binary,
    /// Over [`MAX_FILE`].
    #[error("over 1 MiB")]
    Large,
    /// Took longer than [`PATIENCE`].
    #[error("takes too long to parse")]
    Slow,
    /// Nested deeper than [`MAX_DEPTH`], or the parser gave up.
    #[error("nested too deeply to be walked")]
    Deep,
}

/// Parses a text. Syntax errors do not stop it: ask [`first_error`].
pub(super) fn parse(text: &str, script: Script) -> Result<Tree, Unparsable> {
    if text.contains('\0') {
        return Err(Unparsable::Binary);
    }
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_FILE {
        return Err(Unparsable::Large);
    }
    let mut parser = Parser::new();
    parser.set_language(&script.get_ts_language()).map_err(|_| Unparsable::Deep)?;
    let start = Instant::now();
    let mut in_time = |_: &tree_sitter::ParseState| match start.elapsed() < PATIENCE {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    };
    let options = ParseOptions::new().progress_callback(&mut in_time);
    let bytes = text.as_bytes();
    let mut rest = |at: usize, _| bytes.get(at..).unwrap_or_default();
    let parsed = parser.parse_with_options(&mut rest, None, Some(options));
    let Some(tree) = parsed else { return Err(Unparsable::Slow) };
    let tree = Tree::doc(StrDoc { src: text.to_owned(), lang: script, tree });
    if is_deeper(&tree.root(), MAX_DEPTH) { Err(Unparsable::Deep) } else { Ok(tree) }
}

fn is_deeper(root: &Node<'_>, limit: usize) -> bool {
    let inner = root.get_inner_node();
    let mut cursor = inner.walk();
    loop {
        if cursor.goto_first_child() {
            if usize::try_from(cursor.depth()).unwrap_or(usize::MAX) > limit {
                return true;
            }
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
        }
    }
}

/// The line (from 1) of the first place that does not parse.
pub(super) fn first_error(tree: &Tree) -> Option<usize> {
    let root = tree.root();
    if !root.get_inner_node().has_error() {
        return None;
    }
    let broken = root.dfs().find(|node| node.is_error() || node.is_missing());
    Some(broken.map_or(1, |node| node.start_pos().line() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_tells_the_dialect_and_declarations_hold_no_code() {
        for (path, script) in [
            ("a/b.controller.ts", Some(Script::TypeScript)),
            ("a.mts", Some(Script::TypeScript)),
            ("a.TSX", Some(Script::Tsx)),
            ("a.js", Some(Script::Tsx)),
            ("types.d.ts", None),
            ("a.json", None),
            ("ts", None),
        ] {
            assert_eq!(Script::of(Path::new(path)), script, "{path}");
        }
    }

    #[test]
    fn a_mistake_is_told_by_its_line_and_depth_is_bounded() {
        let tree = parse("class A {\n  ok() {}\n}\n", Script::TypeScript).expect("parses");
        assert_eq!(first_error(&tree), None);
        let tree = parse("class A {\n  ok() {\n", Script::TypeScript).expect("parses");
        assert!(first_error(&tree).is_some());
        let deep = format!("x = {}1{}", "(".repeat(5_000), ")".repeat(5_000));
        assert_eq!(parse(&deep, Script::TypeScript).err(), Some(Unparsable::Deep));
        assert_eq!(parse("a\0b", Script::Tsx).err(), Some(Unparsable::Binary));
    }

    #[test]
    fn hostile_text_is_given_up_in_time() {
        for unit in ["a<", "'"] {
            let text = unit.repeat(1_000_000 / unit.len());
            let start = Instant::now();
            if let Ok(tree) = parse(&text, Script::Tsx) {
                first_error(&tree);
            }
            assert!(start.elapsed() < 5 * PATIENCE, "{unit}: {:?}", start.elapsed());
        }
    }
}
