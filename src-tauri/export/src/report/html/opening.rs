//! The first page: what it is about, the verdict, what blocks, the deployment.

use countersign_domain::member::role_words;

use super::{badge, code, pair, section, table, when};
use crate::record::{AuditRecord, BlockerRecord};
use crate::report::words;
use crate::text::{date, html};

pub(super) fn opening(record: &AuditRecord) -> String {
    let id = &record.identity;
    let demo = id.environment_detail.as_ref().is_some_and(|one| one.demo);
    let demo = if demo {
        "<p class=\"demo\">Demo: this release went to the program's own demo target, not to a real system.</p>\n"
    } else {
        ""
    };
    format!(
        "<header>\n<p class=\"kind\">Deployment audit record</p>\n<h1>{} <span>{}</span></h1>\n\
         <p class=\"to\">to <strong>{}</strong></p>\n{demo}</header>\n{}{}",
        html(&id.project_name),
        html(&id.version),
        html(&id.environment),
        verdict(record),
        facts(record)
    )
}

fn verdict(record: &AuditRecord) -> String {
    let now = &record.gate.now;
    let (mark, when) = match &record.gate.at_deployment {
        Some(then) => {
            (words::verdict(then.verdict), format!("at the deployment, {}", when(then.at)))
        }
        None => (words::verdict(now.verdict), format!("at {}", when(now.at))),
    };
    let score = record.gate.at_deployment.as_ref().map_or(&now.score, |then| &then.score);
    let roles = &record.signatures.required;
    let signed = roles.iter().filter(|role| role.standing == "signed").count();
    format!(
        "<section class=\"verdict {}\" aria-label=\"Verdict\">\n<div class=\"word\"><span class=\"sign\" \
         aria-hidden=\"true\">{}</span> {}<small>{when}</small></div>\n\
         <dl class=\"figures\">\n<div><dt>Score</dt><dd>{}<small>of 100</small></dd></div>\n\
         <div><dt>Without exceptions</dt><dd>{}<small>of 100</small></dd></div>\n\
         <div><dt>Signatures current</dt><dd>{signed}<small>of {}</small></dd></div>\n\
         <div><dt>Exceptions</dt><dd>{}<small>asked for</small></dd></div>\n</dl>\n</section>\n{}",
        mark.tone,
        mark.sign,
        mark.word,
        score.now,
        score.without_exceptions,
        roles.len(),
        record.exceptions.len(),
        since_then(record)
    )
}

/// A deployed release whose gate reads otherwise by now, so that neither reading hides the
/// other.
fn since_then(record: &AuditRecord) -> String {
    let now = &record.gate.now;
    match &record.gate.at_deployment {
        Some(then) if then.verdict != now.verdict => format!(
            "<p class=\"note\">At {}, the time of this record, the gate reads {}: verdicts age, and \
             what came after the deployment counts.</p>\n",
            when(now.at),
            badge(words::verdict(now.verdict))
        ),
        _ => String::new(),
    }
}

fn facts(record: &AuditRecord) -> String {
    let id = &record.identity;
    let commit = id.subject.commit.as_deref().map(code).unwrap_or_default();
    let dirty = if id.subject.dirty { " <strong>with uncommitted changes</strong>" } else { "" };
    let artifacts: Vec<_> = id
        .subject
        .artifacts
        .iter()
        .map(|one| format!("{} {}", html(&one.name), code(one.sha256.as_str())))
        .collect();
    let previous = id
        .previous
        .as_ref()
        .map(|one| format!("{}, deployed {}", html(&one.version), when(one.deployed_at)));
    let targets = id.environment_detail.as_ref().map(|environment| {
        let listed = environment.targets.listed();
        let lines: Vec<_> =
            listed.iter().map(|(name, value)| format!("{name} {}", code(value))).collect();
        lines.join("<br>")
    });
    let template = &id.template;
    let pairs = [
        pair("Reason", &html(&id.subject.reason)),
        pair("Ticket", &html(&id.subject.ticket)),
        pair("Commit", &format!("{commit}{dirty}")),
        pair("Artifacts", &artifacts.join("<br>")),
        pair("Targets", &targets.unwrap_or_default()),
        pair(
            "Checklist",
            &format!(
                "{} {}, {} items<br>{}",
                html(&template.title),
                html(&template.version),
                template.items,
                code(template.sha256.as_str())
            ),
        ),
        pair("State digest", &code(id.state.as_str())),
        pair(
            "Ledger heads",
            &record
                .integrity
                .heads
                .iter()
                .map(|head| code(head.as_str()))
                .collect::<Vec<_>>()
                .join("<br>"),
        ),
        pair("Opened", &format!("{} by {}", when(id.opened.at), html(&id.opened.name))),
        pair("Planned for", &id.planned_for.map(when).unwrap_or_default()),
        pair("Previous release", &previous.unwrap_or_default()),
        pair(
            "This record",
            &format!(
                "as of {}, the last event; made by {}",
                when(record.as_of),
                html(&record.program)
            ),
        ),
    ];
    format!("<dl class=\"facts\">\n{}</dl>\n", pairs.concat())
}

/// Before the deployment: what keeps the gate from Go.
pub(super) fn blockers(record: &AuditRecord) -> String {
    if record.deployment.is_some() {
        return String::new();
    }
    section("blockers", "What keeps it from Go", &list(&record.gate.now.blockers))
}

/// After it: what is left before the release can be closed, and what the gate would say now.
pub(super) fn by_now(record: &AuditRecord) -> String {
    if record.deployment.is_none() {
        return String::new();
    }
    let closing = list(&record.gate.closing);
    let now = list(&record.gate.now.blockers);
    let lead = "<p class=\"lead\">Verdicts age and work goes on after a deployment. This does not \
                touch what was decided then.</p>\n";
    let now = if now.is_empty() { now } else { format!("{lead}{now}") };
    section("closing", "What is left before the release can be closed", &closing)
        + &section("by-now", "What the gate says by now", &now)
}

fn list(blockers: &[BlockerRecord]) -> String {
    if blockers.is_empty() {
        return String::new();
    }
    let rows: String = blockers
        .iter()
        .map(|one| format!("<tr><td>{}</td><td>{}</td></tr>\n", html(&one.text), html(&one.cure)))
        .collect();
    table("plain", &["What blocks", "The smallest step that clears it"], &rows)
}

pub(super) fn deployment(record: &AuditRecord) -> String {
    let Some(one) = &record.deployment else {
        let declared = emergency(record);
        let body = format!(
            "<p>Not deployed at the time of this record.</p>\n<dl class=\"facts\">\n{declared}</dl>\n"
        );
        return section("deployment", "Deployment", &body);
    };
    let approved =
        if one.approved_before { words::duty(Some(true)) } else { words::duty(Some(false)) };
    let last = one.last_approval.map(when).unwrap_or_default();
    let verified = one.verified.as_ref().map_or_else(
        || "not yet, at the time of this record".to_owned(),
        |word| {
            format!(
                "{} by {}<br><q>{}</q>",
                when(word.by.at),
                html(&word.by.name),
                html(&word.note)
            )
        },
    );
    let watch = &record.watch;
    let watched = match (watch.from, watch.until) {
        (Some(from), Some(until)) if watch.hours > 0 => format!(
            "{} to {} ({} hours); {} of {} watch items settled",
            when(from),
            when(until),
            watch.hours,
            watch.settled,
            watch.items
        ),
        _ => String::new(),
    };
    let closed = watch.closed.as_ref().map(|word| {
        format!("{} by {}<br><q>{}</q>", when(word.by.at), html(&word.by.name), html(&word.note))
    });
    let who = |name: &str, email: &str| format!("{} &lt;{}&gt;", html(name), html(email));
    let pairs = [
        pair("Deployed at", &when(one.deployed_at)),
        pair("Deployed by", &who(&one.deployed_by, &one.deployed_by_email)),
        pair("To be verified by", &who(&one.verified_by, &one.verified_by_email)),
        pair("Approved before it", &format!("{} last required approval {last}", badge(approved))),
        pair("Reference", &html(&one.reference)),
        pair(
            "Recorded",
            &format!(
                "{} by {}, event {}",
                when(one.recorded.at),
                html(&one.recorded.name),
                one.recorded.sequence
            ),
        ),
        pair("Verified", &verified),
        pair("Watch", &watched),
        pair("Closed", &closed.unwrap_or_default()),
        emergency(record),
        pair("Next review", &one.next_review.map(date).unwrap_or_default()),
    ];
    section("deployment", "Deployment", &format!("<dl class=\"facts\">\n{}</dl>\n", pairs.concat()))
}

/// What an emergency went out without, and what became of it.
fn emergency(record: &AuditRecord) -> String {
    let Some(one) = &record.gate.emergency else { return String::new() };
    let declared = &one.declared;
    let mut lines = vec![format!(
        "declared {} by {}<br><q>{}</q>",
        when(declared.by.at),
        html(&declared.by.name),
        html(&declared.note)
    )];
    if let Some(due) = one.due {
        lines.push(format!("without {}, due {}", role_words(&one.owed), when(due)));
    }
    for review in &one.reviews {
        let late = if review.in_time { "" } else { ", late" };
        lines.push(format!(
            "{}: {} {} by {}{late} <q>{}</q>",
            review.role.words(),
            words::decision(review.decision),
            when(review.by.at),
            html(&review.by.name),
            html(&review.comment)
        ));
    }
    if !one.open.is_empty() {
        lines.push(format!("still owed: {}", role_words(&one.open)));
    }
    pair("Emergency", &lines.join("<br>"))
}
