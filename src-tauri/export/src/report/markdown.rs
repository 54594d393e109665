//! The report as Markdown, for tickets and wikis: verdict, signatures, items, exceptions,
//! deployment, integrity. Findings in full and the whole trail are in the HTML report.

use std::fmt::Write as _;

use countersign_domain::member::role_words;

use super::words::{self, Mark};
use crate::record::{AuditRecord, ItemEntry, RoleBlock};
use crate::text::{date, markdown as md, utc};

/// The report.
#[must_use]
pub fn report_md(record: &AuditRecord) -> String {
    let mut out = String::new();
    head(&mut out, record);
    signatures(&mut out, record);
    items(&mut out, record);
    exceptions(&mut out, record);
    deployment(&mut out, record);
    integrity(&mut out, record);
    out
}

fn marked(mark: Mark) -> String {
    format!("{} {}", mark.sign, mark.word)
}

fn head(out: &mut String, record: &AuditRecord) {
    let id = &record.identity;
    let gate = &record.gate.now;
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(out, "# Audit record: {} {}\n", md(&id.project_name), md(&id.version));
    let _ = writeln!(out, "| | |\n|---|---|");
    let mut row = |name: &str, value: String| {
        let _ = writeln!(out, "| {name} | {value} |");
    };
    row("Environment", md(&id.environment));
    row(
        "Gate",
        format!("**{}**, computed for {}", marked(words::verdict(gate.verdict)), utc(gate.at)),
    );
    if let Some(then) = &record.gate.at_deployment {
        row("Gate at the deployment", format!("**{}**", marked(words::verdict(then.verdict))));
    }
    row(
        "Score",
        format!(
            "{} of 100; {} without exceptions; {} once every critical item is settled",
            gate.score.now, gate.score.without_exceptions, gate.score.projected
        ),
    );
    let dirty = if id.subject.dirty { ", work tree with changes" } else { "" };
    row("Commit", format!("{}{dirty}", md(id.subject.commit.as_deref().unwrap_or("none"))));
    for artifact in &id.subject.artifacts {
        row("Artifact", format!("{} `{}`", md(&artifact.name), artifact.sha256));
    }
    row("Ticket", md(&id.subject.ticket));
    row("Reason", md(&id.subject.reason));
    row(
        "Checklist",
        format!("{} {} `{}`", md(&id.template.title), md(&id.template.version), id.template.sha256),
    );
    row("State digest", format!("`{}`", id.state));
    row("Made by", format!("{}, for {}", md(&record.program), utc(record.as_of)));
    if !gate.blockers.is_empty() {
        let _ = writeln!(
            out,
            "\n## {}\n",
            if record.deployment.is_some() {
                "What the gate says by now"
            } else {
                "What keeps it from Go"
            }
        );
        for blocker in &gate.blockers {
            let _ = writeln!(out, "- {}. {}", md(&blocker.text), md(&blocker.cure));
        }
    }
}

fn signatures(out: &mut String, record: &AuditRecord) {
    let _ = writeln!(out, "\n## Signatures\n");
    for block in &record.signatures.required {
        signature(out, block);
    }
    for check in &record.signatures.separation {
        let _ = writeln!(
            out,
            "- {}: {} ({})",
            check.rule,
            marked(words::duty(check.holds)),
            md(&check.detail)
        );
    }
}

fn signature(out: &mut String, block: &RoleBlock) {
    let _ =
        writeln!(out, "### {}: {}\n", block.role.words(), marked(words::signoff(block.standing)));
    let Some(one) = &block.signature else { return };
    let _ = writeln!(out, "- Printed name: {} ({})", md(&one.signer.name), md(&one.signer.email));
    let _ = writeln!(out, "- Decision: {}", words::decision(one.decision));
    let _ = writeln!(out, "- Meaning: {}", md(&one.meaning));
    if !one.comment.is_empty() {
        let _ = writeln!(out, "- Comment: {}", md(&one.comment));
    }
    let _ = writeln!(out, "- Signed at: {}", utc(one.signer.at));
    let local = one.local_time.as_deref().unwrap_or("not recorded");
    let _ = writeln!(out, "- Local time of the signer: {local}");
    let _ = writeln!(out, "- Authenticated: {}", md(&one.authenticated));
    let _ = writeln!(out, "- Digest signed: `{}`", one.state);
    let _ = writeln!(out, "- Key: {} `{}`", md(&one.algorithm), one.signer.fingerprint);
    let _ = writeln!(out, "- Event: {} `{}`", one.signer.sequence, one.signer.event);
    let _ = writeln!(out, "- Signature: `{}`", one.signature_file);
    for exception in &one.acknowledged {
        let _ = writeln!(
            out,
            "- Acknowledged: exception {} ({})",
            exception.exception,
            md(&exception.item_title)
        );
    }
    if let Some(stale) = &one.stale {
        let _ = writeln!(out, "- Stale since {} (event {}):", utc(stale.at), stale.sequence);
        for change in &stale.changes {
            let item = change.item.as_ref().map(|item| format!(" of {item}")).unwrap_or_default();
            let _ = writeln!(
                out,
                "  - {}{item}: from {} to {}",
                md(&change.what),
                md(&change.from),
                md(&change.to)
            );
        }
    }
    out.push('\n');
}

fn items(out: &mut String, record: &AuditRecord) {
    let _ = writeln!(
        out,
        "\n## Items\n\nThe machine's verdict and the human word stand side by side; neither replaces the other. For a release that went out, the standing is that at the deployment."
    );
    for section in &record.sections {
        let _ = writeln!(
            out,
            "\n### {} ({}, {})\n\n| Item | Machine | Human | Standing |\n|---|---|---|---|",
            md(&section.title),
            words::severity(section.severity),
            words::phase(section.phase)
        );
        for item in &section.items {
            let _ = writeln!(
                out,
                "| {} ({}) | {} | {} | {} |",
                md(&item.title),
                item.id,
                machine(item),
                human(item),
                standing(item)
            );
        }
    }
}

fn machine(item: &ItemEntry) -> String {
    let Some(machine) = &item.machine else { return "–".into() };
    let reason = machine.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    let summaries: Vec<_> = item.findings.iter().map(|one| md(&one.finding.summary)).collect();
    let told =
        if summaries.is_empty() { String::new() } else { format!(". {}", summaries.join("; ")) };
    format!("{}{reason}{told}", marked(words::machine(item, machine)))
}

fn human(item: &ItemEntry) -> String {
    let Some(human) = &item.human else { return words::no_word(item).into() };
    let note = if human.note.is_empty() { String::new() } else { format!(": {}", md(&human.note)) };
    format!(
        "{}, {}, {}{note}",
        marked(words::tick(human.tick)),
        md(&human.by.name),
        date(human.by.at)
    )
}

fn standing(item: &ItemEntry) -> String {
    let missing = &item.decided().missing;
    let told = if missing.is_empty() { String::new() } else { format!(": {}", md(missing)) };
    format!("{}{told}", marked(words::standing(item.decided().code)))
}

fn exceptions(out: &mut String, record: &AuditRecord) {
    if record.exceptions.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## Exceptions\n");
    for one in &record.exceptions {
        let _ = writeln!(
            out,
            "- {} **{}** ({}), until {}. Reason: {}. Held down by: {}. Owner: {}. Asked for by {}, {}.{}",
            one.id,
            md(&one.item_title),
            marked(words::exception(one.state)),
            utc(one.expires_at),
            md(&one.reason),
            md(&one.compensating_control),
            md(&one.owner),
            md(&one.requested.name),
            utc(one.requested.at),
            one.decided
                .as_ref()
                .map(|decided| format!(
                    " {} by {}, {}. {}",
                    words::exception_verdict(decided.verdict),
                    md(&decided.by.name),
                    utc(decided.by.at),
                    md(&decided.note)
                ))
                .unwrap_or_default()
        );
    }
}

/// What an emergency went out without, and what became of it.
fn emergency(out: &mut String, record: &AuditRecord) {
    let Some(one) = &record.gate.emergency else { return };
    let (by, note) = (&one.declared.by, md(&one.declared.note));
    let _ = writeln!(out, "- Emergency, declared {} by {}: {note}", utc(by.at), md(&by.name));
    if let Some(due) = one.due {
        let _ = writeln!(out, "- It went out without {}, due {}", role_words(&one.owed), utc(due));
    }
    for review in &one.reviews {
        let late = if review.in_time { "" } else { ", late" };
        let _ = writeln!(
            out,
            "- {} of {} by {}{late}, {}: {}",
            review.role.words(),
            utc(review.by.at),
            md(&review.by.name),
            words::decision(review.decision),
            md(&review.comment)
        );
    }
    if !one.open.is_empty() {
        let _ = writeln!(out, "- Still owed: {}", role_words(&one.open));
    }
}

fn deployment(out: &mut String, record: &AuditRecord) {
    let _ = writeln!(out, "\n## Deployment\n");
    let Some(one) = &record.deployment else {
        let _ = writeln!(out, "Not deployed at the time of this record.\n");
        emergency(out, record);
        return;
    };
    let _ = writeln!(out, "- Deployed at {} by {}", utc(one.deployed_at), md(&one.deployed_by));
    let _ = writeln!(out, "- To be verified by {}", md(&one.verified_by));
    let _ = writeln!(
        out,
        "- Approved before the deployment: {}",
        if one.approved_before { "✓ yes" } else { "✗ no" }
    );
    if !one.reference.is_empty() {
        let _ = writeln!(out, "- Reference: {}", md(&one.reference));
    }
    emergency(out, record);
    match &one.verified {
        Some(word) => {
            let _ = writeln!(
                out,
                "- Verified {} by {}: {}",
                utc(word.by.at),
                md(&word.by.name),
                md(&word.note)
            );
        }
        None => out.push_str("- Not verified at the time of this record\n"),
    }
    if let Some(closed) = &record.watch.closed {
        let _ = writeln!(
            out,
            "- Closed {} by {}: {}",
            utc(closed.by.at),
            md(&closed.by.name),
            md(&closed.note)
        );
    }
    if let Some(review) = one.next_review {
        let _ = writeln!(out, "- Next review: {}", date(review));
    }
}

fn integrity(out: &mut String, record: &AuditRecord) {
    let one = &record.integrity;
    let _ = writeln!(
        out,
        "\n## Integrity\n\n{} events, {} of them refused. Heads:\n",
        one.event_count, one.refused_count
    );
    for head in &one.heads {
        let _ = writeln!(out, "- `{head}`");
    }
    let _ = writeln!(out, "\nKeys that signed:\n");
    for key in &one.keys {
        let who = key.name.as_deref().unwrap_or("never on the roster");
        let _ = writeln!(out, "- `{}` {}: {} event(s)", key.fingerprint, md(who), key.events);
    }
    let _ = writeln!(out, "\nThis shows:\n");
    for line in one.proves {
        let _ = writeln!(out, "- {line}");
    }
    let _ = writeln!(out, "\nThis does not show:\n");
    for line in one.does_not_prove {
        let _ = writeln!(out, "- {line}");
    }
    let _ = writeln!(out, "\nVERIFY.md tells how to check it with stock tools.");
}
