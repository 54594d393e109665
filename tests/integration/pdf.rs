//! The PDF that a release leaves as, taken apart by programs that are not ours. veraPDF would
//! be the judge of PDF/A; where it cannot be had, what ISO 19005-3 asks of a file's structure
//! is looked up in the structure that qpdf prints, and a PDF by another writer must miss it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use countersign_tests::{Ran, Signed, path_text, run};
use serde_json::{Map, Value};

const LIMIT: Duration = Duration::from_secs(60);

fn program(name: &str, arguments: &[&str]) -> Result<Ran> {
    run(Command::new(name).args(arguments), LIMIT)
}

/// Every object of a PDF as qpdf prints it.
struct Objects(Map<String, Value>);

impl Objects {
    fn of(pdf: &Path) -> Result<Self> {
        let told = program("qpdf", &["--json=2", "--json-key=qpdf", path_text(pdf)?])?;
        let told: Value = serde_json::from_str(&told.with_code(0)?.stdout)?;
        Ok(Self(told["qpdf"][1].as_object().context("objects")?.clone()))
    }

    /// What a value is, a reference followed, a stream as its dictionary.
    fn whole<'a>(&'a self, value: &'a Value) -> &'a Value {
        let named = value.as_str().filter(|text| text.ends_with(" R"));
        let object = named.and_then(|name| self.0.get(&format!("obj:{name}")));
        object.map_or(value, |object| object.get("value").unwrap_or(&object["stream"]["dict"]))
    }

    fn at<'a>(&'a self, value: &'a Value, path: &[&str]) -> &'a Value {
        path.iter().fold(self.whole(value), |value, name| {
            let inner = name.parse().map_or_else(|_| &value[*name], |index: usize| &value[index]);
            self.whole(inner)
        })
    }

    fn dictionaries(&self) -> impl Iterator<Item = &Value> {
        self.0.values().map(|object| object.get("value").unwrap_or(&object["stream"]["dict"]))
    }

    /// What PDF/A-3 level A asks for and this file does not have.
    fn missing(&self) -> BTreeSet<&'static str> {
        let root = &self.0["trailer"]["value"]["/Root"];
        let catalog = |path: &[&str]| self.at(root, path);
        let intent = catalog(&["/OutputIntents", "0"]);
        let attached = catalog(&["/AF", "0"]);
        let embedded = self.at(attached, &["/EF", "/F"]);
        let fonts: Vec<_> =
            self.dictionaries().filter(|one| one["/Type"] == "/FontDescriptor").collect();
        let embeds = |font: &Value| {
            ["/FontFile", "/FontFile2", "/FontFile3"].iter().any(|name| !font[*name].is_null())
        };
        let acts = ["/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/Movie", "/Sound"];
        let claims = [
            ("tagged (6.7.2)", catalog(&["/MarkInfo", "/Marked"]) == &Value::Bool(true)),
            ("a tree of tags (6.7.3)", catalog(&["/StructTreeRoot"]).is_object()),
            ("a language (6.7.4)", catalog(&["/Lang"]).is_string()),
            ("XMP metadata (6.6.2)", catalog(&["/Metadata"])["/Subtype"] == "/XML"),
            ("an output intent (6.2.3)", intent["/S"] == "/GTS_PDFA1"),
            ("its colour profile (6.2.3)", self.at(intent, &["/DestOutputProfile"]).is_object()),
            ("an associated file (6.8)", attached["/AFRelationship"] == "/Source"),
            (
                "its name twice (6.8)",
                attached["/F"] == "u:record.json" && attached["/UF"] == "u:record.json",
            ),
            ("its kind (6.8)", embedded["/Subtype"] == "/application/json"),
            ("its time (6.8)", self.at(embedded, &["/Params", "/ModDate"]).is_string()),
            ("an identity (6.1.3)", self.0["trailer"]["value"]["/ID"].is_array()),
            ("no encryption (6.1.3)", self.0["trailer"]["value"]["/Encrypt"].is_null()),
            (
                "fonts that are embedded (6.2.11.4)",
                !fonts.is_empty() && fonts.iter().all(|font| embeds(font)),
            ),
            (
                "no action but links (6.5)",
                self.dictionaries()
                    .all(|one| one["/AA"].is_null() && !acts.iter().any(|act| one["/S"] == *act)),
            ),
        ];
        claims.into_iter().filter(|(_, holds)| !holds).map(|(claim, _)| claim).collect()
    }
}

fn export(signed: &Signed) -> Result<std::path::PathBuf> {
    let pdf = signed.export("pdf")?;
    program("qpdf", &["--check", path_text(&pdf)?])?.with_code(0)?;
    Ok(pdf)
}

fn attached(pdf: &Path, out: &Path) -> Result<Vec<u8>> {
    let arguments = ["-save", "1", "-o", path_text(out)?, path_text(pdf)?];
    program("pdfdetach", &arguments)?.with_code(0)?;
    Ok(std::fs::read(out)?)
}

#[test]
fn a_signed_release_leaves_as_pdf_a_with_the_record_that_its_bundle_holds() -> Result<()> {
    let signed = Signed::new()?;
    let pdf = export(&signed)?;
    let folder = signed.folder.path();
    ensure!(Objects::of(&pdf)?.missing().is_empty(), "{:?}", Objects::of(&pdf)?.missing());
    let told = program("pdfinfo", &["-meta", path_text(&pdf)?])?.with_code(0)?.stdout;
    for wanted in ["<pdfaid:part>3</pdfaid:part>", "<pdfaid:conformance>A</pdfaid:conformance>"] {
        ensure!(told.contains(wanted), "{wanted} is not in {told}");
    }

    let bundle = folder.join("bundle.zip");
    signed.by("mia", &["export", "--out", path_text(&bundle)?])?;
    let mut bundle = zip::ZipArchive::new(std::fs::File::open(&bundle)?)?;
    let mut record = Vec::new();
    std::io::Read::read_to_end(&mut bundle.by_name("record.json")?, &mut record)?;
    let detached = folder.join("record.json");
    ensure!(attached(&pdf, &detached)? == record, "the bundle holds another record");

    let text = program("pdftotext", &["-layout", path_text(&pdf)?, "-"])?.with_code(0)?.stdout;
    let record: Value = serde_json::from_slice(&record)?;
    let state = record["identity"]["state"].as_str().context("a digest")?;
    let parts = ["Evidence", "seen.txt", "Every word of every role", "Where is the log?"];
    let more = ["Check runs", "Roster and policy", "Earlier values", "Integrity"];
    let signed =
        ["Security", "DevOps", "Management", "Approved", "Ben Okoro", "There is no", state];
    for wanted in signed.into_iter().chain(parts).chain(more) {
        ensure!(text.contains(wanted), "{wanted} is not in:\n{text}");
    }
    let local = record["signatures"]["required"][0]["signature"]["local_time"].as_str();
    ensure!(text.contains(local.context("a local time")?), "no local time in:\n{text}");
    let heads = record["integrity"]["heads"].as_array().context("heads")?;
    let pages = text.matches('\u{c}').count();
    for head in heads.iter().filter_map(Value::as_str) {
        ensure!(text.matches(head).count() >= pages, "the head stands on each of {pages} pages");
    }

    // A PDF that another program wrote from the same pages is no PDF/A, and is told from one.
    let other = folder.join("other.pdf");
    program("pdftocairo", &["-pdf", path_text(&pdf)?, path_text(&other)?])?.with_code(0)?;
    let missing = Objects::of(&other)?.missing();
    for claim in ["tagged (6.7.2)", "an output intent (6.2.3)", "an associated file (6.8)"] {
        ensure!(missing.contains(claim), "{claim} is not missed in {missing:?}");
    }
    Ok(())
}

#[test]
fn an_attached_record_that_was_exchanged_is_another_than_the_bundles() -> Result<()> {
    let signed = Signed::new()?;
    let pdf = export(&signed)?;
    let folder = signed.folder.path();
    let record = attached(&pdf, &folder.join("record.json"))?;
    let forged = String::from_utf8(record.clone())?.replacen("Mia Sand", "Mia Send", 1);
    let with = folder.join("forged.json");
    std::fs::write(&with, forged)?;
    let changed = folder.join("changed.pdf");
    let add = ["--add-attachment", path_text(&with)?, "--replace", "--key=record.json", "--"];
    let files = [path_text(&pdf)?, path_text(&changed)?];
    program("qpdf", &[&files[..1], &add[..], &files[1..]].concat())?.with_code(0)?;
    ensure!(attached(&changed, &folder.join("held.json"))? != record, "the exchange is not seen");
    Ok(())
}

#[test]
fn a_command_line_without_the_typesetter_beside_it_says_so() -> Result<()> {
    let signed = Signed::new()?;
    let folder = signed.folder.path();
    let alone = folder.join("countersign");
    std::fs::copy(signed.cli.program(), &alone)?;
    let out = folder.join("record.pdf");
    let mut export = signed.cli.command(&["export", "--format", "pdf", "--out", path_text(&out)?]);
    let mut lone = Command::new(&alone);
    lone.args(export.get_args()).env_clear();
    lone.envs(export.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = run(&mut lone, LIMIT)?.with_code(74)?;
    for told in ["countersign-pdf", path_text(folder)?, ".deb"] {
        ensure!(ran.stderr.contains(told), "{told} is not in {}", ran.stderr);
    }
    ensure!(!out.exists(), "something was written");
    run(&mut export, LIMIT)?.with_code(0)?;
    Ok(())
}
