//! Everything that a reference of the repository reaches: commits with their trees and
//! messages, stashes among them, and tags that name a tree or a file of their own. Each tree
//! is read once, wherever it hangs.

use std::collections::{BTreeSet, HashSet};

use countersign_domain::finding::{Note, Outcome, Reason};
use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::Kind;
use gix::objs::tree::EntryKind;

use super::open::unreadable;
use crate::offload::Abandoned;
use crate::probe::Doubt;
use crate::source::abandoned as nobody_waits;

/// Commits that one look visits at most.
const MAX_COMMITS: usize = 50_000;
/// Deepest folder that is entered; a work tree deeper than this cannot be checked out.
const MAX_DEPTH: usize = 256;

/// How much of history was seen.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Commits visited.
    pub commits: usize,
    /// References that lead to a commit, a tree or a file.
    pub references: usize,
    /// Whether the clone has only the recent part of history.
    pub shallow: bool,
    /// Whether history is longer than one look.
    pub cut_short: bool,
}

impl History {
    /// Why a look that found nothing proves nothing.
    pub(crate) fn doubt(&self) -> Option<(Outcome, String)> {
        let (reason, text) = if self.cut_short {
            (Reason::Unexpected, format!("History is longer than {MAX_COMMITS} commits"))
        } else if self.shallow {
            let text = "The clone is shallow: fetch the rest with `git fetch --unshallow`";
            (Reason::NotConfigured, text.to_owned())
        } else if self.commits == 0 {
            (Reason::NotConfigured, "The repository has no commit yet".to_owned())
        } else {
            return None;
        };
        Some((Outcome::Inconclusive(reason), text))
    }

    /// A reservation about a clone that is not whole.
    pub(crate) fn note(&self) -> Option<Note> {
        let text = "only the recent part of history is here".to_owned();
        self.shallow.then(|| Note { code: "shallow-clone".into(), text })
    }

    /// How much was seen, in words.
    pub(crate) fn words(&self) -> String {
        format!("{} commits from {} references", self.commits, self.references)
    }
}

/// What a walk meets, each with the commit or the reference that holds it.
pub(crate) enum Met<'a> {
    /// The files of a commit or a tag.
    Tree(ObjectId),
    /// A file that a tag names directly.
    Blob(ObjectId),
    /// What somebody wrote about a commit or a tag.
    Message(&'a [u8]),
}

/// Tells `visit` what each reference reaches, until it says that it has seen enough.
pub(crate) fn walk(
    repository: &gix::Repository,
    abandoned: &Abandoned,
    mut visit: impl FnMut(&str, Met<'_>) -> Result<bool, Doubt>,
) -> Result<History, Doubt> {
    let shallow = repository.is_shallow().map_err(|error| unreadable("shallow file", error))?;
    let mut history = History { shallow, ..History::default() };
    let mut commits = BTreeSet::new();
    for (name, id) in references(repository)? {
        history.references += 1;
        if let Some(commit) = peel(repository, &name, id, &mut visit)? {
            commits.insert(commit);
        }
    }
    let walk = repository.rev_walk(commits).all().map_err(|error| unreadable("history", error))?;
    for commit in walk {
        if abandoned.is() {
            return Err(nobody_waits());
        }
        if history.commits >= MAX_COMMITS {
            history.cut_short = true;
            break;
        }
        history.commits += 1;
        let commit = commit.map_err(|error| unreadable("history", error))?;
        let object = commit.object().map_err(|error| unreadable("commit", error))?;
        let tree = object.tree_id().map_err(|error| unreadable("commit", error))?.detach();
        let message = object.message_raw().map_err(|error| unreadable("commit", error))?;
        let holder = commit.id.to_string();
        let more = visit(&holder, Met::Message(message))? && visit(&holder, Met::Tree(tree))?;
        if !more {
            break;
        }
    }
    Ok(history)
}

/// Every reference with what it names: branches, tags, HEAD, and each stash, of which all
/// but the newest are known to the log only.
fn references(repository: &gix::Repository) -> Result<Vec<(String, ObjectId)>, Doubt> {
    let broken = |error: &dyn std::fmt::Display| unreadable("reference", error);
    let mut all = Vec::new();
    let platform = repository.references().map_err(|error| broken(&error))?;
    for reference in platform.all().map_err(|error| broken(&error))? {
        let mut reference = reference.map_err(|error| broken(&error))?;
        let name = reference.name().as_bstr().to_str_lossy().into_owned();
        if name == "refs/stash" {
            let mut log = reference.log_iter();
            for line in log.all().map_err(|error| broken(&error))?.into_iter().flatten() {
                all.push((name.clone(), line.map_err(|error| broken(&error))?.new_oid()));
            }
        }
        let id = reference.follow_to_object().map_err(|error| broken(&error))?.detach();
        all.push((name, id));
    }
    if let Ok(head) = repository.head_id() {
        all.push(("HEAD".to_owned(), head.detach()));
    }
    Ok(all)
}

/// Follows tags to what they name: `Some` commit, or a tree or file that is visited here.
fn peel(
    repository: &gix::Repository,
    name: &str,
    mut id: ObjectId,
    visit: &mut impl FnMut(&str, Met<'_>) -> Result<bool, Doubt>,
) -> Result<Option<ObjectId>, Doubt> {
    for _ in 0..MAX_DEPTH {
        let object = repository.find_object(id).map_err(|error| unreadable(name, error))?;
        match object.kind {
            Kind::Commit => return Ok(Some(id)),
            Kind::Tree => return visit(name, Met::Tree(id)).map(|_| None),
            Kind::Blob => return visit(name, Met::Blob(id)).map(|_| None),
            Kind::Tag => {
                let tag = object.try_into_tag().map_err(|error| unreadable(name, error))?;
                visit(name, Met::Message(&tag.data))?;
                id = tag.target_id().map_err(|error| unreadable(name, error))?.detach();
            }
        }
    }
    Err(unreadable(name, "a tag of a tag of a tag without end"))
}

/// Trees, each of which is read once for each answer that its folder gives.
pub(crate) struct Trees<'a> {
    repository: &'a gix::Repository,
    seen: HashSet<(ObjectId, bool)>,
}

impl<'a> Trees<'a> {
    pub(crate) fn new(repository: &'a gix::Repository) -> Self {
        Self { repository, seen: HashSet::new() }
    }

    /// Tells `file` every file below the tree `id`, unless that tree was read before.
    /// `apart` says of a folder whether what stands there counts differently.
    pub(crate) fn files(
        &mut self,
        id: ObjectId,
        apart: &dyn Fn(&str) -> bool,
        file: &mut dyn FnMut(&str, &[u8], ObjectId),
    ) -> Result<(), Doubt> {
        self.below(id, &mut String::new(), 0, apart, file)
    }

    fn below(
        &mut self,
        id: ObjectId,
        folder: &mut String,
        depth: usize,
        apart: &dyn Fn(&str) -> bool,
        file: &mut dyn FnMut(&str, &[u8], ObjectId),
    ) -> Result<(), Doubt> {
        if depth > MAX_DEPTH || !self.seen.insert((id, apart(folder))) {
            return Ok(());
        }
        let tree = self.repository.find_tree(id).map_err(|error| unreadable("tree", error))?;
        for entry in tree.iter() {
            let entry = entry.map_err(|error| unreadable("tree", error))?;
            match entry.kind() {
                EntryKind::Tree => {
                    let length = folder.len();
                    folder.push_str(&entry.filename().to_str_lossy());
                    folder.push('/');
                    self.below(entry.object_id(), folder, depth + 1, apart, file)?;
                    folder.truncate(length);
                }
                EntryKind::Commit => {}
                _ => file(folder, entry.filename(), entry.object_id()),
            }
        }
        Ok(())
    }
}
