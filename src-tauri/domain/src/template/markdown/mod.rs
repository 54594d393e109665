//! Checklists as Markdown: teams already keep them in that form, and read them in it.
//! Whatever has headings and `- [ ]` boxes becomes a template; a template becomes a
//! document of headings and boxes that reads back to the same boxes.

mod draft;
mod export;
mod heading;
mod import;
mod inline;
mod outline;
mod repair;
mod slug;

pub use export::{BoxState, export};
pub use import::{BadMarkdown, Imported, import};

#[cfg(test)]
mod tests;
