//! Looks for secret values in what a program left behind: as they are, in halves, and in
//! every form that a text, a log or a format may give them; in files as they lie, in the
//! members of archives and in the rows of databases.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use aho_corasick::AhoCorasick;
use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// A shorter value, or part of one, would be found where nobody has put it.
const SHORTEST: usize = 8;

/// Secret values that should be nowhere.
#[derive(Debug)]
pub struct Canaries {
    finder: AhoCorasick,
    /// Name and form, one for each pattern.
    told: Vec<String>,
}

impl Canaries {
    /// Names and values.
    ///
    /// # Errors
    /// When a value is too short to be told from any other text.
    pub fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let mut patterns = BTreeMap::new();
        for (name, value) in secrets {
            ensure!(value.len() >= SHORTEST, "{name} is too short to be looked for");
            for (form, text) in forms(value) {
                patterns.entry(text).or_insert_with(|| format!("{name} {form}"));
            }
        }
        let finder = AhoCorasick::builder().build(patterns.keys())?;
        Ok(Self { finder, told: patterns.into_values().collect() })
    }

    /// Each name that is found, with its form.
    #[must_use]
    pub fn within(&self, bytes: &[u8]) -> BTreeSet<&str> {
        // Markdown and shells put a backslash before any sign, each before those of its own.
        let bare: Vec<_> = bytes.iter().copied().filter(|byte| *byte != b'\\').collect();
        let bare = (bare.len() < bytes.len()).then_some(bare);
        let texts = [Some(bytes), bare.as_deref()].into_iter().flatten();
        texts
            .flat_map(|text| self.finder.find_overlapping_iter(text))
            .map(|at| self.told[at.pattern().as_usize()].as_str())
            .collect()
    }

    /// What is found in the files of a folder, as `FILE: NAME FORM`. Of a database, its rows
    /// are read too, because a long value lies on several pages; of an archive, its members.
    ///
    /// # Errors
    /// When something can't be read: what was not looked at proves nothing.
    pub fn below(&self, folder: &Path) -> Result<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                found.extend(self.below(&path)?);
                continue;
            }
            // A socket or a link to nowhere holds nothing.
            if !path.is_file() {
                continue;
            }
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let mut add = |place: &str, bytes: &[u8]| {
                let told = self.within(bytes).into_iter();
                found.extend(told.map(|told| format!("{name}{place}: {told}")));
            };
            add("", &bytes);
            if bytes.starts_with(b"SQLite format 3\0") {
                rows(&path, |table, cell| add(&format!(" table {table}"), cell))?;
            }
            if bytes.starts_with(b"PK") {
                members(bytes, |member, bytes| add(&format!(" member {member}"), bytes))?;
            }
        }
        Ok(found)
    }
}

/// Every cell of every table.
fn rows(path: &Path, mut each: impl FnMut(&str, &[u8])) -> Result<()> {
    let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for table in tables {
        let mut all = database.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let columns = all.column_count();
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = row.get_ref(column)? {
                    each(&table, bytes);
                }
            }
        }
    }
    Ok(())
}

/// Every member of a zip file, unpacked.
fn members(archive: Vec<u8>, mut each: impl FnMut(&str, &[u8])) -> Result<()> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive))?;
    for at in 0..archive.len() {
        let mut member = archive.by_index(at)?;
        let (name, mut bytes) = (member.name().to_owned(), Vec::new());
        member.read_to_end(&mut bytes)?;
        each(&name, &bytes);
    }
    Ok(())
}

/// The forms in which a value may be written, each with what it is called.
fn forms(value: &str) -> Vec<(&'static str, String)> {
    let bytes = value.as_bytes();
    let middle = (0..=value.len() / 2).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
    let (first, second) = value.split_at(middle);
    let percent = |kept: &str, hex: fn(u8) -> String| -> String {
        let one = |b: &u8| {
            let plain = b.is_ascii_alphanumeric() || kept.contains(char::from(*b));
            if plain { char::from(*b).to_string() } else { format!("%{}", hex(*b)) }
        };
        bytes.iter().map(one).collect()
    };
    let upper = |b: u8| format!("{b:02X}");
    let json = serde_json::Value::from(value).to_string();
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut all = vec![
        ("as it is", value.to_owned()),
        ("without backslashes", value.replace('\\', "")),
        ("in hex", hex::encode(bytes)),
        ("in hex", hex::encode_upper(bytes)),
        ("url-encoded", percent("-._~", upper)),
        ("url-encoded", percent("-._~", |b| format!("{b:02x}"))),
        ("url-encoded", percent("-._~/:@!$&'()*+,;=", upper)),
        ("url-encoded", percent("-._*", upper).replace("%20", "+")),
        ("as JSON", json[1..json.len() - 1].to_owned()),
        ("as JSON in JSON", json[1..json.len() - 1].replace('\\', "\\\\").replace('"', "\\\"")),
        ("as HTML", html.replace('"', "&quot;").replace('\'', "&#39;")),
        ("as HTML", html.replace('"', "&quot;").replace('\'', "&#x27;")),
        ("as XML", html.replace('"', "&quot;").replace('\'', "&apos;")),
        ("as HTML", html),
        ("quoted for a shell", value.replace('\'', "'\\''")),
        ("in capitals", value.to_uppercase()),
        ("backwards", value.chars().rev().collect()),
    ];
    for half in [first, second].into_iter().filter(|half| half.len() >= SHORTEST) {
        all.push(("in half", half.to_owned()));
    }
    for before in 0..3 {
        all.extend(in_base64(bytes, before).map(|text| ("in base64", text)));
    }
    all
}

/// The value in the middle of a text in base64, `before` bytes behind a border between
/// groups: without the letters that its neighbours decide.
fn in_base64(bytes: &[u8], before: usize) -> [String; 2] {
    let text = [&b"\0\0"[..before], bytes].concat();
    let (from, to) = ((before * 8).div_ceil(6), text.len() * 8 / 6);
    [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)]
        .map(|text| text[from..to].to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const VALUE: &str = "qZ/w+Kd3\"vX9&uT7'rL2<hB5>jN8\\c=";

    fn canaries() -> Result<Canaries> {
        Canaries::new([("PASSWORD", VALUE), ("OTHER", "Vd8sPq2LmX7zRt4W")])
    }

    #[test]
    fn a_value_is_found_in_every_form() -> Result<()> {
        let url = "qZ%2Fw%2BKd3%22vX9%26uT7%27rL2%3ChB5%3EjN8%5Cc%3D";
        let json = r#"qZ/w+Kd3\"vX9&uT7'rL2<hB5>jN8\\c="#;
        let html = "qZ/w+Kd3&quot;vX9&amp;uT7&#x27;rL2&lt;hB5&gt;jN8\\c=";
        let cases = [
            ("as it is", VALUE.to_owned()),
            ("in half", VALUE[..16].to_owned()),
            ("in half", VALUE[15..].to_owned()),
            ("in hex", hex::encode(VALUE)),
            ("in hex", hex::encode_upper(VALUE)),
            ("url-encoded", url.to_owned()),
            ("url-encoded", "qZ%2fw%2bKd3%22vX9%26uT7%27rL2%3chB5%3ejN8%5cc%3d".to_owned()),
            ("as JSON", json.to_owned()),
            ("as HTML", html.to_owned()),
            ("without backslashes", r#"qZ/w\+Kd3\"vX9\&uT7\'rL2\<hB5\>jN8\\c\="#.to_owned()),
            ("in base64", STANDARD_NO_PAD.encode(format!("user:{VALUE}"))),
            ("in base64", STANDARD_NO_PAD.encode(format!("use:{VALUE}, and more"))),
            ("in base64", URL_SAFE_NO_PAD.encode(format!("us:{VALUE}"))),
        ];
        let canaries = canaries()?;
        for (form, text) in cases {
            let found = canaries.within(format!("before {text} after").as_bytes());
            ensure!(found.contains(format!("PASSWORD {form}").as_str()), "{text}: {found:?}");
        }
        ensure!(canaries.within(b"nothing of it: qZ/w+Kd").is_empty());
        ensure!(Canaries::new([("SHORT", "1234")]).is_err());
        Ok(())
    }

    #[test]
    fn a_value_is_found_in_files_archives_and_rows_over_several_pages() -> Result<()> {
        let (canaries, folder) = (canaries()?, tempfile::tempdir()?);
        fs::create_dir(folder.path().join("in"))?;
        fs::write(folder.path().join("in/log"), format!("x{VALUE}x"))?;

        let mut archive = zip::ZipWriter::new(fs::File::create(folder.path().join("a.zip"))?);
        archive.start_file("report", zip::write::SimpleFileOptions::default())?;
        archive.write_all(format!("{VALUE} ").repeat(9).as_bytes())?;
        archive.finish()?;

        // Behind 4050 bytes, the value begins on one page and ends on another.
        let database = Connection::open(folder.path().join("rows"))?;
        database.execute_batch("CREATE TABLE event (bytes BLOB)")?;
        for before in (3900..4150).step_by(10) {
            let text = format!("{}{VALUE}{}", "x".repeat(before), "y".repeat(9000));
            database.execute("INSERT INTO event VALUES (?1)", [text])?;
        }
        drop(database);

        let found = canaries.below(folder.path())?;
        for place in ["log: PASSWORD as it is", "a.zip member report: ", "rows table event: "] {
            ensure!(found.iter().any(|told| told.starts_with(place)), "{place}: {found:?}");
        }
        ensure!(found.iter().all(|told| told.contains("PASSWORD")), "{found:?}");
        Ok(())
    }
}
