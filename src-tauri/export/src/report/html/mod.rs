//! The report as one HTML file: no script, nothing loaded, prints on A4. What a signer must
//! see by 21 CFR 11.50 stands in full on the page.

mod appendix;
mod checked;
mod items;
mod opening;
mod signatures;

use chrono::{DateTime, Utc};

use super::words::Mark;
use crate::record::AuditRecord;
use crate::text::{html, utc};

/// Rows of a long table that one thread writes at a time.
const ROWS: usize = 128;

const STYLE: &str = include_str!("report.css");

/// The report.
#[must_use]
pub fn report_html(record: &AuditRecord) -> String {
    let id = &record.identity;
    let title = html(&format!("Audit record: {} {}", id.project_name, id.version));
    let before = [
        opening::opening(record),
        signatures::signatures(record),
        opening::blockers(record),
        items::sections(record),
        items::exceptions(record),
        opening::deployment(record),
        opening::by_now(record),
        checked::findings(record),
        checked::evidence(record),
    ];
    let between = [appendix::plan(record), appendix::rules(record)];
    let after = [appendix::people(record), appendix::integrity(record)];
    let head = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"{}\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n<main>\n",
        html(&record.program)
    );
    // History and trail are as long as the project's life: they are put together once.
    let mut pieces = vec![head];
    pieces.extend(before);
    pieces.extend(checked::history(record));
    pieces.extend(between);
    pieces.extend(appendix::trail(record));
    pieces.extend(after);
    pieces.push("</main>\n</body>\n</html>\n".into());
    pieces.concat()
}

fn badge(mark: Mark) -> String {
    let Mark { sign, word, tone } = mark;
    format!(
        "<span class=\"badge {tone}\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span> {word}</span>"
    )
}

/// A heading with its section; empty when there is nothing to show.
fn section(id: &str, title: &str, body: &str) -> String {
    if body.is_empty() {
        return String::new();
    }
    format!("<section id=\"{id}\">\n<h2>{title}</h2>\n{body}</section>\n")
}

/// A name with its value, which must be HTML already; nothing when the value is empty.
fn pair(name: &str, value: &str) -> String {
    if value.is_empty() {
        String::new()
    } else {
        format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n")
    }
}

fn when(at: DateTime<Utc>) -> String {
    format!("<time>{}</time>", utc(at))
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<code>{}</code>", html(text)) }
}

fn table(class: &str, heads: &[&str], rows: &str) -> String {
    format!("{}{rows}{TABLE_END}", table_start(class, heads))
}

fn table_start(class: &str, heads: &[&str]) -> String {
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    format!("<table class=\"{class}\">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n")
}

const TABLE_END: &str = "</tbody>\n</table>\n";

/// A section that is one small table, in pieces that follow each other.
fn long_table(id: &str, title: &str, heads: &[&str], rows: Vec<String>) -> Vec<String> {
    let start = table_start("plain small", heads);
    let mut pieces = vec![format!("<section id=\"{id}\">\n<h2>{title}</h2>\n{start}")];
    pieces.extend(rows);
    pieces.push(format!("{TABLE_END}</section>\n"));
    pieces
}
