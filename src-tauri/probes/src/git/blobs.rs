//! The files of all history, each content once, in the order in which the packs hold them:
//! what changed little from version to version is stored as differences, and read in that
//! order each difference finds the version before it still at hand.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::odb::pack::cache::lru::MemoryCappedHashmap;
use gix::odb::store::iter::Ordering as Order;

use super::history::{self, History, Met, Trees};
use super::open::{open, unreadable};
use crate::offload::Abandoned;
use crate::probe::Doubt;
use crate::source::abandoned as nobody_waits;

/// Decoded versions that each thread keeps at hand, in bytes.
const PACK_CACHE: usize = 64 * 1024 * 1024;
/// Files that a thread takes at a time: neighbours in the pack.
const TAKEN: usize = 512;
/// Threads at most.
const MAX_THREADS: usize = 8;
/// Where the text of a commit or tag is said to stand.
const MESSAGE: &str = "(message)";

/// One content, and one place where it stood.
struct Blob {
    id: ObjectId,
    holder: usize,
    path: String,
    spared: bool,
}

/// What a reader of history is told: a file (or a message), or that one cannot be read.
pub(crate) enum Content<'a> {
    /// Path, commit and bytes.
    Text(&'a str, &'a str, &'a [u8]),
    /// Larger than the reader wants.
    Large,
    /// Not in this clone, or broken.
    Missing,
}

/// How far the reading came.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// What the references reach.
    pub history: History,
    /// Contents that the time did not suffice for.
    pub left: usize,
}

/// Bounds of one reading.
pub(crate) struct Bounds {
    /// Contents beyond this size, in bytes, are not read.
    pub(crate) max_file: u64,
    /// When to stop.
    pub(crate) end: Instant,
}

/// Reads every message and every file's every content. Each thread makes a reader with
/// `start` and hands it back at its end. Where the same content stands at several places,
/// one for which `spares` says no is told.
pub(crate) fn read<R: Send>(
    source: &Path,
    abandoned: &Abandoned,
    bounds: &Bounds,
    spares: &dyn Fn(&str) -> bool,
    start: &(dyn Fn() -> R + Sync),
    tell: &(dyn Fn(&mut R, Content<'_>) + Sync),
) -> Result<(Progress, Vec<R>), Doubt> {
    let repository = quick(open(source)?);
    let mut first = start();
    let mut files = Files { holders: Vec::new(), blobs: Vec::new(), places: HashMap::new() };
    let mut trees = Trees::new(&repository);
    let mut late = false;
    let history = history::walk(&repository, abandoned, |holder, met| {
        late = Instant::now() >= bounds.end;
        match met {
            Met::Message(text) => tell(&mut first, Content::Text(MESSAGE, holder, text)),
            Met::Blob(id) => files.add(holder, "(tagged file)".to_owned(), id, spares),
            Met::Tree(id) => trees.files(id, spares, &mut |folder, name, id| {
                files.add(holder, format!("{folder}{}", name.to_str_lossy()), id, spares);
            })?,
        }
        Ok(!late)
    })?;
    let mut progress = Progress { history, left: usize::from(late) };
    let ordered = files.in_pack_order(&repository)?;
    let shared =
        Shared { files: &ordered, next: AtomicUsize::new(0), broken: AtomicBool::new(false) };
    let threads = std::thread::available_parallelism().map_or(2, |many| many.get());
    let git_folder = repository.path();
    let mut readers: Vec<R> = std::thread::scope(|scope| {
        let work = || shared.read(git_folder, abandoned, bounds, start(), tell);
        let all: Vec<_> = (0..threads.min(MAX_THREADS)).map(|_| scope.spawn(work)).collect();
        all.into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(broken_off())))
            .collect::<Result<_, Doubt>>()
    })?;
    if abandoned.is() {
        return Err(nobody_waits());
    }
    let taken = shared.next.load(Ordering::Relaxed).min(ordered.blobs.len());
    progress.left += ordered.blobs.len() - taken;
    if shared.broken.load(Ordering::Relaxed) {
        progress.left += 1;
    }
    readers.push(first);
    Ok((progress, readers))
}

fn broken_off() -> Doubt {
    Doubt::new(countersign_domain::finding::Reason::Internal, "a reader of history broke off")
}

/// The repository, with versions kept at hand and without replacements: what a replaced
/// object held is still in every clone.
fn quick(mut repository: gix::Repository) -> gix::Repository {
    repository.objects.ignore_replacements = true;
    repository.objects.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(PACK_CACHE)));
    repository
}

/// Contents by the place where they were met.
struct Files {
    holders: Vec<String>,
    blobs: Vec<Blob>,
    places: HashMap<ObjectId, usize>,
}

impl Files {
    fn add(&mut self, holder: &str, path: String, id: ObjectId, spares: &dyn Fn(&str) -> bool) {
        let known = self.places.get(&id).and_then(|place| self.blobs.get(*place));
        if known.is_some_and(|known| !known.spared || spares(&path)) {
            return;
        }
        if self.holders.last().is_none_or(|last| last != holder) {
            self.holders.push(holder.to_owned());
        }
        let holder = self.holders.len() - 1;
        let spared = spares(&path);
        let blob = Blob { id, holder, path, spared };
        match self.places.get(&id).and_then(|place| self.blobs.get_mut(*place)) {
            Some(known) => *known = blob,
            None => {
                self.places.insert(id, self.blobs.len());
                self.blobs.push(blob);
            }
        }
    }

    fn in_pack_order(mut self, repository: &gix::Repository) -> Result<Self, Doubt> {
        let all = repository.objects.iter().map_err(|error| unreadable("objects", error))?;
        let all = all.with_ordering(Order::PackAscendingOffsetThenLooseLexicographical);
        let mut waiting: Vec<Option<Blob>> = self.blobs.drain(..).map(Some).collect();
        for id in all {
            let id = id.map_err(|error| unreadable("objects", error))?;
            let place = self.places.get(&id).and_then(|place| waiting.get_mut(*place));
            self.blobs.extend(place.and_then(Option::take));
        }
        // What no pack and no file holds is missing; the readers will say so.
        self.blobs.extend(waiting.into_iter().flatten());
        Ok(self)
    }
}

/// What the threads share.
struct Shared<'a> {
    files: &'a Files,
    next: AtomicUsize,
    broken: AtomicBool,
}

impl Shared<'_> {
    fn read<R>(
        &self,
        git_folder: &Path,
        abandoned: &Abandoned,
        bounds: &Bounds,
        mut reader: R,
        tell: &(dyn Fn(&mut R, Content<'_>) + Sync),
    ) -> Result<R, Doubt> {
        let repository =
            quick(gix::open(git_folder).map_err(|error| unreadable("repository", error))?);
        loop {
            if abandoned.is() || Instant::now() >= bounds.end {
                return Ok(reader);
            }
            let from = self.next.fetch_add(TAKEN, Ordering::Relaxed);
            let rest = self.files.blobs.get(from..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(reader);
            }
            for blob in rest.iter().take(TAKEN) {
                if abandoned.is() || Instant::now() >= bounds.end {
                    self.broken.store(true, Ordering::Relaxed);
                    return Ok(reader);
                }
                let holder = self.files.holders.get(blob.holder).map_or("", String::as_str);
                // The size first: what is too large is not unpacked.
                match repository.find_header(blob.id) {
                    Ok(header) if header.size() > bounds.max_file => {
                        tell(&mut reader, Content::Large);
                    }
                    Ok(_) => match repository.find_object(blob.id) {
                        Ok(found) => {
                            tell(&mut reader, Content::Text(&blob.path, holder, &found.data));
                        }
                        Err(_) => tell(&mut reader, Content::Missing),
                    },
                    Err(_) => tell(&mut reader, Content::Missing),
                }
            }
        }
    }
}
