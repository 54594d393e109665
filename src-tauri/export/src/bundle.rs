//! The bundle: everything that a reader needs to believe a release, or not to, in one file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use ssh_key::{LineEnding, SshSig};

use countersign_domain::event::{Body, SignedEvent};
use countersign_domain::fold::Fold;
use countersign_domain::id::{Digest, ReleaseId};

use crate::archive::{self, MAX_MEMBER_BYTES, MAX_MEMBERS, MAX_TOTAL_BYTES, Members};
use crate::error::ExportError;
use crate::formats;
use crate::names;
use crate::recipe::recipe;
use crate::record::{AuditRecord, Source};
use crate::report;
use crate::signers::allowed_signers;

/// What a bundle is made of.
#[derive(Debug, Clone, Copy)]
pub struct BundleInput<'a> {
    /// Every event of the project, folded.
    pub fold: &'a Fold,
    /// The release.
    pub release: &'a ReleaseId,
    /// Every event of the project as it was signed, in the fold's order.
    pub signed: &'a [SignedEvent],
    /// The texts of [`required_templates`]; others are left out.
    pub template_texts: &'a BTreeMap<Digest, String>,
    /// The files of [`required_evidence`]; others are left out.
    pub evidence: &'a BTreeMap<Digest, Vec<u8>>,
    /// Name and version of the program that exports: `countersign 0.1.0`.
    pub program: &'a str,
}

/// The templates that a bundle holds: each that some release of the project pins, since
/// the verifier folds the whole ledger.
#[must_use]
pub fn required_templates(fold: &Fold) -> BTreeSet<Digest> {
    fold.trail()
        .iter()
        .filter(|entry| entry.refused.is_none())
        .filter_map(|entry| match &entry.event.envelope().body {
            Body::ReleaseOpened { template, .. } => Some(template.clone()),
            _ => None,
        })
        .collect()
}

/// The files that a bundle holds: each that an item of the release refers to.
#[must_use]
pub fn required_evidence(fold: &Fold, release: &ReleaseId) -> BTreeSet<Digest> {
    let known = fold.project().and_then(|project| project.releases.get(release));
    known
        .into_iter()
        .flat_map(|release| release.items.values())
        .flat_map(|item| item.evidence.iter().map(|(_, file)| file.sha256.clone()))
        .collect()
}

/// The bundle as a zip archive. The same input gives the same bytes.
///
/// # Errors
/// [`ExportError`] when events, templates or evidence are missing or do not fit together,
/// and when the bundle would be larger than a verifier accepts.
pub fn write(input: &BundleInput<'_>) -> Result<Vec<u8>, ExportError> {
    let (_, mut members) = build(input)?;
    members.insert(names::SUMS.to_owned(), sums(&members).into_bytes());
    check_size(&members)?;
    archive::write(&members).map_err(ExportError::Archive)
}

/// The record, and every member but the list of sums.
pub(crate) fn build(input: &BundleInput<'_>) -> Result<(AuditRecord, Members), ExportError> {
    let source = Source { fold: input.fold, release: input.release, program: input.program };
    let record = AuditRecord::build(&source)?;
    let mut members = Members::new();
    put_events(&mut members, input)?;
    members.extend(beside_events(input, &record)?);
    Ok((record, members))
}

/// Every member but the events and the list of sums.
pub(crate) fn beside_events(
    input: &BundleInput<'_>,
    record: &AuditRecord,
) -> Result<Members, ExportError> {
    let mut members = Members::new();
    put_templates(&mut members, input)?;
    put_evidence(&mut members, input, record)?;
    let release = input.fold.project().and_then(|project| project.releases.get(input.release));
    let release = release.ok_or_else(|| ExportError::UnknownRelease(input.release.clone()))?;
    // The long ones at the same time; the pages are short.
    let whole = || rayon::join(|| record.to_json(), || formats::hdf(record));
    let ((json, hdf), (oscal, pages)) = rayon::join(whole, || {
        rayon::join(
            || formats::oscal(record),
            || {
                [
                    (names::REPORT_HTML, report::report_html(record)),
                    (names::REPORT_MD, report::report_md(record)),
                    (names::ITEMS_CSV, report::items_csv(record)),
                    (names::CHECKLIST, report::checklist(record, &release.template)),
                    (names::SIGNERS, allowed_signers(input.fold)),
                    (names::RECIPE, recipe(record)),
                ]
            },
        )
    });
    for (name, bytes) in [(names::RECORD, json), (names::OSCAL, oscal), (names::HDF, hdf)] {
        members.insert(name.to_owned(), bytes?);
    }
    members.extend(pages.map(|(name, text)| (name.to_owned(), text.into_bytes())));
    Ok(members)
}

/// The list that `sha256sum -c` reads.
pub(crate) fn sums(members: &Members) -> String {
    let listed: Vec<_> = members.iter().filter(|(name, _)| *name != names::SUMS).collect();
    let line = |(name, bytes): &(&String, &Vec<u8>)| format!("{}  {name}\n", Digest::of(bytes));
    listed.par_iter().map(line).collect()
}

/// The one spelling of an armored signature. Two spellings of one signature would be two
/// bundles of the same events.
pub(crate) fn armor(signature: &str) -> Option<String> {
    SshSig::from_pem(signature).ok()?.to_pem(LineEnding::LF).ok()
}

fn put_events(members: &mut Members, input: &BundleInput<'_>) -> Result<(), ExportError> {
    let trail = input.fold.trail();
    if !is_repeatable(input.fold) {
        return Err(ExportError::Order);
    }
    if trail.len() != input.signed.len() {
        return Err(ExportError::OtherEvents { sequence: trail.len().min(input.signed.len()) + 1 });
    }
    for ((entry, signed), sequence) in trail.iter().zip(input.signed).zip(1..) {
        let at = || usize::try_from(sequence).unwrap_or(usize::MAX);
        if signed.id() != *entry.event.id() {
            return Err(ExportError::OtherEvents { sequence: at() });
        }
        let armor =
            armor(&signed.signature).ok_or_else(|| ExportError::Signature { sequence: at() })?;
        members.insert(names::event(sequence, entry.event.id()), signed.bytes.clone());
        members.insert(names::signature(sequence, entry.event.id()), armor.into_bytes());
    }
    Ok(())
}

/// Whether folding the same events anew takes and refuses the same: a fold that was fed in
/// another order, or learned a template too late, is not what a verifier will see.
fn is_repeatable(fold: &Fold) -> bool {
    let trail = fold.trail();
    let releases = fold.project().into_iter().flat_map(|project| project.releases.values());
    let templates = releases
        .map(|release| (release.template_digest.clone(), Arc::clone(&release.template)))
        .collect();
    let again =
        Fold::of_shared(templates, trail.iter().map(|entry| Arc::clone(&entry.event)).collect());
    again.trail() == trail
}

fn put_templates(members: &mut Members, input: &BundleInput<'_>) -> Result<(), ExportError> {
    for digest in required_templates(input.fold) {
        let text = input
            .template_texts
            .get(&digest)
            .filter(|text| Digest::of(text.as_bytes()) == digest)
            .ok_or_else(|| ExportError::Template(digest.clone()))?;
        members.insert(names::template(&digest), text.clone().into_bytes());
    }
    Ok(())
}

fn put_evidence(
    members: &mut Members,
    input: &BundleInput<'_>,
    record: &AuditRecord,
) -> Result<(), ExportError> {
    for one in record.evidence() {
        let digest = &one.file.sha256;
        let bytes =
            input.evidence.get(digest).filter(|bytes| Digest::of(bytes) == *digest).ok_or_else(
                || ExportError::Evidence { name: one.file.name.clone(), sha256: digest.clone() },
            )?;
        members.insert(names::evidence(digest), bytes.clone());
    }
    Ok(())
}

fn check_size(members: &Members) -> Result<(), ExportError> {
    let too_large =
        |what: String, most: &str| ExportError::TooLarge { what, most: most.to_owned() };
    if members.len() > MAX_MEMBERS {
        return Err(too_large(format!("{} files", members.len()), &MAX_MEMBERS.to_string()));
    }
    let mut total = 0;
    for (name, bytes) in members {
        let size = bytes.len() as u64;
        total += size;
        if size > MAX_MEMBER_BYTES {
            return Err(too_large(format!("{name} with {size} bytes"), "64 MiB"));
        }
    }
    if total > MAX_TOTAL_BYTES { Err(too_large(format!("{total} bytes"), "1 GiB")) } else { Ok(()) }
}
