//! Has the record typeset by `countersign-pdf`, a program of its own: a typesetter takes
//! minutes to compile and megabytes to carry, which the small CLI does without, and what it
//! does with the texts of strangers it does in a process that has neither keys nor ledger.

use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const NAME: &str = "countersign-pdf";
/// A release of hundreds of items takes well under a second.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// More than a bundle may hold.
const MAX_BYTES: u64 = 512 << 20;
const MAX_TOLD: u64 = 4 << 10;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The program that typesets is not there.
    #[error("the program countersign-pdf, which writes PDFs, is not there: {looked}")]
    Missing {
        /// Where it was looked for.
        looked: String,
    },
    /// It could not be started or spoken to.
    #[error("{program}: {source}")]
    Io {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It gave up.
    #[error("{program} failed: {told}")]
    Failed {
        /// The program.
        program: String,
        /// What it said.
        told: String,
    },
    /// It did not end in time, and was ended.
    #[error("{program} did not end within {seconds} s")]
    Slow {
        /// The program.
        program: String,
        /// The time it had.
        seconds: u64,
    },
}

/// Where it is installed: in the folder of the program that runs.
pub(crate) fn beside_this_program() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.with_file_name(NAME))
}

/// `record`, the canonical record.json, as PDF/A-3 by the program at `program`.
///
/// # Errors
/// [`PdfError`] where the program is missing, fails, or takes longer than `limit`.
pub(crate) fn typeset(
    program: Option<&Path>,
    record: Vec<u8>,
    limit: Duration,
) -> Result<Vec<u8>, PdfError> {
    let missing = |looked: String| PdfError::Missing { looked };
    let program = program.ok_or_else(|| missing("where this program lies is not known".into()))?;
    if !program.is_file() {
        return Err(missing(format!("no file {}", program.display())));
    }
    let name = program.display().to_string();
    let io = |source| PdfError::Io { program: name.clone(), source };
    // It needs no variable, and so sees none: COUNTERSIGN_PASSPHRASE is one.
    let mut child = Command::new(program)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(io)?;
    let answers = converse(&mut child, record);
    let until = Instant::now() + limit;
    let answered = answers.recv_timeout(limit).ok();
    let status = ended(&mut child, if answered.is_some() { until } else { Instant::now() });
    let (Some((pdf, told)), Some(status)) = (answered, status.map_err(io)?) else {
        return Err(PdfError::Slow { program: name, seconds: limit.as_secs() });
    };
    if status.success() && pdf.starts_with(b"%PDF-") {
        return Ok(pdf);
    }
    let told = String::from_utf8_lossy(&told).trim().to_owned();
    let told = if told.is_empty() { format!("it ended with {status}") } else { told };
    Err(PdfError::Failed { program: name, told })
}

/// How the program ended by then; none when it had to be ended.
fn ended(child: &mut Child, until: Instant) -> std::io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Writes the record and reads both answers, beside each other: a pipe that nobody empties
/// would hold up the other end.
fn converse(child: &mut Child, record: Vec<u8>) -> mpsc::Receiver<(Vec<u8>, Vec<u8>)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (send, answers) = mpsc::channel();
    std::thread::spawn(move || {
        // A program that ends early says why on its other end.
        let _ = stdin.map(|mut pipe| pipe.write_all(&record));
    });
    std::thread::spawn(move || {
        let told = std::thread::spawn(move || read(stderr, MAX_TOLD));
        let pdf = read(stdout, MAX_BYTES);
        // Nobody waits any more once the time is over.
        let _ = send.send((pdf, told.join().unwrap_or_default()));
    });
    answers
}

fn read(pipe: Option<impl Read>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What was cut short does not pass for a PDF: the program's status tells.
    let _ = pipe.map(|pipe| pipe.take(most).read_to_end(&mut bytes));
    bytes
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn script(folder: &Path, text: &str) -> PathBuf {
        let path = folder.join("stand-in");
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("set");
        path
    }

    #[test]
    fn a_program_that_fails_lies_or_hangs_is_no_pdf() {
        let folder = tempfile::tempdir().expect("a folder");
        let record = || vec![b'x'; 1 << 20];
        let limit = Duration::from_secs(10);
        for (text, told) in [
            ("echo no glyphs >&2; exit 70", "no glyphs"),
            ("exit 3", "exit status: 3"),
            ("exec cat", "it ended with exit status: 0"),
            ("printf %%PDF-1.7; exit 1", "exit status: 1"),
        ] {
            let found = typeset(Some(&script(folder.path(), text)), record(), limit);
            let error = found.expect_err(text);
            assert!(matches!(error, PdfError::Failed { .. }), "{text}: {error}");
            assert!(error.to_string().contains(told), "{text}: {error}");
        }
        for text in ["exec sleep 60", "exec >/dev/null 2>&1 </dev/null; exec sleep 60"] {
            let hangs = script(folder.path(), text);
            let found = typeset(Some(&hangs), record(), Duration::from_millis(200));
            assert!(matches!(found, Err(PdfError::Slow { .. })), "{text}: {found:?}");
        }
        let found = typeset(Some(&folder.path().join("none")), record(), limit);
        assert!(matches!(found, Err(PdfError::Missing { .. })));
        assert!(matches!(typeset(None, record(), limit), Err(PdfError::Missing { .. })));
    }

    #[test]
    fn it_gets_the_record_and_no_variable() {
        let folder = tempfile::tempdir().expect("a folder");
        let good = script(folder.path(), "printf %%PDF-; cat; /usr/bin/env");
        let pdf = typeset(Some(&good), b"a record\n".to_vec(), Duration::from_secs(10));
        let pdf = String::from_utf8(pdf.expect("a PDF")).expect("text");
        assert!(pdf.starts_with("%PDF-a record\n"), "{pdf}");
        assert!(!pdf.contains("HOME=") && !pdf.contains("CARGO"), "{pdf}");
    }
}
