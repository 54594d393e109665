//! The checklist with its boxes ticked: the form that the team started from.

use std::collections::HashMap;

use countersign_domain::id::ItemId;
use countersign_domain::template::Template;
use countersign_domain::template::markdown::{BoxState, export};

use super::words;
use crate::record::{AuditRecord, ItemEntry};
use crate::text::{date, visible};

/// The pinned template as Markdown. A box is ticked when its item is settled, excepted or
/// does not apply, and says so; every other box is open and says what is missing.
#[must_use]
pub fn checklist(record: &AuditRecord, template: &Template) -> String {
    let items: HashMap<&ItemId, &ItemEntry> =
        record.items().map(|(_, item)| (&item.id, item)).collect();
    export(template, &|id| items.get(id).map_or(BoxState::Open, |item| state(item)))
}

fn state(item: &ItemEntry) -> BoxState {
    let machine = item.machine.as_ref().map(|one| {
        let when = one.at.map(|at| format!(", {}", date(at))).unwrap_or_default();
        format!("checked: {}{when}", words::machine(item, one).word.to_lowercase())
    });
    let human = item.human.as_ref().map(|one| {
        let word = words::tick(one.tick).word.to_lowercase();
        let note = if one.note.is_empty() { String::new() } else { format!(": {}", one.note) };
        format!("{} said {word}, {}{note}", one.by.name, date(one.by.at))
    });
    let told: Vec<_> = machine.into_iter().chain(human).collect();
    let told = visible(&told.join("; ")).replace(['\n', '\t'], " ");
    match item.decided().code {
        "settled" if told.is_empty() => BoxState::Ticked,
        "settled" => BoxState::TickedWith(told),
        "excepted" => BoxState::TickedWith(join("covered by an approved exception", &told)),
        "not-applicable" => BoxState::TickedWith(told),
        _ => BoxState::OpenWith(join(&item.decided().missing, &told)),
    }
}

fn join(first: &str, rest: &str) -> String {
    if rest.is_empty() { first.to_owned() } else { format!("{first}; {rest}") }
}
