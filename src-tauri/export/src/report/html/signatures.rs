//! Signature blocks in full: on the page as in the record (21 CFR 11.50(b)).

use countersign_domain::event::Decision;

use super::{badge, code, pair, section, table, when};
use crate::record::{AuditRecord, RoleBlock, SignatureRecord, StaleRecord};
use crate::report::words;
use crate::text::html;

pub(super) fn signatures(record: &AuditRecord) -> String {
    let blocks: String = record.signatures.required.iter().map(block).collect();
    let duties: String = record
        .signatures
        .separation
        .iter()
        .map(|check| {
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                check.rule,
                badge(words::duty(check.holds)),
                html(&check.detail)
            )
        })
        .collect();
    let body = format!(
        "<div class=\"blocks\">\n{blocks}</div>\n<h3>Duties kept apart</h3>\n{}{}",
        table("plain", &["Rule", "Result", "Compared"], &duties),
        history(record)
    );
    section("signatures", "Signatures", &body)
}

fn block(block: &RoleBlock) -> String {
    let mark = words::signoff(block.standing);
    let body = block.signature.as_ref().map_or_else(
        || "<p class=\"unsigned\">No signature was given.</p>\n".to_owned(),
        |one| signed(block, one),
    );
    format!(
        "<article class=\"signature {}\">\n<h3>{} {}</h3>\n{body}</article>\n",
        mark.tone,
        block.role.words(),
        badge(mark)
    )
}

fn signed(block: &RoleBlock, one: &SignatureRecord) -> String {
    let acknowledged: Vec<_> = one
        .acknowledged
        .iter()
        .map(|each| format!("{} {}", code(each.exception.as_str()), html(&each.item_title)))
        .collect();
    let acknowledged =
        if acknowledged.is_empty() { "none".to_owned() } else { acknowledged.join("<br>") };
    let then = if block.at_deployment.as_ref() == Some(&one.signer.event) {
        "this signature was current when the release went out"
    } else {
        ""
    };
    let pairs = [
        pair("Decision", &format!("<strong>{}</strong>", words::decision(one.decision))),
        pair("Meaning", &html(&one.meaning)),
        pair("Comment", &html(&one.comment)),
        pair("Signed at", &when(one.signer.at)),
        pair(
            "Local time of the signer",
            &html(one.local_time.as_deref().unwrap_or("not recorded")),
        ),
        pair("Authenticated", &html(&one.authenticated)),
        pair("Exceptions acknowledged", &acknowledged),
        pair("At the deployment", then),
        pair("Digest signed", &code(one.state.as_str())),
        pair("Key", &format!("{} {}", html(&one.algorithm), code(one.signer.fingerprint.as_str()))),
        pair("Event", &format!("{} {}", one.signer.sequence, code(one.signer.event.as_str()))),
        pair("Signature bytes", &code(&one.signature_file)),
    ];
    format!(
        "<p class=\"name\">{}</p>\n<p class=\"email\">{}</p>\n{}<dl>\n{}</dl>\n",
        html(&one.signer.name),
        html(&one.signer.email),
        one.stale.as_ref().map(|why| stale(one, why)).unwrap_or_default(),
        pairs.concat()
    )
}

fn stale(one: &SignatureRecord, stale: &StaleRecord) -> String {
    let what = match one.decision {
        Decision::Approve => "No longer covers what there is",
        Decision::Decline | Decision::Revoke => "What it spoke about has changed",
    };
    let changes: String = stale
        .changes
        .iter()
        .map(|one| {
            let item = one.item.as_ref().map(|item| format!(" of {item}")).unwrap_or_default();
            format!(
                "<li>{}{item}: from <q>{}</q> to <q>{}</q></li>\n",
                html(&one.what),
                html(&one.from),
                html(&one.to)
            )
        })
        .collect();
    format!(
        "<div class=\"stale\"><strong>{what}</strong>, since event {} at \
         {}:<ul>\n{changes}</ul></div>\n",
        stale.sequence,
        when(stale.at)
    )
}

fn history(record: &AuditRecord) -> String {
    let all = &record.signatures.history;
    if all.len() <= record.signatures.required.iter().filter(|one| one.signature.is_some()).count()
    {
        return String::new();
    }
    let rows: String = all
        .iter()
        .map(|one| {
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                one.signer.sequence,
                when(one.signer.at),
                one.role.words(),
                html(&one.signer.name),
                words::decision(one.decision),
                html(&one.comment)
            )
        })
        .collect();
    format!(
        "<h3>Every word of every role</h3>\n{}",
        table("plain", &["Event", "Time", "Role", "Name", "Decision", "Comment"], &rows)
    )
}
