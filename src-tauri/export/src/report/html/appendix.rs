//! What an auditor turns to last: the plan, the rule, the trail, the people, the proof.

use std::fmt::Write as _;

use countersign_domain::member::{ChangeRule, Policy, role_words};
use countersign_domain::template::{Per, Signal};

use rayon::prelude::*;

use super::{ROWS, badge, code, long_table, pair, section, table, when};
use crate::record::{Administration, AuditRecord, TrailRow};
use crate::report::words;
use crate::text::{html, push_html};

pub(super) fn plan(record: &AuditRecord) -> String {
    let plan = &record.rollback;
    let block = |title: &str, heads: &[&str], rows: String| {
        if rows.is_empty() {
            String::new()
        } else {
            format!("<h3>{title}</h3>\n{}", table("plain", heads, &rows))
        }
    };
    let steps = plan.steps.iter().map(|one| {
        let within = if one.within_minutes == 0 {
            "at once".to_owned()
        } else {
            format!("{} min", one.within_minutes)
        };
        format!("<tr><td>{within}</td><td>{}</td></tr>\n", html(&one.action))
    });
    let commands = plan.commands.iter().map(|one| {
        format!(
            "<tr><td>{}</td><td><pre>{}</pre></td></tr>\n",
            html(&one.platform),
            html(&one.command)
        )
    });
    let contacts = plan.contacts.iter().map(|one| {
        format!("<tr><td>{}</td><td>{}</td></tr>\n", html(&one.role), html(&one.address))
    });
    let incidents = plan.incidents.iter().map(|one| {
        format!(
            "<tr><td>{} {}</td><td>{}</td></tr>\n",
            one.level,
            html(&one.name),
            html(&one.response)
        )
    });
    let signals =
        record.watch.signals.iter().map(|one| {
            format!("<tr><td>{}</td><td>{}</td></tr>\n", html(&one.name), threshold(one))
        });
    let body = [
        block("Watch", &["Signal", "Alerts"], signals.collect()),
        block("Rollback", &["From T0", "By then"], steps.collect()),
        block("Commands", &["Platform", "Command"], commands.collect()),
        block("Contacts", &["For", "Reach"], contacts.collect()),
        block("Incidents", &["Severity", "Response"], incidents.collect()),
    ]
    .concat();
    section("plan", "Watch, rollback and contacts, as the checklist plans them", &body)
}

fn threshold(signal: &Signal) -> String {
    let each = if signal.per_address { ", for each address" } else { "" };
    match (signal.above, signal.per) {
        (Some(above), Some(Per::Hour)) => format!("above {above} an hour{each}"),
        (Some(above), Some(Per::Minute)) => format!("above {above} a minute{each}"),
        (Some(above), None) => format!("above {above}{each}"),
        (None, _) => "against the baseline".into(),
    }
}

pub(super) fn rules(record: &AuditRecord) -> String {
    let gate = &record.gate;
    let changes = gate.since_previous.as_ref().map(|since| {
        let rows: String = since
            .changes
            .iter()
            .map(|one| {
                format!(
                    "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                    html(one.item.as_ref().map_or("", |item| item.as_str())),
                    html(&one.what),
                    html(&one.from),
                    html(&one.to)
                )
            })
            .collect();
        format!(
            "<h3>What is different from {}, the last release that was signed</h3>\n{}",
            html(&since.version),
            table("plain small", &["Item", "What", "Then", "Now"], &rows)
        )
    });
    let body =
        format!("<p>{}</p>\n<p>{}</p>\n{}", gate.rule, gate.formula, changes.unwrap_or_default());
    section("rules", "How the gate is computed", &body)
}

pub(super) fn trail(record: &AuditRecord) -> Vec<String> {
    let rows = record
        .trail
        .par_chunks(ROWS)
        .map(|block| {
            let mut rows = String::with_capacity(block.len() * 512);
            block.iter().for_each(|one| row(&mut rows, one));
            rows
        })
        .collect();
    long_table("trail", "Audit trail", &["No.", "Time", "Who", "What", "Event"], rows)
}

/// Written straight into the page: a long life makes many of these.
fn row(out: &mut String, one: &TrailRow) {
    // Writing to a String cannot fail.
    let _ = write!(out, "<tr><td>{}</td><td>{}</td><td>", one.sequence, when(one.at));
    match &one.name {
        Some(name) => push_html(out, name),
        None => out.push_str(&code(one.fingerprint.as_str())),
    }
    out.push_str("<span class=\"sub\">");
    for (place, role) in one.roles.iter().enumerate() {
        out.push_str(if place > 0 { ", " } else { "" });
        out.push_str(role.words());
    }
    out.push_str("</span></td><td>");
    push_html(out, &one.text);
    if let Some(refused) = &one.refused {
        out.push_str("<span class=\"sub refused\">✗ refused, changed nothing: ");
        push_html(out, &refused.reason);
        out.push_str("</span>");
    }
    out.push_str("</td><td><code>");
    out.push_str(one.event.short());
    out.push_str("</code></td></tr>\n");
}

pub(super) fn people(record: &AuditRecord) -> String {
    let admin = &record.administration;
    let rows: String = admin
        .roster
        .iter()
        .map(|one| {
            format!(
                "<tr><td>{}<span class=\"sub\">{}</span></td><td>{}</td><td>{}</td></tr>\n",
                html(&one.name),
                html(&one.email),
                role_words(&one.roles),
                code(one.fingerprint.as_str())
            )
        })
        .collect();
    let changes: String = admin
        .changes
        .iter()
        .map(|one| {
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                one.sequence,
                when(one.at),
                html(&one.name),
                html(&one.text)
            )
        })
        .collect();
    let body = format!(
        "<dl class=\"facts\">\n{}{}{}</dl>\n{}<h3>Changes</h3>\n{}",
        pair("Must sign", &html(&admin.policy.signer_words())),
        pair("May approve exceptions", &role_words(&admin.policy.exception_approvers)),
        limits(&admin.policy) + &who_decides(admin),
        table("plain", &["Person", "Roles", "Key"], &rows),
        table("plain small", &["Event", "Time", "By", "What"], &changes)
    );
    section("people", "Roster and policy", &body)
}

fn limits(policy: &Policy) -> String {
    let freshness = policy.freshness_hours.map(|hours| format!("{hours} hours"));
    let emergency = policy.emergency.as_ref().map(|rule| {
        let hours = rule.review_hours;
        format!("{}; the others within {hours} hours after the deployment", role_words(&rule.roles))
    });
    pair("No check counts after", &freshness.unwrap_or_default())
        + &pair("In an emergency", &emergency.unwrap_or_default())
}

/// Nothing where an admin decides alone, as in all older projects.
fn who_decides(admin: &Administration) -> String {
    if admin.policy.changes == ChangeRule::Admin {
        return String::new();
    }
    let mut text = "an admin, with the consent of the roles that a change touches".to_owned();
    for one in &admin.proposed {
        let _ = write!(
            text,
            "<br>{} proposed by {} waits for {}",
            code(one.event.short()),
            html(&one.name),
            role_words(&one.waits_for)
        );
    }
    if !admin.changed_apart.is_empty() {
        let events: Vec<_> = admin.changed_apart.iter().map(|event| code(event.short())).collect();
        let _ = write!(text, "<br>changed without knowing of one another: {}", events.join(", "));
    }
    pair("Roster and policy are changed by", &text)
}

pub(super) fn integrity(record: &AuditRecord) -> String {
    let one = &record.integrity;
    let heads: Vec<_> = one.heads.iter().map(|head| code(head.as_str())).collect();
    let keys: String = one
        .keys
        .iter()
        .map(|key| {
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                code(key.fingerprint.as_str()),
                html(key.name.as_deref().unwrap_or("never on the roster")),
                key.events
            )
        })
        .collect();
    let list =
        |lines: &[&str]| lines.iter().map(|line| format!("<li>{line}</li>\n")).collect::<String>();
    let refused = if one.refused_count == 0 {
        String::new()
    } else {
        format!(" {}", badge(words::Mark { sign: "✗", word: "some were refused", tone: "quiet" }))
    };
    let body = format!(
        "<dl class=\"facts\">\n{}{}{}{}</dl>\n{}<h3>What this shows</h3>\n<ul>\n{}</ul>\n\
         <h3>What this does not show</h3>\n<ul>\n{}</ul>\n<p>VERIFY.md in the same bundle tells how to \
         check all of this with stock ssh-keygen, sha256sum and jq.</p>\n",
        pair("Ledger heads", &heads.join("<br>")),
        pair(
            "Events",
            &format!("{}, {} of them refused{refused}", one.event_count, one.refused_count)
        ),
        pair("Signature namespace", &code(one.namespace)),
        pair("Method", &html(one.method)),
        table("plain", &["Key that signed", "Name", "Events"], &keys),
        list(&one.proves),
        list(&one.does_not_prove)
    );
    section("integrity", "Integrity", &body)
}
