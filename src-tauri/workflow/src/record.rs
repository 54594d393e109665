//! The audit record: out of the ledger as one file, and checked again offline.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use countersign_domain::event::SignedEvent;
use countersign_domain::id::{Digest, EventId, ProjectId, ReleaseId};
use countersign_export::{
    BundleInput, ExportError, MAX_TOTAL_BYTES, Requirements, Verdict, required_evidence,
    required_templates,
};
use tempfile::NamedTempFile;

use crate::error::{Failure, file};
use crate::home::Home;
use crate::query;
use crate::view::{BundleView, StepView, VerifyView};

/// Name and version of the program, as the record states it.
pub(crate) const PROGRAM: &str = concat!("countersign ", env!("CARGO_PKG_VERSION"));

impl Home {
    /// Writes the record of a release as one file: `out`, or a name of its own below the
    /// home's `exports/`. The same ledger gives the same bytes.
    ///
    /// # Errors
    /// [`Failure::Export`] when something that the record needs is missing;
    /// [`Failure::File`] when it cannot be written.
    pub fn export_bundle(
        &self,
        project: &ProjectId,
        release: &ReleaseId,
        out: Option<&Path>,
    ) -> Result<BundleView, Failure> {
        let stored: HashMap<EventId, SignedEvent> =
            self.ledger.events(project)?.into_iter().map(|event| (event.id(), event)).collect();
        let (bytes, heads, name) = self.read(project, |fold| {
            let (known, found) = query::find(fold, release)?;
            let signed: Vec<SignedEvent> = fold
                .trail()
                .iter()
                .filter_map(|entry| stored.get(entry.event.id()).cloned())
                .collect();
            let input = BundleInput {
                fold,
                release,
                signed: &signed,
                template_texts: &self.template_texts(fold)?,
                evidence: &self.evidence(fold, release)?,
                program: PROGRAM,
            };
            let heads = fold.heads().iter().map(ToString::to_string).collect();
            let name = format!("{}-{}.zip", slug(&known.name), slug(&found.version));
            Ok((countersign_export::write(&input)?, heads, name))
        })?;
        self.write_export(&bytes, heads, &name, out)
    }

    /// Writes an export: to `out`, or below the home's `exports/` under `name`.
    pub(crate) fn write_export(
        &self,
        bytes: &[u8],
        heads: Vec<String>,
        name: &str,
        out: Option<&Path>,
    ) -> Result<BundleView, Failure> {
        let path = out.map_or_else(|| self.path().join("exports").join(name), Path::to_owned);
        write_whole(&path, bytes)?;
        Ok(BundleView {
            path: path.display().to_string(),
            sha256: Digest::of(bytes).to_string(),
            size: bytes.len() as u64,
            heads,
        })
    }

    fn template_texts(
        &self,
        fold: &countersign_domain::fold::Fold,
    ) -> Result<BTreeMap<Digest, String>, Failure> {
        let mut texts = BTreeMap::new();
        for digest in required_templates(fold) {
            let bytes = self.ledger.blob(&digest)?;
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            texts.insert(digest.clone(), text.ok_or(ExportError::Template(digest))?);
        }
        Ok(texts)
    }

    fn evidence(
        &self,
        fold: &countersign_domain::fold::Fold,
        release: &ReleaseId,
    ) -> Result<BTreeMap<Digest, Vec<u8>>, Failure> {
        let mut files = BTreeMap::new();
        for digest in required_evidence(fold, release) {
            if let Some(bytes) = self.ledger.blob(&digest)? {
                files.insert(digest, bytes);
            }
        }
        Ok(files)
    }
}

/// Checks a bundle offline.
///
/// # Errors
/// [`Failure::File`] when it cannot be read.
pub fn verify_file(path: &Path, requirements: &Requirements) -> Result<VerifyView, Failure> {
    let bytes = read_bounded(path)?;
    let found = countersign_export::verify(&bytes, requirements);
    let (verdict, unmet) = match found.verdict {
        Verdict::Good => ("good", Vec::new()),
        Verdict::Unmet(unmet) => ("unmet", unmet),
        Verdict::Broken(_) => ("broken", Vec::new()),
    };
    Ok(VerifyView {
        verdict: verdict.to_owned(),
        summary: found.summary,
        steps: found
            .steps
            .into_iter()
            .map(|step| StepView {
                name: step.name.to_owned(),
                good: step.good,
                detail: step.detail,
            })
            .collect(),
        unmet,
        version: found.contents.as_ref().map(|contents| contents.version.clone()),
        signed: found
            .contents
            .map(|contents| contents.signed.iter().map(|one| one.role.code().to_owned()).collect())
            .unwrap_or_default(),
    })
}

/// The bytes of an archive. One that is larger than any of ours is cut, and then fails as an
/// archive.
pub(crate) fn read_bounded(path: &Path) -> Result<Vec<u8>, Failure> {
    let opened = std::fs::File::open(path).map_err(|error| file(path, error))?;
    let mut bytes = Vec::new();
    opened
        .take(MAX_TOTAL_BYTES.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| file(path, error))?;
    Ok(bytes)
}

/// Writes all or nothing: a reader never sees half a file.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let wrap = |error| file(path, error);
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    std::fs::create_dir_all(&folder).map_err(wrap)?;
    let mut temporary = NamedTempFile::new_in(&folder).map_err(wrap)?;
    std::io::Write::write_all(&mut temporary, bytes).map_err(wrap)?;
    temporary.as_file().sync_all().map_err(wrap)?;
    temporary.persist(path).map_err(|error| file(path, error.error))?;
    Ok(())
}

pub(crate) fn slug(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let mut slug: String = text.to_lowercase().chars().map(plain).collect();
    while slug.contains("--") {
        slug = slug.replace("--", "-");
    }
    let slug = slug.trim_matches(['-', '.']);
    if slug.is_empty() { "release".to_owned() } else { slug.chars().take(60).collect() }
}
