//! Where things stand in a template file, so that an error about a rule of ours points
//! at a line as well as one about TOML does.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::id::ItemId;

/// One step from the root of a TOML document towards a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    Key(&'a str),
    At(usize),
}

/// The values of a document with their positions.
pub(super) struct Places<'t> {
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

impl<'t> Places<'t> {
    /// # Errors
    /// The text is not TOML.
    pub(super) fn of(text: &'t str) -> Result<Self, toml::de::Error> {
        Ok(Self { text, root: DeTable::parse(text)? })
    }

    /// Line and column of the value at `path`, or of the deepest value on the way to it:
    /// a key that is missing is reported at the table that lacks it.
    pub(super) fn find(&self, path: &[Step<'_>]) -> (usize, usize) {
        let mut table = Some(self.root.get_ref());
        let mut value: Option<&Spanned<DeValue<'_>>> = None;
        for step in path {
            let next = match (step, value.map(Spanned::get_ref)) {
                (Step::Key(key), _) => table.and_then(|table| table.get(*key)),
                (Step::At(index), Some(DeValue::Array(array))) => array.get(*index),
                (Step::At(_), _) => None,
            };
            let Some(found) = next else { break };
            value = Some(found);
            table = match found.get_ref() {
                DeValue::Table(table) => Some(table),
                _ => None,
            };
        }
        line_and_column(self.text, value.map_or(0, |value| value.span().start))
    }

    /// The positions of an item in the document: its section's number and its own.
    fn item(&self, id: &str) -> Option<(usize, usize)> {
        let sections = self.root.get_ref().get("section")?.get_ref().as_array()?;
        sections.iter().enumerate().find_map(|(s, section)| {
            let items = section.get_ref().as_table()?.get("item")?.get_ref().as_array()?;
            let i = items.iter().position(|item| {
                let table = item.get_ref().as_table();
                table.and_then(|t| t.get("id")).and_then(|v| v.get_ref().as_str()) == Some(id)
            })?;
            Some((s, i))
        })
    }
}

/// Line and column (both from 1, columns in characters) of a byte offset.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Line and column of one probe of an item in the template's text, for whoever checks
/// probe parameters. None when the text has no such item or the item no such probe.
#[must_use]
pub fn place_of(text: &str, item: &ItemId, probe_index: usize) -> Option<(usize, usize)> {
    let places = Places::of(text).ok()?;
    let (section, index) = places.item(item.as_str())?;
    let sections = places.root.get_ref().get("section")?.get_ref().as_array()?;
    let items = sections.get(section)?.get_ref().as_table()?.get("item")?.get_ref().as_array()?;
    let probes = items.get(index)?.get_ref().as_table()?.get("probes")?.get_ref().as_array()?;
    Some(line_and_column(text, probes.get(probe_index)?.span().start))
}
