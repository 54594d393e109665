//! The checklist: what the machine saw and what a person said, in two columns.

use super::{badge, code, pair, section, table, when};
use crate::record::{AuditRecord, ExceptionRecord, ItemEntry, SectionRecord};
use crate::report::words;
use crate::text::html;

pub(super) fn sections(record: &AuditRecord) -> String {
    let all: String = record.sections.iter().map(of_section).collect();
    let then = if record.deployment.is_some() {
        " For items that gate the deployment, the standing is that at the deployment."
    } else {
        ""
    };
    let lead = format!(
        "<p class=\"lead\">The machine's verdict and the human word stand side by side. Neither \
         replaces the other: a tick never turns a failed check into a pass.{then}</p>\n"
    );
    section("items", "Checklist", &format!("{}{lead}{all}", counts(record)))
}

fn counts(record: &AuditRecord) -> String {
    let counts = &record.gate.at_deployment.as_ref().unwrap_or(&record.gate.now).counts;
    let rows: String = ["critical", "high", "recommended"]
        .iter()
        .filter_map(|severity| Some((severity, counts.get(severity)?)))
        .map(|(severity, row)| {
            let cell = |code: &str| row.get(code).copied().unwrap_or(0);
            format!(
                "<tr><th scope=\"row\">{severity}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                cell("settled"),
                cell("excepted"),
                cell("not-applicable"),
                cell("failed"),
                cell("open")
            )
        })
        .collect();
    let heads = [
        "Before the deployment",
        "✓ Settled",
        "△ Excepted",
        "– Not applicable",
        "✗ Failed",
        "○ Open",
    ];
    table("counts", &heads, &rows)
}

fn of_section(section: &SectionRecord) -> String {
    let minutes = match section.minutes {
        Some((from, to)) if from == to => format!(", {to} minutes"),
        Some((from, to)) => format!(", {from} to {to} minutes"),
        None => String::new(),
    };
    let risk = if section.risk.is_empty() {
        String::new()
    } else {
        format!("<p class=\"risk\"><strong>If skipped:</strong> {}</p>\n", html(&section.risk))
    };
    let controls = if section.controls.is_empty() {
        String::new()
    } else {
        format!("<p class=\"controls\">Controls: {}</p>\n", html(&section.controls.join(", ")))
    };
    let rows: String = section.items.iter().map(row).collect();
    format!(
        "<div class=\"group\">\n<h3>{} <small>{}, {}{minutes}</small></h3>\n{risk}{}{controls}</div>\n",
        html(&section.title),
        words::severity(section.severity),
        words::phase(section.phase),
        table("items", &["Item", "Machine", "Human", "Standing"], &rows)
    )
}

fn row(item: &ItemEntry) -> String {
    format!(
        "<tr><td><span class=\"title\">{}</span><span class=\"id\">{}</span></td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        html(&item.title),
        html(item.id.as_str()),
        machine(item),
        human(item),
        standing(item)
    )
}

fn machine(item: &ItemEntry) -> String {
    let Some(machine) = &item.machine else {
        return "<span class=\"none\">no probe</span>".into();
    };
    let reason = machine
        .reason
        .map(|reason| format!("<span class=\"sub\">{reason}</span>"))
        .unwrap_or_default();
    let was = if words::is_too_old(item, machine) {
        format!("<span class=\"sub\">was {}</span>", words::outcome(machine.outcome).word)
    } else {
        String::new()
    };
    let told: String = item
        .findings
        .iter()
        .map(|one| format!("<span class=\"sub\">{}</span>", html(&one.finding.summary)))
        .collect();
    format!("{}{reason}{was}{told}", badge(words::machine(item, machine)))
}

fn human(item: &ItemEntry) -> String {
    let files = match item.evidence.len() {
        0 => String::new(),
        1 => "<span class=\"sub\">1 file attached</span>".to_owned(),
        n => format!("<span class=\"sub\">{n} files attached</span>"),
    };
    let Some(human) = &item.human else {
        return format!("<span class=\"none\">{}</span>{files}", words::no_word(item));
    };
    let note = if human.note.is_empty() {
        String::new()
    } else {
        format!("<span class=\"sub\"><q>{}</q></span>", html(&human.note))
    };
    format!(
        "{}<span class=\"sub\">{}, {}</span>{note}{files}",
        badge(words::tick(human.tick)),
        html(&human.by.name),
        when(human.by.at)
    )
}

fn standing(item: &ItemEntry) -> String {
    let missing = &item.decided().missing;
    let told = if missing.is_empty() {
        String::new()
    } else {
        format!("<span class=\"sub\">{}</span>", html(missing))
    };
    format!("{}{told}", badge(words::standing(item.decided().code)))
}

pub(super) fn exceptions(record: &AuditRecord) -> String {
    let all: String = record.exceptions.iter().map(exception).collect();
    section("exceptions", "Exceptions", &all)
}

fn exception(one: &ExceptionRecord) -> String {
    let by = |name: &str, at| format!("{}, {}", html(name), when(at));
    let decided = one.decided.as_ref().map_or_else(
        || "nobody yet".to_owned(),
        |decided| {
            let note = if decided.note.is_empty() {
                String::new()
            } else {
                format!("<br><q>{}</q>", html(&decided.note))
            };
            format!(
                "{} by {}{note}",
                words::exception_verdict(decided.verdict),
                by(&decided.by.name, decided.by.at)
            )
        },
    );
    let pairs = [
        pair("Reason", &html(&one.reason)),
        pair("Held down by", &html(&one.compensating_control)),
        pair("Owner", &html(&one.owner)),
        pair("Asked for by", &by(&one.requested.name, one.requested.at)),
        pair("Decided", &decided),
        pair("Expires", &when(one.expires_at)),
    ];
    format!(
        "<article class=\"exception\">\n<h3>{} {} {}</h3>\n<dl class=\"facts\">\n{}</dl>\n</article>\n",
        html(&one.item_title),
        badge(words::exception(one.state)),
        code(one.id.as_str()),
        pairs.concat()
    )
}
