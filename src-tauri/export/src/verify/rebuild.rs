//! Everything that is not signed is made again from what is, and compared byte for byte.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign_domain::fold::{Fold, Templates};
use countersign_domain::id::Digest;
use countersign_domain::template::Loaded;

use super::claimed::Claimed;
use super::{Report, difference};
use crate::archive::Members;
use crate::bundle::{BundleInput, beside_events};
use crate::names;
use crate::record::{AuditRecord, RECORD_FORMAT, Source};

pub(super) fn claims(report: &mut Report, members: &Members) -> Option<Claimed> {
    let read = || -> Result<Claimed, String> {
        let bytes = members.get(names::RECORD).ok_or("record.json is missing")?;
        let claimed =
            Claimed::read(bytes).map_err(|error| format!("record.json cannot be read: {error}"))?;
        if claimed.format != RECORD_FORMAT {
            return Err(format!(
                "record.json has format {}, this program reads format {RECORD_FORMAT}: verify it \
                 with the program that made it ({})",
                claimed.format,
                claimed.program.chars().take(64).collect::<String>()
            ));
        }
        Ok(claimed)
    };
    match read() {
        Ok(claims) => Some(claims),
        Err(problem) => {
            report.step("record format", vec![problem], String::new());
            None
        }
    }
}

/// Builds the bundle again from a fold of so many events; gives the record as they make it.
pub(super) fn check(
    report: &mut Report,
    members: &Members,
    (fold, count): (Fold, usize),
    checklists: Checklists,
    claims: &Claimed,
) -> Option<AuditRecord> {
    let Checklists { texts, report: told, .. } = checklists;
    report.append(told);
    let evidence = evidence(report, members);
    let input = BundleInput {
        fold: &fold,
        release: &claims.release,
        // Name, place, bytes and spelling of every event and signature were checked.
        signed: &[],
        template_texts: &texts,
        evidence: &evidence,
        program: &claims.program,
    };
    let source = Source { fold: &fold, release: &claims.release, program: &claims.program };
    let built = AuditRecord::build(&source)
        .and_then(|record| Ok((beside_events(&input, &record)?, record)));
    match built {
        Ok((expected, record)) => {
            // A long trail takes its time to be let go of, too.
            let ((), ()) =
                rayon::join(move || drop(fold), || compare(report, members, &expected, count));
            Some(record)
        }
        Err(error) => {
            report.step("record and reports", vec![error.to_string()], String::new());
            None
        }
    }
}

/// `events` stand in the bundle each with its signature, and nothing else among them.
fn compare(report: &mut Report, members: &Members, expected: &Members, events: usize) {
    let mut problems = Vec::new();
    for (name, bytes) in expected {
        match members.get(name) {
            None => problems.push(format!("{name} is missing")),
            Some(found) if found != bytes => {
                problems.push(format!("{name}: {}", difference::first(name, found, bytes)));
            }
            Some(_) => {}
        }
    }
    let known = |name: &str| name == names::SUMS || name.starts_with(names::EVENTS);
    for name in members.keys().filter(|name| !known(name) && !expected.contains_key(*name)) {
        problems.push(format!("{name}: nothing in the events calls for it"));
    }
    let built = expected.len() + 2 * events;
    let told = format!("{built} members built again from the events, all the same");
    report.step("record and reports", problems, told);
}

/// The text of the member's name after `folder`, when its bytes hash to it.
fn named<'a>(name: &'a str, folder: &str, end: &str, bytes: &[u8]) -> Result<Digest, String> {
    let sum = Digest::of(bytes);
    let stated: Option<&'a str> = name.strip_prefix(folder).and_then(|rest| rest.strip_suffix(end));
    if stated == Some(sum.as_str()) {
        Ok(sum)
    } else {
        Err(format!("{name}: its bytes hash to {sum}"))
    }
}

/// The checklists of a bundle, and what is to be told about them.
pub(super) struct Checklists {
    pub(super) templates: Templates,
    texts: BTreeMap<Digest, String>,
    report: Report,
}

pub(super) fn checklists(members: &Members) -> Checklists {
    let (mut templates, mut texts) = (Templates::new(), BTreeMap::new());
    let mut report = Report::default();
    let mut problems = Vec::new();
    let folder = names::TEMPLATES;
    for (name, bytes) in members.range(folder.to_owned()..) {
        if !name.starts_with(folder) {
            break;
        }
        let read = || -> Result<Loaded, String> {
            named(name, folder, ".toml", bytes)?;
            let text = std::str::from_utf8(bytes).map_err(|_| format!("{name}: not UTF-8"))?;
            Loaded::parse(text).map_err(|error| format!("{name}: {error}"))
        };
        match read() {
            Ok(loaded) => {
                templates.insert(loaded.digest.clone(), Arc::new(loaded.template));
                texts.insert(loaded.digest, loaded.text);
            }
            Err(problem) => problems.push(problem),
        }
    }
    report.step("checklists", problems, format!("{} checklist(s) match their names", texts.len()));
    Checklists { templates, texts, report }
}

fn evidence(report: &mut Report, members: &Members) -> BTreeMap<Digest, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut problems = Vec::new();
    let folder = names::EVIDENCE;
    for (name, bytes) in members.iter().filter(|(name, _)| name.starts_with(folder)) {
        match named(name, folder, "", bytes) {
            Ok(digest) => {
                files.insert(digest, bytes.clone());
            }
            Err(problem) => problems.push(problem),
        }
    }
    report.step("evidence", problems, format!("{} file(s) match their names", files.len()));
    files
}
