//! The record in the forms that people read. Each is made from the record alone and
//! escapes whatever people and servers wrote.

mod checklist;
mod csv;
mod html;
mod legend;
mod markdown;
mod words;

pub use checklist::checklist;
pub use csv::items_csv;
pub use html::report_html;
pub use legend::{Legend, legend};
pub use markdown::report_md;
pub use words::Mark;
