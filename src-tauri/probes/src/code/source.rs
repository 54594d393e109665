//! Reads the source tree: one named file, or every file of code that git would not ignore.
//! Nothing outside the tree is read, links are not followed, and what was left out is
//! counted, because what was not read proves nothing.

use std::path::{Component, Path, PathBuf};

use countersign_domain::finding::{Note, Reason};

use super::language::{MAX_FILE, Node, Script, Tree, Unparsable, first_error, parse};
use super::names::Names;
use super::syntax::{callee, is_dead};
use crate::context::Context;
use crate::offload::Abandoned;
use crate::probe::{Doubt, Observation};

/// Files of code that one look reads at most.
const MAX_FILES: usize = 20_000;
/// Entries of the tree that one look visits at most.
const MAX_ENTRIES: usize = 300_000;
/// Paths that are kept of each kind that was left out.
const MAX_NAMED: usize = 20;
/// Folders that hold what others wrote or what was built.
const NOT_SOURCE: [&str; 10] = [
    ".git",
    "node_modules",
    "bower_components",
    "dist",
    "build",
    "out",
    "coverage",
    ".next",
    ".nuxt",
    ".turbo",
];
/// Folders that hold tests; their code does not run in production.
const TEST_FOLDERS: [&str; 8] =
    ["test", "tests", "__tests__", "__mocks__", "e2e", "spec", "fixtures", "mocks"];

/// One parsed file.
pub(super) struct Source {
    /// From the root of the tree, with `/`.
    pub(super) path: String,
    /// Its tree.
    pub(super) tree: Tree,
}

/// What one look did not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// Files of code that were read.
    pub read: usize,
    /// Files that are not text.
    pub binary: Vec<String>,
    /// Files over 1 MiB, nested too deeply, or that take too long to parse.
    pub large: Vec<String>,
    /// Files and folders that could not be read.
    pub unreadable: Vec<String>,
    /// Files with a syntax error, and its line.
    pub broken: Vec<(String, usize)>,
    /// Whether the tree has more than one look reads.
    pub cut_short: bool,
}

impl Left {
    /// Whether something that could hold code was not read as code.
    pub(super) fn is_partial(&self) -> bool {
        self.cut_short
            || !(self.large.is_empty() && self.unreadable.is_empty() && self.broken.is_empty())
    }

    /// What was left out, in words; empty when nothing was.
    pub(super) fn words(&self) -> String {
        let mut parts = Vec::new();
        let mut tell = |what: &str, paths: &[String]| {
            if let Some(first) = paths.first() {
                parts.push(format!("{} {what} (first: {first})", paths.len()));
            }
        };
        tell("not text", &self.binary);
        tell("too large or tangled to parse", &self.large);
        tell("unreadable", &self.unreadable);
        let broken: Vec<_> =
            self.broken.iter().map(|(path, line)| format!("{path}:{line}")).collect();
        tell("with a syntax error", &broken);
        if self.cut_short {
            parts.push(format!("everything after {MAX_FILES} files"));
        }
        parts.join(", ")
    }

    /// The reservation for what was left out.
    pub(super) fn note(&self) -> Option<Note> {
        let words = self.words();
        let text = format!("Not read: {words}");
        (!words.is_empty()).then(|| Note { code: "files-not-read".to_owned(), text })
    }
}

/// Runs `work` over the root of the source tree, links resolved, on a thread of its own.
pub(super) async fn look<T: Send + 'static>(
    cx: &Context,
    work: impl FnOnce(&Path, &Abandoned) -> Result<T, Doubt> + Send + 'static,
) -> Observation<T> {
    crate::source::look(cx, move |place, abandoned| work(&root(place)?, abandoned)).await
}

/// The same for a claim about one file, which is what was looked at then.
pub(super) async fn look_at<T: Send + 'static>(
    cx: &Context,
    file: &str,
    work: impl FnOnce(&Path, &Abandoned) -> Result<T, Doubt> + Send + 'static,
) -> Observation<T> {
    Observation { target: file.to_owned(), ..look(cx, work).await }
}

/// What leads out of the tree is told by where it really is, so the root must be real too.
fn root(place: &Path) -> Result<PathBuf, Doubt> {
    place.canonicalize().map_err(|error| {
        let seen = format!("`source` is {}: {error}", place.display());
        Doubt::new(Reason::NotConfigured, seen)
    })
}

/// Checks a path that a template gives: relative, and inside the tree.
pub(super) fn check_path(name: &str, path: &str) -> Result<(), String> {
    let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if path.is_empty() || !Path::new(path).components().all(inside) {
        return Err(format!("`{name}` is {path:?}: expected a path inside the source tree"));
    }
    Ok(())
}

/// Reads and parses one named file, which must parse without an error.
pub(super) fn one(root: &Path, path: &str, abandoned: &Abandoned) -> Result<Source, Doubt> {
    let place = root.join(path);
    let real = match place.canonicalize() {
        Ok(real) if real.starts_with(root) => real,
        Ok(_) => {
            let seen = format!("{path} leads out of the source tree");
            return Err(Doubt::new(Reason::NotConfigured, seen));
        }
        Err(error) => {
            let seen = format!("{path}: {error}{}", elsewhere(root, path, abandoned));
            return Err(Doubt::new(Reason::NotConfigured, seen));
        }
    };
    let bad = |why: &dyn std::fmt::Display| {
        Doubt::new(Reason::Unexpected, format!("{path} cannot be judged: {why}"))
    };
    let script = Script::of(&real).ok_or_else(|| bad(&"not TypeScript or JavaScript"))?;
    let text = read(&real).map_err(|error| bad(&error))?;
    let tree = parse(&text, script).map_err(|error| bad(&error))?;
    match first_error(&tree) {
        Some(line) => Err(bad(&format!("it does not parse at line {line}"))),
        None => Ok(Source { path: path.to_owned(), tree }),
    }
}

/// Files of the same name, so that a moved one is found.
fn elsewhere(root: &Path, path: &str, abandoned: &Abandoned) -> String {
    let name = Path::new(path).file_name();
    let found = walk(root).filter_map(Result::ok).take(MAX_ENTRIES);
    let found: Vec<_> = found
        .take_while(|_| !abandoned.is())
        .filter(|entry| Some(entry.file_name()) == name)
        .take(3)
        .map(|entry| relative(root, entry.path()))
        .collect();
    if found.is_empty() { String::new() } else { format!("; there is {}", found.join(", ")) }
}

#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Content(#[from] Unparsable),
}

fn read(path: &Path) -> Result<String, Unreadable> {
    use std::io::Read as _;
    let file = std::fs::File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(Unreadable::Io(std::io::Error::other("not a file")));
    }
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.contains(&0) {
        return Err(Unparsable::Binary.into());
    }
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE {
        return Err(Unparsable::Large.into());
    }
    String::from_utf8(bytes).map_err(|_| Unparsable::Binary.into())
}

/// The tree as git sees it, whatever this machine ignores beside: a private exclude list
/// must not hide code that is deployed.
fn walk(root: &Path) -> impl Iterator<Item = Result<ignore::DirEntry, ignore::Error>> + use<> {
    ignore::WalkBuilder::new(root)
        .follow_links(false)
        .require_git(false)
        .git_global(false)
        .git_exclude(false)
        .sort_by_file_path(Ord::cmp)
        .filter_entry(|entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            !is_folder
                || entry.depth() == 0
                || !entry.file_name().to_str().is_some_and(|name| NOT_SOURCE.contains(&name))
        })
        .build()
}

/// A path from the root of the tree, with `/`.
fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Whether a path is a test's: its code does not run in production.
pub(super) fn is_test(path: &str) -> bool {
    let mut parts = path.split('/').rev();
    let file = parts.next().unwrap_or_default().to_ascii_lowercase();
    [".spec.", ".test.", ".e2e-spec.", ".mock.", ".stories."].iter().any(|mark| file.contains(mark))
        || parts.any(|folder| TEST_FOLDERS.contains(&folder.to_ascii_lowercase().as_str()))
}

/// Gives `each` every file of the tree that `wanted` accepts by its path, as text. Returns
/// what was left out; the files themselves are counted by the caller's `each`.
pub(super) fn texts(
    root: &Path,
    abandoned: &Abandoned,
    wanted: impl Fn(&str) -> bool,
    mut each: impl FnMut(&str, &Path, &str, &mut Left),
) -> Result<Left, Doubt> {
    let mut left = Left::default();
    for (visited, entry) in walk(root).enumerate() {
        if abandoned.is() {
            return Err(Doubt::new(Reason::Cancelled, "nobody waits for the answer"));
        }
        if visited >= MAX_ENTRIES || left.read >= MAX_FILES {
            left.cut_short = true;
            break;
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                name(&mut left.unreadable, &error.to_string());
                continue;
            }
        };
        let path = relative(root, entry.path());
        if !entry.file_type().is_some_and(|kind| kind.is_file()) || !wanted(&path) {
            continue;
        }
        match read(entry.path()) {
            Ok(text) => {
                left.read += 1;
                each(&path, entry.path(), &text, &mut left);
            }
            Err(Unreadable::Content(Unparsable::Binary)) => name(&mut left.binary, &path),
            Err(Unreadable::Content(_)) => name(&mut left.large, &path),
            Err(Unreadable::Io(_)) => name(&mut left.unreadable, &path),
        }
    }
    Ok(left)
}

/// Gives `each` every file of code that `wanted` accepts and that holds one of `words`,
/// parsed. A file without any of the words cannot hold what is looked for and is not
/// parsed; without words every file is. `dialect` overrules the file's ending.
pub(super) fn scan(
    root: &Path,
    abandoned: &Abandoned,
    wanted: impl Fn(&str) -> bool,
    words: &[&str],
    dialect: Option<Script>,
    mut each: impl FnMut(Source),
) -> Result<Left, Doubt> {
    let code = |path: &str| Script::of(Path::new(path)).is_some() && wanted(path);
    texts(root, abandoned, code, |path, place, text, left| {
        if !words.is_empty() && !words.iter().any(|word| text.contains(word)) {
            return;
        }
        let Some(script) = dialect.or_else(|| Script::of(place)) else { return };
        match parse(text, script) {
            Ok(tree) => {
                if let Some(line) = first_error(&tree)
                    && left.broken.len() < MAX_NAMED
                {
                    left.broken.push((path.to_owned(), line));
                }
                each(Source { path: path.to_owned(), tree });
            }
            Err(_) => name(&mut left.large, path),
        }
    })
}

fn name(list: &mut Vec<String>, path: &str) {
    if list.len() < MAX_NAMED {
        list.push(path.to_owned());
    }
}

/// Gives `each` every call and `new` in code that runs in production, from files that hold
/// one of `words`.
pub(super) fn calls(
    root: &Path,
    abandoned: &Abandoned,
    words: &[&str],
    mut each: impl for<'t> FnMut(&str, &Names<'t>, &Node<'t>),
) -> Result<Left, Doubt> {
    scan(
        root,
        abandoned,
        |path| !is_test(path),
        words,
        None,
        |source| {
            let names = Names::of(&source.tree);
            for node in source.tree.root().dfs() {
                if callee(&node).is_some() && !is_dead(&node) {
                    each(&source.path, &names, &node);
                }
            }
        },
    )
}
