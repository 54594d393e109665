//! Packets between machines that share no server: a project's events leave as a file, and
//! are merged where it is opened. Merging is set union: nothing is lost, nothing rewritten,
//! and opening a packet twice changes nothing. Events of somebody who was never on the
//! roster wait outside the ledger until an admin enrolls the key.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use countersign_domain::conflict::{self, Matter};
use countersign_domain::event::{Body, Event, SignedEvent};
use countersign_domain::fold::{self, Fold};
use countersign_domain::id::{Digest, EventId, Fingerprint, ProjectId};
use countersign_domain::rewrite::{Rewrite, rewrite};
use countersign_domain::state::Project;
use countersign_domain::template::Loaded;
use countersign_export::{Packet, named_files, read_packet, write_packet};

use crate::card::phrase;
use crate::error::Failure;
use crate::home::Home;
use crate::query::change_text;
use crate::record::{read_bounded, slug, write_whole};
use crate::view::{ConflictView, MergeView, PacketLook, PacketView, RefusedView, StrangerView};

impl Home {
    /// Writes the events of a project that came after `since` (all of them when it is empty)
    /// with the files that they speak of: `out`, or a name of its own below the home's
    /// `exports/`. The same ledger gives the same bytes.
    ///
    /// # Errors
    /// [`Failure::NotFound`] for an event in `since` that is not here;
    /// [`Failure::Export`] when there is more than a packet holds; [`Failure::File`].
    pub fn write_packet(
        &self,
        project: &ProjectId,
        since: &[EventId],
        out: Option<&Path>,
    ) -> Result<PacketView, Failure> {
        let stored: HashMap<EventId, SignedEvent> =
            self.ledger.events(project)?.into_iter().map(|event| (event.id(), event)).collect();
        let (events, heads, name) = self.read(project, |fold| {
            let known = reached(fold, since)?;
            // The fold's order puts parents first, and is the same on every machine.
            let news = fold.trail().iter().map(|entry| &entry.event);
            let news: Vec<Arc<Event>> =
                news.filter(|event| !known.contains(event.id())).cloned().collect();
            let name = fold.project().map_or("project", |project| project.name.as_str());
            let heads: Vec<_> = fold.heads().iter().map(ToString::to_string).collect();
            Ok((news, heads, format!("{}.packet.zip", slug(name))))
        })?;
        if events.is_empty() {
            return Err(Failure::Input {
                field: "since",
                problem: "nothing is new since then".into(),
                hint: "There is nothing to send",
            });
        }
        let mut files = BTreeMap::new();
        for digest in named_files(events.iter().map(|event| &event.envelope().body)) {
            if let Some(bytes) = self.ledger.blob(&digest)? {
                files.insert(digest, bytes);
            }
        }
        let signed: Vec<_> =
            events.iter().filter_map(|event| stored.get(event.id()).cloned()).collect();
        let bytes = write_packet(project, since, &signed, &files)?;
        let path = out.map_or_else(|| self.path().join("exports").join(name), Path::to_owned);
        write_whole(&path, &bytes)?;
        Ok(PacketView {
            path: path.display().to_string(),
            sha256: Digest::of(&bytes).to_string(),
            size: bytes.len() as u64,
            events: count(signed.len()),
            files: count(files.len()),
            heads,
        })
    }

    /// Looks at a packet and takes nothing in.
    ///
    /// # Errors
    /// [`Failure::Packet`] for a file that does not hold.
    pub fn look_at_packet(&self, path: &Path) -> Result<PacketLook, Failure> {
        let packet = read_packet(&read_bounded(path)?)?;
        let beginning = beginning(&packet);
        Ok(PacketLook {
            project: packet.project.to_string(),
            known: self.ledger.count(&packet.project)? > 0,
            events: count(packet.events.len()),
            files: count(packet.files.len()),
            name: beginning.map(|(_, name)| name.chars().take(80).collect()),
            founder: beginning.map(|(key, _)| StrangerView {
                fingerprint: key.to_string(),
                phrase: phrase(key),
                events: count(
                    packet
                        .events
                        .iter()
                        .filter(|(_, event)| event.envelope().author == *key)
                        .count(),
                ),
            }),
        })
    }

    /// Opens a packet and merges what is new. A project that is not here yet comes from
    /// strangers: `trust` must name the founder's key.
    ///
    /// # Errors
    /// [`Failure::Packet`] for a file that does not hold; [`Failure::Stranger`] for a project
    /// whose founder nobody vouched for; [`Failure::PacketGap`] when events are missing that
    /// it builds on; [`Failure::RosterFork`] when it would change roster or policy from behind
    /// what is known here, unless `accept_fork` says that it may. Nothing has changed then.
    pub fn open_packet(
        &self,
        path: &Path,
        trust: Option<&Fingerprint>,
        accept_fork: bool,
    ) -> Result<MergeView, Failure> {
        let bytes = read_bounded(path)?;
        let packet = read_packet(&bytes)?;
        let stored: Vec<SignedEvent> = self.ledger.events(&packet.project)?;
        let known: HashSet<EventId> = stored.iter().map(SignedEvent::id).collect();
        if known.is_empty() {
            check_founder(&packet, trust)?;
        }
        let is_new = |event: &Event| !known.contains(event.id());
        let news: Vec<&(SignedEvent, Event)> =
            packet.events.iter().filter(|(_, event)| is_new(event)).collect();
        check_parents(&news, &known)?;
        let whole = self.trial(&packet, &stored, &news)?;
        let Sorted { merged, waiting, strangers } = sorted(&whole, &news);
        if !accept_fork && !known.is_empty() {
            // What waits outside the ledger changes nothing in it.
            let inside =
                if waiting > 0 { self.trial(&packet, &stored, &merged)? } else { whole.clone() };
            self.read(&packet.project, |fold| check_roster(fold, &inside))?;
        }
        let files = self.keep_files(&packet, &whole)?;
        let batch: Vec<_> = merged.iter().map(|(signed, _)| signed.clone()).collect();
        self.ledger.merge(&packet.project, &batch, self.now())?;
        if waiting > 0 {
            let name = format!("{}.packet.zip", Digest::of(&bytes));
            write_whole(&self.path().join("quarantine").join(name), &bytes)?;
        }
        let merged: BTreeSet<_> = merged.iter().map(|(_, event)| event.id().clone()).collect();
        let view = |fold: &Fold| MergeView {
            known: count(packet.events.len() - merged.len()) - waiting,
            files,
            waiting,
            strangers,
            ..told(fold, &merged)
        };
        self.read(&packet.project, |fold| Ok(view(fold)))
    }

    /// All events of the packet's project that there would be, folded.
    fn trial(
        &self,
        packet: &Packet,
        stored: &[SignedEvent],
        news: &[&(SignedEvent, Event)],
    ) -> Result<Fold, Failure> {
        let mut events = Vec::with_capacity(stored.len() + news.len());
        for signed in stored {
            events.push(signed.verify().map_err(|source| {
                countersign_ledger::LedgerError::BadEvent { id: signed.id(), source }
            })?);
        }
        events.extend(news.iter().map(|(_, event)| event.clone()));
        let mut templates = fold::Templates::new();
        for event in &events {
            let Body::ReleaseOpened { template, .. } = &event.envelope().body else { continue };
            let here = self.ledger.blob(template)?;
            let Some(bytes) = packet.files.get(template).or(here.as_ref()) else { continue };
            if let Ok(loaded) = Loaded::parse(&String::from_utf8_lossy(bytes)) {
                templates.insert(template.clone(), loaded.template.into());
            }
        }
        Ok(Fold::of(templates, events))
    }

    /// Stores the files that accepted events speak of, and no others.
    fn keep_files(&self, packet: &Packet, whole: &Fold) -> Result<u32, Failure> {
        let accepted = whole.trail().iter().filter(|entry| entry.refused.is_none());
        let named = named_files(accepted.map(|entry| &entry.event.envelope().body));
        let mut new = 0;
        for digest in named {
            let Some(bytes) = packet.files.get(&digest) else { continue };
            if !self.ledger.has_blob(&digest)? {
                self.ledger.put_blob(bytes)?;
                new += 1;
            }
        }
        Ok(new)
    }
}

/// The events at `since` and all that they build on.
fn reached(fold: &Fold, since: &[EventId]) -> Result<HashSet<EventId>, Failure> {
    let events: HashMap<_, _> =
        fold.trail().iter().map(|entry| (entry.event.id(), &entry.event)).collect();
    let mut seen = HashSet::new();
    let mut left = since.to_vec();
    while let Some(id) = left.pop() {
        let event = events.get(&id).ok_or_else(|| Failure::NotFound {
            what: "event",
            name: id.to_string(),
            hint: "Name a head that the others have and you have, too",
        })?;
        if seen.insert(id) {
            left.extend(event.envelope().parents.iter().cloned());
        }
    }
    Ok(seen)
}

/// The key that began the project, and the project's name; none for a packet of later events.
fn beginning(packet: &Packet) -> Option<(&Fingerprint, &str)> {
    let mut beginnings = packet.events.iter().filter_map(|(_, event)| {
        let envelope = event.envelope();
        match &envelope.body {
            Body::ProjectCreated { name, .. } if envelope.parents.is_empty() => {
                Some((&envelope.author, name.as_str()))
            }
            _ => None,
        }
    });
    let only = beginnings.next();
    beginnings.next().is_none().then_some(only).flatten()
}

/// A project that nobody here knows is accepted only with its founder's key.
fn check_founder(packet: &Packet, trust: Option<&Fingerprint>) -> Result<(), Failure> {
    let Some((founder, name)) = beginning(packet) else {
        return Err(Failure::PacketGap { project: packet.project.clone() });
    };
    if trust == Some(founder) {
        return Ok(());
    }
    let name = name.chars().take(80).collect();
    Err(Failure::Stranger { project: name, founder: founder.clone(), phrase: phrase(founder) })
}

fn check_parents(news: &[&(SignedEvent, Event)], known: &HashSet<EventId>) -> Result<(), Failure> {
    let mut there: HashSet<&EventId> = known.iter().collect();
    for (_, event) in news {
        let envelope = event.envelope();
        if !envelope.parents.iter().all(|parent| there.contains(parent)) {
            return Err(Failure::PacketGap { project: envelope.project.clone() });
        }
        there.insert(event.id());
    }
    Ok(())
}

/// Nobody changes roster or policy from behind what is known here.
fn check_roster(here: &Fold, then: &Fold) -> Result<(), Failure> {
    let Some(found) = rewrite(here, then) else { return Ok(()) };
    let change = change_text(then, found.event());
    Err(Failure::RosterFork { change, undone: matches!(found, Rewrite::Undone(_)) })
}

type New = (SignedEvent, Event);

/// The new events of a packet.
struct Sorted<'a> {
    /// What may enter the ledger.
    merged: Vec<&'a New>,
    /// How many wait: those of keys that were never on the roster, and what builds on them.
    waiting: u32,
    /// Those keys.
    strangers: Vec<StrangerView>,
}

fn sorted<'a>(whole: &Fold, news: &[&'a New]) -> Sorted<'a> {
    let mut members: HashSet<&Fingerprint> = HashSet::new();
    for entry in whole.trail().iter().filter(|entry| entry.refused.is_none()) {
        match &entry.event.envelope().body {
            Body::ProjectCreated { .. } => members.insert(&entry.event.envelope().author),
            Body::MemberEnrolled { member } => members.insert(&member.fingerprint),
            Body::KeyRotated { key, .. } => members.insert(key),
            _ => false,
        };
    }
    let consented = whole.project().into_iter().flat_map(Project::entries_by_consent);
    members.extend(consented.map(|member| &member.fingerprint));
    let mut waiting: HashSet<&EventId> = HashSet::new();
    let mut strangers: BTreeMap<&Fingerprint, usize> = BTreeMap::new();
    let mut merged = Vec::new();
    for one in news {
        let envelope = one.1.envelope();
        let is_stranger = !members.contains(&envelope.author);
        if is_stranger {
            *strangers.entry(&envelope.author).or_default() += 1;
        }
        if is_stranger || envelope.parents.iter().any(|parent| waiting.contains(parent)) {
            waiting.insert(one.1.id());
        } else {
            merged.push(*one);
        }
    }
    let view = |(key, events): (&Fingerprint, usize)| StrangerView {
        fingerprint: key.to_string(),
        phrase: phrase(key),
        events: count(events),
    };
    Sorted {
        merged,
        waiting: count(waiting.len()),
        strangers: strangers.into_iter().map(view).collect(),
    }
}

/// What the ledger says now; how the packet was sorted is the caller's to add.
fn told(fold: &Fold, merged: &BTreeSet<EventId>) -> MergeView {
    let entries = fold.trail().iter().filter(|entry| merged.contains(entry.event.id()));
    let refused = entries.filter_map(|entry| {
        let reason = entry.refused.as_ref()?.to_string();
        Some(RefusedView { event: entry.event.id().to_string(), reason })
    });
    MergeView {
        project: fold.project().map(|project| project.id.to_string()).unwrap_or_default(),
        name: fold.project().map(|project| project.name.clone()).unwrap_or_default(),
        merged: count(merged.len()),
        known: 0,
        files: 0,
        refused: refused.collect(),
        waiting: 0,
        strangers: Vec::new(),
        conflicts: conflict::open(fold).iter().map(|one| conflict_view(fold, one)).collect(),
        heads: fold.heads().iter().map(ToString::to_string).collect(),
    }
}

fn conflict_view(fold: &Fold, conflict: &conflict::Conflict) -> ConflictView {
    let entries = fold.trail().iter();
    let of = |id: &EventId| entries.clone().find(|entry| entry.event.id() == id);
    let by = |id: &EventId| {
        let entry = of(id)?;
        Some(entry.by.as_ref().map_or_else(String::new, |member| member.name.clone()))
    };
    let releases = fold.project().map(|project| &project.releases);
    let release = releases.and_then(|releases| releases.get(&conflict.release));
    ConflictView {
        release: release
            .map_or_else(|| conflict.release.to_string(), |found| found.version.clone()),
        matter: match &conflict.matter {
            Matter::Item(item) => format!("the item {item}"),
            Matter::Exception(exception) => format!("the exception {exception}"),
            Matter::SignOff(role) => format!("the sign-off of {}", role.words()),
            Matter::Subject => "what goes out".to_owned(),
        },
        by: conflict.events.iter().filter_map(by).collect(),
        events: conflict.events.iter().map(ToString::to_string).collect(),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
