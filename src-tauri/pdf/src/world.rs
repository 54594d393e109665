//! What typst may see: one page description, the record as data, five fonts. No files, no
//! network, no packages, no clock.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use countersign_export::report::legend;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::Fault;
use crate::shown::{shown, text_shown};

const PAGES: &str = include_str!("report.typ");

static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    let files: [&'static [u8]; 5] = [
        include_bytes!("../fonts/Inter-Regular.otf"),
        include_bytes!("../fonts/Inter-SemiBold.otf"),
        include_bytes!("../fonts/DejaVuSans.ttf"),
        include_bytes!("../fonts/DejaVuSansMono.ttf"),
        include_bytes!("../fonts/DroidSansFallback.ttf"),
    ];
    files.into_iter().flat_map(|file| Font::iter(Bytes::new(file))).collect()
});

struct Desk {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    main: Source,
    files: Vec<(FileId, Bytes)>,
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() { Ok(self.main.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let known = self.files.iter().find(|(known, _)| *known == id);
        known.map(|(_, bytes)| bytes.clone()).ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn named(path: &str) -> Result<FileId, Fault> {
    let path = VirtualPath::new(path).map_err(|_| Fault::Typeset(format!("no path {path}")))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

fn has(c: char) -> bool {
    FONTS.iter().any(|font| font.info().coverage.contains(u32::from(c)))
}

/// What the file's own metadata tells of the record.
#[derive(Deserialize)]
struct Told {
    program: String,
    as_of: DateTime<Utc>,
    identity: Identity,
    integrity: Integrity,
}

#[derive(Deserialize)]
struct Identity {
    project_name: String,
    release: String,
    version: String,
}

#[derive(Deserialize)]
struct Integrity {
    heads: Vec<String>,
}

fn desk(record: Vec<u8>, told: &Told) -> Result<Desk, Fault> {
    let mut value: Value = read(&record)?;
    shown(&mut value, &has);
    let id = &told.identity;
    let title = format!("Audit record: {} {}", id.project_name, id.version);
    let title = text_shown(&title, &has).replace('\u{200b}', "");
    let data = json!({ "title": title, "record": value, "legend": legend() }).to_string();
    Ok(Desk {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(FONTS.iter())),
        main: Source::new(named("/report.typ")?, PAGES.to_owned()),
        files: vec![
            (named("/record.json")?, Bytes::new(record)),
            (named("/shown.json")?, Bytes::from_string(data)),
        ],
    })
}

fn read<T: DeserializeOwned>(record: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(record).map_err(|error| Fault::Record(error.to_string()))
}

/// The record as PDF/A-3a with `record.json` attached as the source of what is printed.
/// Letters that no embedded font has, and characters that hide or reorder, are printed as
/// codes such as `⟨U+202E⟩`; a text above 6,000 characters ends with how many were left out.
/// The attached record holds all of it.
///
/// # Errors
/// [`Fault::Record`] for bytes that are no record, [`Fault::Typeset`] when setting fails.
pub(crate) fn typeset(record: Vec<u8>) -> Result<Vec<u8>, Fault> {
    let told: Told = read(&record)?;
    let desk = desk(record, &told)?;
    let document: PagedDocument =
        typst::compile(&desk).output.map_err(|errors| texts(errors.iter()))?;
    let standards = PdfStandards::new(&[PdfStandard::A_3a])
        .map_err(|error| Fault::Typeset(error.message().to_string()))?;
    let options = PdfOptions {
        ident: Smart::Custom(format!(
            "{} {}",
            told.identity.release,
            told.integrity.heads.join(" ")
        )),
        creator: Smart::Custom(Some(told.program)),
        timestamp: timestamp(told.as_of),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(|errors| texts(errors.iter()))
}

/// The record's time, which is that of its last event.
fn timestamp(at: DateTime<Utc>) -> Option<Timestamp> {
    let part = |n: u32| u8::try_from(n).ok();
    let (month, day) = (part(at.month())?, part(at.day())?);
    let (hour, minute, second) = (part(at.hour())?, part(at.minute())?, part(at.second())?);
    let at = Datetime::from_ymd_hms(at.year(), month, day, hour, minute, second)?;
    Some(Timestamp::new_utc(at))
}

fn texts<'a>(errors: impl Iterator<Item = &'a typst::diag::SourceDiagnostic>) -> Fault {
    let all: Vec<_> = errors.map(|error| error.message.to_string()).collect();
    Fault::Typeset(all.join("; "))
}
