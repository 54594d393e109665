//! What stands behind the verdicts: each look in full, each file, each earlier value.

use std::fmt::Write as _;

use rayon::prelude::*;

use super::{ROWS, badge, code, long_table, section, table, when};
use crate::record::{AuditRecord, ChangeRecord, FindingRecord, ItemEntry};
use crate::report::words;
use crate::text::{html, push_html};

pub(super) fn findings(record: &AuditRecord) -> String {
    let all: String = record
        .items()
        .flat_map(|(_, item)| item.findings.iter().map(move |one| finding(item, one)))
        .collect();
    let runs: String = record
        .runs
        .iter()
        .map(|run| {
            let ended = run.finished_at.map_or_else(|| "not ended".to_owned(), when);
            let stopped = if run.cancelled { ", stopped" } else { "" };
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{ended}{stopped}</td><td>{}</td><td>{}</td></tr>\n",
                code(run.run.as_str()),
                html(&run.started.name),
                when(run.started.at),
                run.items.len(),
                run.findings
            )
        })
        .collect();
    if runs.is_empty() {
        return String::new();
    }
    let runs = table("plain", &["Run", "By", "Started", "Ended", "Items", "Findings"], &runs);
    section("findings", "What was checked", &format!("{runs}{all}"))
}

fn finding(item: &ItemEntry, record: &FindingRecord) -> String {
    let one = &record.finding;
    let reason = one
        .outcome
        .reason()
        .map(|reason| format!(" <em>{}</em>", reason.words()))
        .unwrap_or_default();
    let looks: Vec<_> =
        record.looks.iter().map(|(code, count)| format!("{count} × {code}")).collect();
    let notes: String = one
        .notes
        .iter()
        .map(|note| format!("<p class=\"note\">{}: {}</p>\n", html(&note.code), html(&note.text)))
        .collect();
    let parameters = if record.parameters.is_empty() {
        String::new()
    } else {
        serde_json::to_string(&record.parameters).unwrap_or_default()
    };
    let row = |name: &str, value: &str| {
        if value.is_empty() {
            String::new()
        } else {
            format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n")
        }
    };
    let pre = |text: &str| {
        if text.is_empty() { String::new() } else { format!("<pre>{}</pre>", html(text)) }
    };
    let rows = [
        row("Target", &code(&one.target)),
        row("Expected", &html(&one.expected)),
        row("Observed", &html(&one.observed)),
        row("Show it yourself", &pre(one.reproduce.as_deref().unwrap_or_default())),
        row("Transcript", &pre(&one.transcript.join("\n"))),
        row("Probe", &format!("{} rules {} {}", code(&one.probe), one.rules, code(&parameters))),
        row(
            "Looked",
            &format!(
                "{}, took {} ms; in this release: {}",
                when(one.started_at),
                one.took_ms,
                looks.join(", ")
            ),
        ),
        row("Recorded by", &format!("{}, event {}", html(&record.by.name), record.by.sequence)),
    ];
    format!(
        "<article class=\"finding\">\n<h4>{} {}{reason}</h4>\n<p>{}</p>\n{notes}<dl class=\"facts\">\n{}</dl>\n</article>\n",
        html(&item.title),
        badge(words::outcome(one.outcome.code())),
        html(&one.summary),
        rows.concat()
    )
}

pub(super) fn evidence(record: &AuditRecord) -> String {
    let rows: String = record
        .evidence()
        .map(|one| {
            format!(
                "<tr><td>{}</td><td>{}<span class=\"sub\">{}, {} bytes</span></td><td>{}<span class=\"sub\">seen {}</span></td><td>{}</td></tr>\n",
                html(one.item.as_str()),
                html(&one.file.name),
                html(&one.file.media_type),
                one.file.size,
                format_args!("{}, {}", html(&one.by.name), when(one.by.at)),
                when(one.file.observed_at),
                code(&one.path)
            )
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    section(
        "evidence",
        "Evidence",
        &table("plain", &["Item", "File", "Attached", "In the bundle"], &rows),
    )
}

pub(super) fn history(record: &AuditRecord) -> Vec<String> {
    let changes: Vec<_> = record
        .items()
        .flat_map(|(_, item)| item.history.iter().map(move |change| (item, change)))
        .collect();
    if changes.is_empty() {
        return Vec::new();
    }
    let rows = changes
        .par_chunks(ROWS)
        .map(|block| {
            let mut rows = String::with_capacity(block.len() * 384);
            block.iter().for_each(|(item, change)| change_row(&mut rows, item, change));
            rows
        })
        .collect();
    let heads = ["Item", "What", "From", "To", "By", "Words"];
    long_table("history", "Every value there ever was", &heads, rows)
}

/// Written straight into the page: a long life makes many of these.
fn change_row(out: &mut String, item: &ItemEntry, change: &ChangeRecord) {
    let from = if change.from.is_empty() { "–" } else { &change.from };
    out.push_str("<tr><td>");
    for cell in [item.id.as_str(), change.what, from, &change.to] {
        push_html(out, cell);
        out.push_str("</td><td>");
    }
    push_html(out, &change.by.name);
    // Writing to a String cannot fail.
    let _ = write!(out, ", {} (event {})</td><td>", when(change.by.at), change.by.sequence);
    push_html(out, &change.note);
    out.push_str("</td></tr>\n");
}
