//! VERIFY.md: the recipe for a reader who trusts stock tools more than this program.

use crate::record::AuditRecord;
use crate::text::{markdown, utc};

const RECIPE: &str = include_str!("recipe.md");

/// The recipe, filled in for one record.
pub(crate) fn recipe(record: &AuditRecord) -> String {
    let id = &record.identity;
    let heads: Vec<_> = record.integrity.heads.iter().map(|head| format!("- `{head}`")).collect();
    let values = [
        ("NAME", markdown(&format!("{} {}", id.project_name, id.version))),
        ("RELEASE", id.release.to_string()),
        ("AS_OF", utc(record.as_of)),
        ("PROGRAM", markdown(&record.program)),
        ("EVENTS", record.integrity.event_count.to_string()),
        ("HEADS", heads.join("\n")),
    ];
    // One pass over the template, so that a value can never be taken for a placeholder.
    let mut out = String::with_capacity(RECIPE.len() + 512);
    let mut rest = RECIPE;
    while let Some((before, after)) = rest.split_once('@') {
        out.push_str(before);
        let value = values
            .iter()
            .find_map(|(name, value)| Some((value, after.strip_prefix(name)?.strip_prefix('@')?)));
        match value {
            Some((value, after)) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push('@');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
