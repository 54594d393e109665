//! A template as a Markdown document with its boxes ticked or open.

use std::fmt::Write as _;

use pulldown_cmark::{Event, Parser, Tag};

use super::inline::{DIALECT, written};
use crate::id::ItemId;
use crate::template::{Item, Per, Phase, Section, Severity, Template};

/// How an item's box is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BoxState {
    /// `- [ ]`
    Open,
    /// `- [x]`
    Ticked,
    /// Open, with a line on why or by whom.
    OpenWith(String),
    /// Ticked, with a line on why or by whom.
    TickedWith(String),
}

/// The template as Markdown, in its own order: groups by severity and phase, sections with
/// minutes, guidance and risk, and each item as a box in the state that `box_state` tells.
/// [`super::import`] reads the same boxes from it.
#[must_use]
pub fn export(template: &Template, box_state: &dyn Fn(&ItemId) -> BoxState) -> String {
    let mut out = String::new();
    paragraph(&mut out, &format!("# {}", written("# ", &template.title)));
    paragraph(&mut out, &contained(&template.description));
    let mut group = None;
    for section in &template.sections {
        let own = (section.severity, section.phase);
        if group != Some(own) {
            paragraph(&mut out, &format!("## {}", group_heading(own.0, own.1)));
            group = Some(own);
        }
        of_section(&mut out, section, box_state);
    }
    plan(&mut out, template);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn group_heading(severity: Severity, phase: Phase) -> String {
    let severity = match severity {
        Severity::Critical => "🚨 CRITICAL",
        Severity::High => "⚠️ HIGH PRIORITY",
        Severity::Recommended => "📋 RECOMMENDED",
    };
    let phase = match phase {
        Phase::Before => "before the release goes out",
        Phase::Tests => "testing",
        Phase::SignOff => "sign-off",
        Phase::After => "after deployment",
        Phase::Watch => "monitoring",
    };
    format!("{severity} - {phase}")
}

fn of_section(out: &mut String, section: &Section, box_state: &dyn Fn(&ItemId) -> BoxState) {
    let minutes = match section.minutes {
        Some((from, to)) if from == to => format!(" ⏱️ {to} minutes"),
        Some((from, to)) => format!(" ⏱️ {from}-{to} minutes"),
        None => String::new(),
    };
    paragraph(out, &format!("### {}{minutes}", written("### ", &section.title)));
    paragraph(out, &contained(&section.guidance));
    let items: Vec<String> =
        section.items.iter().map(|item| of_item(section, item, box_state(&item.id))).collect();
    paragraph(out, &items.join("\n"));
    if !section.risk.is_empty() {
        let label = "**Risk if skipped**: ";
        paragraph(out, &format!("{label}{}", written(label, &section.risk)));
    }
}

fn of_item(section: &Section, item: &Item, state: BoxState) -> String {
    let (mark, note) = match state {
        BoxState::Open => (' ', None),
        BoxState::Ticked => ('x', None),
        BoxState::OpenWith(note) => (' ', Some(note)),
        BoxState::TickedWith(note) => ('x', Some(note)),
    };
    let mut below = Vec::new();
    if let Some(severity) = item.severity.filter(|severity| *severity != section.severity) {
        below.push(format!("Severity: {}", severity.code()));
    }
    below.push(contained(&item.guidance));
    if let Some(note) = note.filter(|note| !note.trim().is_empty()) {
        below.push(format!("> {}", written("> ", &note)));
    }
    below.retain(|text| !text.is_empty());
    let mut out = format!("- [{mark}] {}", written("- [ ] ", &item.title));
    for text in below {
        out.push('\n');
        for line in text.lines() {
            let indent = if line.is_empty() { "" } else { "  " };
            let _ = write!(out, "\n{indent}{line}");
        }
    }
    out
}

fn plan(out: &mut String, template: &Template) {
    let rollback = &template.rollback;
    if !rollback.steps.is_empty() || !rollback.commands.is_empty() {
        paragraph(out, "## Rollback plan");
        list(
            out,
            rollback.steps.iter().map(|s| format!("{}: {}", within(s.within_minutes), s.action)),
        );
        for command in &rollback.commands {
            paragraph(out, &written("", &format!("{}:", command.platform)));
            paragraph(out, &fenced(&command.command, "sh"));
        }
    }
    if !template.contacts.is_empty() || !template.incidents.is_empty() {
        paragraph(out, "## Contacts");
        list(out, template.contacts.iter().map(|c| format!("{}: {}", c.role, c.address)));
        let incident = template.incidents.iter();
        list(out, incident.map(|i| format!("Severity {} ({}): {}", i.level, i.name, i.response)));
    }
    if template.watch.hours > 0 {
        paragraph(out, "## Alert thresholds");
        paragraph(out, &format!("Watched for {} hours.", template.watch.hours));
        list(
            out,
            template.watch.signals.iter().filter_map(|signal| {
                let window = match signal.per? {
                    Per::Hour => "an hour",
                    Per::Minute => "a minute",
                };
                let each = if signal.per_address { " from one address" } else { "" };
                Some(format!("{}: above {} {window}{each}", signal.name, signal.above?))
            }),
        );
    }
    if let Some(months) = template.review_months {
        paragraph(out, &format!("Next review {months} months after the deployment."));
    }
}

fn within(minutes: u32) -> String {
    let (count, unit) = match minutes {
        0 => return "At once".to_owned(),
        m if m % 10_080 == 0 => (m / 10_080, "week"),
        m if m % 1_440 == 0 && m > 1_440 => (m / 1_440, "day"),
        m if m % 60 == 0 => (m / 60, "hour"),
        m => (m, "minute"),
    };
    format!("Within {count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn paragraph(out: &mut String, text: &str) {
    if !text.is_empty() {
        out.push_str(text.trim_end());
        out.push_str("\n\n");
    }
}

fn list(out: &mut String, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.map(|line| format!("- {}", written("- ", &line))).collect();
    paragraph(out, &lines.join("\n"));
}

/// The guidance, unless it would change what stands around it: a heading, a box, a risk of
/// its own or an open code block. Then it is put in a code block.
fn contained(guidance: &str) -> String {
    let text = guidance.trim_end().trim_start_matches('\n');
    if text.is_empty() || is_harmless(text) { text.to_owned() } else { fenced(text, "text") }
}

/// Whether a box that follows the text is read as the only box, under its own heading.
fn is_harmless(text: &str) -> bool {
    let probe = format!("{text}\n\n# End of the guidance\n\n- [ ] a\n");
    let mut boxes = 0;
    let mut headings = 0;
    for event in Parser::new_ext(&probe, DIALECT) {
        match event {
            Event::TaskListMarker(_) => boxes += 1,
            Event::Start(Tag::Heading { .. }) => headings += 1,
            _ => {}
        }
    }
    boxes == 1 && headings == 1
}

fn fenced(text: &str, language: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}
