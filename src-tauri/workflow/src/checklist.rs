//! A release as the Markdown checklist it came from, with its boxes ticked: for those who
//! review in a text editor or a pull request.

use countersign_domain::id::{ItemId, ProjectId, ReleaseId};
use countersign_domain::template::markdown::{BoxState, export};

use crate::error::Failure;
use crate::home::Home;
use crate::query;
use crate::view::{ItemRow, ItemState};

impl Home {
    /// The release's checklist in Markdown. A settled item is ticked and says by what; an
    /// open one says what is missing.
    ///
    /// # Errors
    /// An unknown project or release, or ledger trouble.
    pub fn checklist(&self, project: &ProjectId, release: &ReleaseId) -> Result<String, Failure> {
        let view = self.release(project, release)?;
        let rows: Vec<&ItemRow> = view.sections.iter().flat_map(|section| &section.items).collect();
        let state = |id: &ItemId| {
            rows.iter().find(|row| row.id == id.as_str()).map_or(BoxState::Open, |row| box_of(row))
        };
        self.read(project, |fold| {
            let (_, known) = query::find(fold, release)?;
            Ok(export(&known.template, &state))
        })
    }
}

fn box_of(row: &ItemRow) -> BoxState {
    match row.state {
        ItemState::Settled => BoxState::TickedWith(settled_by(row)),
        ItemState::Excepted => {
            BoxState::TickedWith(row.exception.as_ref().map_or_else(String::new, |exception| {
                let by = exception.decided_by.as_deref().unwrap_or_default();
                format!("Exception until {}, approved by {by}", exception.expires_at)
            }))
        }
        ItemState::Open | ItemState::Failed => BoxState::OpenWith(capital(&row.missing)),
    }
}

fn settled_by(row: &ItemRow) -> String {
    let machine = row.machine.as_ref().map(|machine| machine.summary.clone());
    let person = row.tick.as_ref().map(|tick| match tick.note.as_str() {
        "" => format!("{}, {}", tick.by, tick.at),
        note => format!("{}, {}: {note}", tick.by, tick.at),
    });
    let said: Vec<_> =
        [machine, person].into_iter().flatten().filter(|text| !text.is_empty()).collect();
    said.join("; ")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
