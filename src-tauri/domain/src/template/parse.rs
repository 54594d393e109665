//! Reads a template file. A team edits these by hand, so every refusal names the place,
//! what is wrong there and what to write instead.

use super::place::{Places, line_and_column};
use super::{Template, check};
use crate::id::Digest;

/// The largest template file that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// A template with the exact bytes it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// What the file says.
    pub template: Template,
    /// SHA-256 of the file's bytes; a release pins this.
    pub digest: Digest,
    /// The file's text, unchanged.
    pub text: String,
}

/// Why a template file cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}. {hint}")]
pub struct BadTemplate {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

/// A template that TOML cannot express, such as one with a probe parameter that is null.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the template cannot be written as TOML: {0}")]
pub struct Unwritable(#[from] toml::ser::Error);

impl Loaded {
    /// Reads and checks a template.
    ///
    /// # Errors
    /// [`BadTemplate`] when the text is over [`MAX_BYTES`], is not TOML, is not of the
    /// template's shape, or breaks one of its rules.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        if text.len() > MAX_BYTES {
            return Err(BadTemplate {
                line: 1,
                column: 1,
                message: format!("the template has {} bytes", text.len()),
                hint: format!("At most {MAX_BYTES} bytes (1 MiB) are read: split the checklist"),
            });
        }
        let places = Places::of(text).map_err(|error| of_toml(text, &error))?;
        let template: Template = toml::from_str(text).map_err(|error| of_toml(text, &error))?;
        check::check(&template, &places)?;
        Ok(Self { template, digest: Digest::of(text.as_bytes()), text: text.to_owned() })
    }
}

impl Template {
    /// The template as a TOML file that [`Loaded::parse`] reads back to the same value.
    /// The same template always gives the same text.
    ///
    /// # Errors
    /// [`Unwritable`] when a probe parameter has no TOML form.
    pub fn to_toml(&self) -> Result<String, Unwritable> {
        Ok(toml::to_string_pretty(self)?)
    }
}

fn of_toml(text: &str, error: &toml::de::Error) -> BadTemplate {
    let (line, column) = line_and_column(text, error.span().map_or(0, |span| span.start));
    let message = error.message().trim().replace('\n', ", ");
    let hint = if message.starts_with("unknown field") {
        "Remove the key, or correct its spelling"
    } else if message.starts_with("missing field") {
        "Add the key to the table that starts here"
    } else if message.starts_with("invalid type") || message.starts_with("unknown variant") {
        "Give the value the expected form"
    } else {
        "Correct the TOML here"
    };
    BadTemplate { line, column, message, hint: hint.to_owned() }
}
