//! Reads the source tree for secrets, on every processor: each text file that git does not
//! ignore, and those that it tracks although it ignores them.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use countersign_domain::finding::Reason;
use ignore::{DirEntry, WalkState};

use super::hits::{MAX_FILE, Tally};
use super::rules::Rules;
use crate::offload::Abandoned;
use crate::probe::Doubt;
use crate::source::abandoned as nobody_waits;

/// Files that one look reads at most.
const MAX_FILES: usize = 500_000;
/// Threads that read at most; more of them only wait for the disk.
const MAX_THREADS: usize = 8;
/// What a reader holds at first; it grows up to the largest file that is read.
const FIRST_BUFFER: usize = 64 * 1024;

/// What the tree holds, and whether it has more files than one look reads.
pub(super) fn scan(
    root: &Path,
    rules: &Rules,
    abandoned: &Abandoned,
) -> Result<(Tally, bool), Doubt> {
    let shared = Shared::default();
    walk(root).build_parallel().run(|| {
        let mut reader = Reader::new(root, rules, &shared);
        Box::new(move |entry| reader.visit(entry, abandoned))
    });
    if abandoned.is() {
        return Err(nobody_waits());
    }
    if shared.broken.load(Ordering::Relaxed) {
        return Err(Doubt::new(Reason::Internal, "a reader of the tree broke off"));
    }
    let cut_short = shared.files.load(Ordering::Relaxed) >= MAX_FILES;
    let (mut tally, seen) = {
        let mut done = shared.done.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *done)
    };
    let mut buffer = Vec::new();
    for path in crate::git::tracked(root)? {
        // Neither a deleted file nor a link or submodule has a text here.
        let is_file = || path.symlink_metadata().is_ok_and(|found| found.is_file());
        if !seen.contains(&path) && is_file() {
            read(root, &path, rules, &mut buffer, &mut tally);
        }
    }
    tally.settle();
    Ok((tally, cut_short))
}

fn walk(root: &Path) -> ignore::WalkBuilder {
    let threads = std::thread::available_parallelism().map_or(2, |many| many.get());
    let mut walk = ignore::WalkBuilder::new(root);
    // Hidden files are read: `.env.production` is where leaks live.
    walk.hidden(false)
        .ignore(false)
        // An unpacked archive has no .git, and its .gitignore still says what is local.
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .threads(threads.min(MAX_THREADS));
    walk
}

/// What the readers bring together.
#[derive(Default)]
struct Shared {
    files: AtomicUsize,
    broken: AtomicBool,
    done: Mutex<(Tally, HashSet<PathBuf>)>,
}

/// One thread's part.
struct Reader<'a> {
    root: &'a Path,
    rules: &'a Rules,
    shared: &'a Shared,
    tally: Tally,
    seen: Vec<PathBuf>,
    buffer: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn new(root: &'a Path, rules: &'a Rules, shared: &'a Shared) -> Self {
        let (tally, seen, buffer) = (Tally::default(), Vec::new(), vec![0; FIRST_BUFFER]);
        Self { root, rules, shared, tally, seen, buffer }
    }

    fn visit(
        &mut self,
        entry: Result<DirEntry, ignore::Error>,
        abandoned: &Abandoned,
    ) -> WalkState {
        if abandoned.is() {
            return WalkState::Quit;
        }
        let Ok(entry) = entry else {
            self.tally.unreadable += 1;
            return WalkState::Continue;
        };
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            return WalkState::Continue;
        }
        if self.shared.files.fetch_add(1, Ordering::Relaxed) >= MAX_FILES {
            return WalkState::Quit;
        }
        let path = entry.into_path();
        read(self.root, &path, self.rules, &mut self.buffer, &mut self.tally);
        self.seen.push(path);
        WalkState::Continue
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.broken.store(true, Ordering::Relaxed);
        }
        let mut done = self.shared.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.0.add(std::mem::take(&mut self.tally));
        done.1.extend(std::mem::take(&mut self.seen));
    }
}

fn read(root: &Path, path: &Path, rules: &Rules, buffer: &mut Vec<u8>, tally: &mut Tally) {
    match fill(path, buffer) {
        Ok(length) => {
            let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy();
            let name = if cfg!(windows) { name.replace('\\', "/").into() } else { name };
            tally.read(rules, &name, "", &buffer[..length]);
        }
        Err(_) => tally.unreadable += 1,
    }
}

/// Reads a file into `buffer`, up to one byte more than is read of any; tells how many.
fn fill(path: &Path, buffer: &mut Vec<u8>) -> std::io::Result<usize> {
    let most = usize::try_from(MAX_FILE).unwrap_or(usize::MAX).saturating_add(1);
    let mut file = std::fs::File::open(path)?;
    let mut length = 0;
    while length < most {
        if length == buffer.len() {
            buffer.resize((length * 2).clamp(FIRST_BUFFER, most), 0);
        }
        let end = buffer.len().min(most);
        match file.read(&mut buffer[length..end]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
