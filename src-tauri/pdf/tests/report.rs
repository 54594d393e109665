//! The PDF as programs that are not ours read it: poppler tells its kind, takes out the
//! record byte for byte, and finds every signature block and every hostile text as text.
//! The story is that of the export's own tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../export/tests/bundle/founding.rs"]
mod founding;
#[allow(dead_code)]
#[path = "../../export/tests/bundle/packing.rs"]
mod packing;
#[allow(dead_code, unused_imports)]
#[path = "../../export/tests/bundle/support.rs"]
mod support;
#[allow(dead_code)]
#[path = "../../export/tests/bundle/urgent.rs"]
mod urgent;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use countersign_export::{AuditRecord, Source};

const HOSTILE: &str = "#import \"/etc/passwd\" $x$ *b* ] }) \u{202e}evil \u{1b}[31m 张伟 क";

fn record() -> AuditRecord {
    record_of(support::journey())
}

fn record_of(story: &support::Story) -> AuditRecord {
    let input = story.input();
    let source = Source { fold: input.fold, release: input.release, program: input.program };
    AuditRecord::build(&source).expect("a record")
}

fn ran(input: Vec<u8>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-pdf"));
    let piped = command.args(arguments).stdin(Stdio::piped());
    let mut child = piped.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let mut stdin = child.stdin.take().expect("a pipe");
    let writes = std::thread::spawn(move || stdin.write_all(&input));
    let ran = child.wait_with_output().expect("it ends");
    // It may end before it has read everything.
    let _ = writes.join().expect("a thread");
    ran
}

fn report_pdf(record: &AuditRecord) -> Vec<u8> {
    let ran = ran(record.to_json().expect("JSON"), &[]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}

fn run(program: &str, arguments: &[&str], pdf: &Path) -> (bool, String) {
    let mut command = Command::new(program);
    let ran = command.args(arguments).arg(pdf).output().expect("poppler-utils is installed");
    (ran.status.success(), String::from_utf8_lossy(&ran.stdout).into_owned())
}

fn text(pdf: &Path) -> String {
    let ran = Command::new("pdftotext").arg("-layout").arg(pdf).arg("-").output();
    String::from_utf8_lossy(&ran.expect("poppler-utils is installed").stdout).into_owned()
}

fn detached(pdf: &Path, folder: &Path) -> Vec<u8> {
    let out = folder.join("record.json");
    let mut command = Command::new("pdfdetach");
    let ran = command.args(["-save", "1", "-o"]).arg(&out).arg(pdf).status();
    assert!(ran.expect("poppler-utils is installed").success());
    std::fs::read(&out).expect("record.json")
}

#[test]
fn the_same_record_gives_the_same_bytes_and_others_read_them() {
    let record = record();
    let pdf = report_pdf(&record);
    assert_eq!(pdf, report_pdf(&record), "the same record, the same bytes");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.pdf");
    std::fs::write(&path, &pdf).expect("written");

    let (good, told) = run("pdfinfo", &["-meta"], &path);
    assert!(good && told.contains("<pdfaid:part>3</pdfaid:part>"), "{told}");
    assert!(told.contains("<pdfaid:conformance>A</pdfaid:conformance>"), "{told}");
    let raw = String::from_utf8_lossy(&pdf);
    assert!(raw.contains("/AFRelationship/Source") || raw.contains("/AFRelationship /Source"));

    let whole = record.to_json().expect("JSON");
    assert_eq!(detached(&path, folder.path()), whole, "the attached record is the record");

    let text = text(&path);
    for block in &record.signatures.required {
        let signature = block.signature.as_ref().expect("everybody signed");
        for wanted in [signature.signer.name.as_str(), signature.state.as_str()] {
            assert!(text.contains(wanted), "{wanted} is not in:\n{text}");
        }
        let print = signature.signer.fingerprint.as_str();
        assert!(text.contains(print), "{print}");
    }
    let head = record.integrity.heads.first().expect("a head").as_str();
    let pages = text.matches('\u{c}').count();
    assert!(pages > 2 && text.matches(head).count() >= pages, "the head stands on each page");

    let mut other = record.clone();
    other.identity.subject.reason.push('!');
    let changed = report_pdf(&other);
    std::fs::write(&path, changed).expect("written");
    assert_ne!(detached(&path, folder.path()), whole, "another record is told from this one");
}

#[test]
fn hostile_text_appears_as_text() {
    let mut record = record();
    record.identity.subject.reason = HOSTILE.to_owned();
    record.identity.subject.ticket = "A".repeat(1_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.pdf");
    std::fs::write(&path, report_pdf(&record)).expect("written");
    let text = text(&path);
    for wanted in [
        "#import \"/etc/passwd\" $x$ *b* ] })",
        "⟨U+202E⟩",
        "⟨U+001B⟩",
        "张伟",
        "⟨U+0915⟩",
        "⟨994000",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in:\n{}", &text[..4_000.min(text.len())]);
    }
    assert!(!text.contains('\u{202e}'));
}

#[test]
fn an_emergency_is_told_with_what_it_owes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.pdf");
    let told = |story: &support::Story| {
        std::fs::write(&path, report_pdf(&record_of(story))).expect("written");
        text(&path).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let declared = told(&urgent::declared());
    assert!(declared.contains("by Devon Ops: The <b>queue</b> is stuck"), "{declared}");
    assert!(!declared.contains("still owed"), "nothing is owed before the deployment");
    let reviewed = told(&urgent::reviewed());
    for wanted in [
        "without Security, DevOps, Management, due ",
        "by Max Manager, late It could have waited",
        "still owed: DevOps",
        "2 of DevOps",
        "20 hours",
    ] {
        assert!(reviewed.contains(wanted), "{wanted} is not in:\n{reviewed}");
    }
}

#[test]
fn what_is_no_record_is_told_and_nothing_is_written() {
    let cut = record().to_json().expect("JSON");
    for (input, arguments, code, told) in [
        (Vec::new(), &[][..], 65, "no record.json"),
        (b"{}".to_vec(), &[][..], 65, "missing field"),
        (cut[..cut.len() / 2].to_vec(), &[][..], 65, "EOF"),
        (Vec::new(), &["record.json"][..], 64, "usage"),
    ] {
        let ran = ran(input, arguments);
        assert_eq!(ran.status.code(), Some(code));
        let error = String::from_utf8_lossy(&ran.stderr);
        assert!(error.contains(told), "{error}");
        assert!(ran.stdout.is_empty());
    }
}
