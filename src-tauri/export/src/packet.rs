//! A packet: signed events and the files that they speak of, on their way from one machine
//! to another. A packet is not believed: each event proves itself by its signature, each
//! file by its digest, and what lies beside them is an error. What the events mean, and
//! whether their authors had a right to them, is for the fold of whoever opens it.

use std::collections::{BTreeMap, BTreeSet};

use countersign_domain::canonical;
use countersign_domain::event::{Body, Event, SignedEvent};
use countersign_domain::id::{Digest, EventId, ProjectId};
use serde::{Deserialize, Serialize};

use crate::archive::{self, MAX_MEMBER_BYTES, MAX_MEMBERS, MAX_TOTAL_BYTES, Members};
use crate::bundle::armor;
use crate::error::ExportError;
use crate::names;

/// What the label calls the format.
const FORMAT: &str = "countersign-packet";
/// The version that this program writes and reads.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    format: String,
    version: u32,
    project: ProjectId,
    /// Events that whoever opens it must have; empty for a packet that starts at the start.
    since: Vec<EventId>,
}

/// A packet, each of whose events and files holds.
#[derive(Debug, Clone)]
pub struct Packet {
    /// The project that its events are of.
    pub project: ProjectId,
    /// The events, as they were signed and as they read, parents before children.
    pub events: Vec<(SignedEvent, Event)>,
    /// Files by the SHA-256 of their bytes.
    pub files: BTreeMap<Digest, Vec<u8>>,
}

/// Why a file is no packet that can be used. Nothing of it is used then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPacket {
    /// Not an archive, or one that was changed or packed anew.
    #[error("the packet is damaged: {0}")]
    Archive(String),
    /// It does not say that it is a packet, or is one of a newer program.
    #[error("not a packet that this program reads: {0}")]
    Label(String),
    /// Something lies in it that belongs in no packet.
    #[error("{0:?} does not belong in a packet")]
    Member(String),
    /// An event does not hold.
    #[error("{name}: {problem}")]
    Event {
        /// The member.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An event that only a newer program reads.
    #[error("{name}: {problem}")]
    Newer {
        /// The member.
        name: String,
        /// What it is, and that an update reads it.
        problem: String,
    },
    /// A file has other bytes than its name says.
    #[error("files/{0}: the bytes are others than its name says")]
    File(Digest),
    /// It holds no event.
    #[error("the packet holds no event")]
    Empty,
}

/// The files that the events of a project may speak of: templates that releases pin, and
/// evidence.
#[must_use]
pub fn named_files<'a>(bodies: impl Iterator<Item = &'a Body>) -> BTreeSet<Digest> {
    bodies
        .filter_map(|body| match body {
            Body::ReleaseOpened { template, .. } => Some(template.clone()),
            Body::EvidenceAttached { evidence, .. } => Some(evidence.sha256.clone()),
            _ => None,
        })
        .collect()
}

/// The packet of these events, parents before children. The same input gives the same bytes.
///
/// # Errors
/// [`ExportError`] when a signature is no armor, a file is not what its digest says, or
/// there is more than a reader accepts.
pub fn write_packet(
    project: &ProjectId,
    since: &[EventId],
    signed: &[SignedEvent],
    files: &BTreeMap<Digest, Vec<u8>>,
) -> Result<Vec<u8>, ExportError> {
    let since: BTreeSet<_> = since.iter().cloned().collect();
    let label = Label {
        format: FORMAT.to_owned(),
        version: VERSION,
        project: project.clone(),
        since: since.into_iter().collect(),
    };
    let mut members = Members::from([(names::PACKET.to_owned(), canonical::bytes(&label)?)]);
    for (one, sequence) in signed.iter().zip(1..) {
        let at = || usize::try_from(sequence).unwrap_or(usize::MAX);
        let armor =
            armor(&one.signature).ok_or_else(|| ExportError::Signature { sequence: at() })?;
        let id = one.id();
        members.insert(names::event(sequence, &id), one.bytes.clone());
        members.insert(names::signature(sequence, &id), armor.into_bytes());
    }
    for (digest, bytes) in files {
        if Digest::of(bytes) != *digest {
            return Err(ExportError::Template(digest.clone()));
        }
        members.insert(names::file(digest), bytes.clone());
    }
    fits(&members)?;
    archive::write(&members).map_err(ExportError::Archive)
}

fn fits(members: &Members) -> Result<(), ExportError> {
    let total: u64 = members.values().map(|bytes| bytes.len() as u64).sum();
    let largest = members.values().map(|bytes| bytes.len() as u64).max().unwrap_or_default();
    if members.len() > MAX_MEMBERS || total > MAX_TOTAL_BYTES || largest > MAX_MEMBER_BYTES {
        return Err(ExportError::TooLarge {
            what: format!("{} files with {total} bytes", members.len()),
            most: "200000 files, 64 MiB in one and 1 GiB in all".to_owned(),
        });
    }
    Ok(())
}

/// Reads a packet. Total: whatever the bytes are, it ends within the limits of a bundle.
///
/// # Errors
/// [`BadPacket`] for the first thing that is wrong.
pub fn read_packet(bytes: &[u8]) -> Result<Packet, BadPacket> {
    let opened = archive::read(bytes).map_err(|error| BadPacket::Archive(error.to_string()))?;
    if let Some(problem) = opened.problems.into_iter().next() {
        return Err(BadPacket::Archive(problem));
    }
    let mut members = opened.members;
    let label = label(&members.remove(names::PACKET).unwrap_or_default())?;
    let mut files = BTreeMap::new();
    let mut events = Vec::new();
    while let Some((name, bytes)) = members.pop_first() {
        if let Some(digest) = name.strip_prefix(names::FILES) {
            let digest = Digest::parse(digest).map_err(|_| BadPacket::Member(name.clone()))?;
            if Digest::of(&bytes) != digest {
                return Err(BadPacket::File(digest));
            }
            files.insert(digest, bytes);
            continue;
        }
        let stem = name
            .strip_suffix(".json")
            .filter(|stem| stem.starts_with(names::EVENTS))
            .ok_or_else(|| BadPacket::Member(name.clone()))?;
        let signature = members.remove(&format!("{stem}.sig")).unwrap_or_default();
        events.push(event(&name, bytes, signature, &label.project)?);
    }
    if events.is_empty() {
        return Err(BadPacket::Empty);
    }
    Ok(Packet { project: label.project, events, files })
}

fn label(bytes: &[u8]) -> Result<Label, BadPacket> {
    if bytes.is_empty() {
        return Err(BadPacket::Label(format!("it has no {}", names::PACKET)));
    }
    let label: Label =
        serde_json::from_slice(bytes).map_err(|error| BadPacket::Label(error.to_string()))?;
    if label.format != FORMAT || label.version != VERSION {
        let found = format!("{} of version {}", label.format, label.version);
        return Err(BadPacket::Label(format!("{found}, expected {FORMAT} of version {VERSION}")));
    }
    Ok(label)
}

fn event(
    name: &str,
    bytes: Vec<u8>,
    signature: Vec<u8>,
    project: &ProjectId,
) -> Result<(SignedEvent, Event), BadPacket> {
    let bad = |problem: String| BadPacket::Event { name: name.to_owned(), problem };
    let signature = String::from_utf8(signature).map_err(|error| bad(error.to_string()))?;
    let signed = SignedEvent { bytes, signature };
    let event = signed.verify().map_err(|error| match error.is_newer() {
        true => BadPacket::Newer { name: name.to_owned(), problem: error.to_string() },
        false => bad(error.to_string()),
    })?;
    if event.envelope().project != *project {
        return Err(bad("an event of another project".to_owned()));
    }
    if !name.ends_with(&format!("-{}.json", event.id().short())) {
        return Err(bad(format!("its bytes hash to {}", event.id().short())));
    }
    Ok((signed, event))
}
