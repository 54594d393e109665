//! The controls of NIST SP 800-53 that an item stands for, as each format writes them.

use crate::record::{ItemEntry, SectionRecord};

const CATALOG: &str = "nist-800-53r5:";

/// As the catalog prints them, `IA-5(7)`: of the section, then of the item, each once.
pub(super) fn nist<'a>(section: &'a SectionRecord, item: &'a ItemEntry) -> Vec<&'a str> {
    let mut found = Vec::new();
    for id in all(section, item).filter_map(|id| id.strip_prefix(CATALOG)) {
        if !found.contains(&id) {
            found.push(id);
        }
    }
    found
}

/// Every control id of section and item, with its catalog.
pub(super) fn all<'a>(
    section: &'a SectionRecord,
    item: &'a ItemEntry,
) -> impl Iterator<Item = &'a str> {
    section.controls.iter().chain(&item.controls).map(String::as_str)
}

/// As NIST's own OSCAL catalog names it: `IA-5(7)` is `ia-5.7`. `None` for what is no id
/// there, such as one with blanks.
pub(super) fn oscal_id(printed: &str) -> Option<String> {
    let id = printed.to_ascii_lowercase().replace('(', ".").replace(')', "");
    let token = id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    token.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_catalog() {
        for (printed, id) in [
            ("IA-5", Some("ia-5")),
            ("IA-5(7)", Some("ia-5.7")),
            ("AC-6(10)", Some("ac-6.10")),
            ("5.1", None),
            ("AC 6", None),
            ("", None),
        ] {
            assert_eq!(oscal_id(printed).as_deref(), id, "{printed:?}");
        }
    }
}
