//! `countersign attest`: a person's word on an item, beside the machine's, with files that
//! show it.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use clap::Args;
use countersign_workflow::view::{AttachEvidence, Attest as Request, ItemDetail, TickCode};

use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;
use crate::words;

/// What is said of which item.
#[derive(Debug, Args)]
pub(crate) struct Attest {
    /// The item
    item: String,
    #[command(flatten)]
    word: Word,
    /// What you saw
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
    /// A file that shows it; may be given several times
    #[arg(long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// When what the files show was seen [default: now]
    #[arg(long, value_name = "TIME", requires = "files")]
    observed_at: Option<String>,
}

/// At most one of three.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Word {
    /// Done, and seen to be
    #[arg(long)]
    done: bool,
    /// Not done, or a tick taken back
    #[arg(long)]
    not_done: bool,
    /// Does not apply to this deployment; the note says why
    #[arg(long)]
    not_applicable: bool,
}

impl Word {
    fn tick(&self) -> Option<TickCode> {
        match (self.done, self.not_done, self.not_applicable) {
            (true, ..) => Some(TickCode::Done),
            (_, true, _) => Some(TickCode::NotDone),
            (.., true) => Some(TickCode::NotApplicable),
            _ => None,
        }
    }
}

pub(crate) fn run(session: &Session, attest: Attest, out: &mut Output) -> Result<Exit, Fault> {
    let tick = match (attest.word.tick(), attest.files.is_empty()) {
        (None, true) => {
            let hint = "Say --done, --not-done or --not-applicable, or attach a --file";
            return Err(Fault::usage("there is nothing to record", hint));
        }
        (None, false) if !attest.note.is_empty() => {
            let hint = "Say --done, --not-done or --not-applicable, too";
            return Err(Fault::usage("a note belongs to a tick", hint));
        }
        (tick, _) => tick,
    };
    // Read before anything is recorded, so that a missing file leaves nothing half done.
    let files: Vec<_> = attest.files.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    let home = session.home()?;
    let (project, release) = session.release()?;
    let (project, release) = (project.to_string(), release.to_string());
    let key = session.unlock()?;
    let mut detail = None;
    for (name, media_type, content) in files {
        let request = AttachEvidence {
            project: project.clone(),
            release: release.clone(),
            item: attest.item.clone(),
            name,
            media_type: media_type.to_owned(),
            content,
            observed_at: attest.observed_at.clone(),
        };
        detail = Some(home.attach(&key, &request)?);
    }
    if let Some(tick) = tick {
        let (item, note) = (attest.item, attest.note);
        detail = Some(home.attest(&key, &Request { project, release, item, tick, note })?);
    }
    let detail = detail.ok_or_else(|| Fault::ours("nothing was recorded, nothing refused"))?;
    out.show(&detail, print)?;
    Ok(Exit::GOOD)
}

/// Name, media type and bytes as base64.
fn read(path: &Path) -> Result<(String, &'static str, String), Fault> {
    let bytes = std::fs::read(path).map_err(|error| Fault::file(path, error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let content = base64::engine::general_purpose::STANDARD.encode(bytes);
    let media_type = media_type(&name);
    Ok((name, media_type, content))
}

/// By the end of the name (IANA media types); a wrong guess does no harm, since nothing is
/// run or shown by it.
fn media_type(name: &str) -> &'static str {
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    match end.as_deref() {
        Some("txt" | "log" | "conf" | "md") => "text/plain",
        Some("csv") => "text/csv",
        Some("htm" | "html") => "text/html",
        Some("json") => "application/json",
        Some("pdf") => "application/pdf",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    }
}

fn print(out: &mut Output, detail: &ItemDetail) {
    let row = &detail.row;
    let mut state = words::item(row.state);
    state.1.push_str("  ");
    out.line(&[state, strong(&row.title), faint(format!("  [{}]", row.id))]);
    if !row.missing.is_empty() {
        out.say(format!("  {}", row.missing));
    }
    for file in &detail.evidence {
        out.line(&[plain(format!("  {}", file.name)), faint(format!("  sha256:{}", file.sha256))]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_gives_its_media_type() {
        for (name, expected) in [
            ("scan.PDF", "application/pdf"),
            ("notes.txt", "text/plain"),
            ("no-end", "application/octet-stream"),
            ("archive.tar.xz", "application/octet-stream"),
        ] {
            assert_eq!(media_type(name), expected, "{name}");
        }
    }
}
