//! A source tree with a history, made up but always the same: what the secret scan is
//! measured on. Lines look like a NestJS project's, so that words such as `password` and
//! `token` occur as often as they do in real code.

use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Files of the tree.
pub(crate) const FILES: usize = 20_000;
/// Commits after the first.
pub(crate) const COMMITS: usize = 400;
/// Files that each later commit changes.
const CHANGED: usize = 24;
/// Least size of one file, in bytes; the tree has at least `FILES` times as many.
const FILE_BYTES: usize = 11_000;
/// The value that is planted and looked for; random-looking, of no use anywhere.
pub(crate) const PLANTED: &str = "b7c1f0e29d8a4463915e7d20c6a8f13b5e4d9072ac31f68857b09e14d2c6fa83";

const WORDS: &[&str] = &[
    "account",
    "message",
    "folder",
    "tenant",
    "provider",
    "session",
    "thread",
    "label",
    "draft",
    "address",
    "queue",
    "worker",
    "attempt",
    "cursor",
    "filter",
    "index",
    "header",
    "payload",
    "template",
    "schedule",
    "mailbox",
    "attachment",
    "signature",
    "recipient",
    "calendar",
    "contact",
    "digest",
    "archive",
    "snapshot",
    "metric",
    "report",
    "policy",
    "budget",
    "invoice",
];

/// Numbers that are the same on every machine (Steele and others, SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % end
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }
}

fn line(numbers: &mut Numbers, out: &mut String) {
    let (a, b, c) = (numbers.word(), numbers.word(), numbers.word());
    let number = numbers.below(100_000);
    let _ = match numbers.below(64) {
        0..=9 => writeln!(out, "import {{ {a}Service }} from '../{b}/{c}.service';"),
        10..=19 => writeln!(out, "  const {a}{number} = await this.{b}.find({{ {c}: {number} }});"),
        20..=29 => writeln!(out, "  // The {a} of a {b} is kept until its {c} was seen {number}."),
        30..=39 => writeln!(out, "  if ({a}.{b} > {number}) return this.{c}.next({a});"),
        40..=47 => writeln!(out, "  {a}{number}: {{ {b}: '{c}', size: {number} }},"),
        48..=55 => writeln!(out, "  this.logger.debug(`{a} ${{{b}.id}} of {c} {number}`);"),
        56..=59 => writeln!(out, "}}\n\nexport class {a}{number} extends {b} {{"),
        60 => writeln!(out, "  password: process.env.{}_PASSWORD,", a.to_uppercase()),
        61 => writeln!(out, "  const token = await this.{a}.tokenFor({b});"),
        62 => writeln!(out, "  url: 'https://{a}.example.com/{b}/{number}',"),
        _ => writeln!(out, "  integrity: 'sha256-{:016x}{number:08x}',", number * 7_919),
    };
}

/// The text of one file in one of its versions: a version changes a few lines, as edits do.
fn text(file: usize, version: usize) -> String {
    let mut numbers = Numbers(file as u64);
    let mut edits = Numbers((file * 1_000_003 + version) as u64);
    let mut out = String::with_capacity(FILE_BYTES + 200);
    let edited = if version == 0 { usize::MAX } else { edits.below(150) };
    let mut count = 0;
    while out.len() < FILE_BYTES {
        if count == edited {
            line(&mut edits, &mut out);
        }
        line(&mut numbers, &mut out);
        count += 1;
    }
    out
}

/// Where a file stands.
fn path(file: usize) -> String {
    let (app, part) = (file % 7, file / 7 % 60);
    format!("apps/app{app}/src/part{part}/{}{file}.ts", WORDS[file % WORDS.len()])
}

/// What is planted: in the tree, and in a version that a later commit took back.
fn planted(file: usize, version: usize) -> Option<String> {
    match (file, version) {
        (4_321, 0) => Some(format!("export const key = '{PLANTED}';\n")),
        (777, 3) => Some(format!("export const was = '{PLANTED}';\n")),
        (15_000, 0) => Some("const secretKey = 'kP9zqW3nV7xR2tL5';\n".to_owned()),
        _ => None,
    }
}

/// Makes the repository at `root`, checked out and packed as `git gc` packs.
///
/// # Errors
/// What git or the file system said.
pub(crate) fn make(root: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(root)?;
    git(root, &["init", "-q", "-b", "main"])?;
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(root)
        .stdin(Stdio::piped())
        .spawn()?;
    let stdin = import.stdin.take().ok_or_else(|| std::io::Error::other("git takes no input"))?;
    let mut stream = BufWriter::new(stdin);
    let mut versions = vec![0_usize; FILES];
    let mut numbers = Numbers(1);
    commit(&mut stream, 0, (0..FILES).map(|file| (file, 0)))?;
    for number in 1..=COMMITS {
        let mut changed: Vec<usize> = (0..CHANGED).map(|_| numbers.below(FILES)).collect();
        // The planted value stands in history from the 100th commit to the 101st.
        if (98..=101).contains(&number) {
            changed.push(777);
        }
        changed.sort_unstable();
        changed.dedup();
        for file in &changed {
            versions[*file] += 1;
        }
        commit(&mut stream, number, changed.into_iter().map(|file| (file, versions[file])))?;
    }
    stream.flush()?;
    drop(stream);
    if !import.wait()?.success() {
        return Err(std::io::Error::other("git fast-import failed"));
    }
    git(root, &["repack", "-a", "-d", "-f", "-q", "--depth=50", "--window=10"])?;
    git(root, &["reset", "-q", "--hard", "main"])
}

fn commit(
    stream: &mut impl Write,
    number: usize,
    files: impl Iterator<Item = (usize, usize)>,
) -> std::io::Result<()> {
    let message = format!("change {number}");
    writeln!(stream, "commit refs/heads/main")?;
    writeln!(stream, "committer Bench <bench@example.invalid> {} +0000", 1_700_000_000 + number)?;
    writeln!(stream, "data {}\n{message}", message.len())?;
    for (file, version) in files {
        let mut text = text(file, version);
        text.push_str(planted(file, version).as_deref().unwrap_or_default());
        writeln!(stream, "M 100644 inline {}\ndata {}\n{text}", path(file), text.len())?;
    }
    Ok(())
}

fn git(root: &Path, arguments: &[&str]) -> std::io::Result<()> {
    let status = Command::new("git").args(arguments).current_dir(root).status()?;
    match status.success() {
        true => Ok(()),
        false => Err(std::io::Error::other(format!("git {} failed", arguments.join(" ")))),
    }
}
