//! What a store says about one secret, in words that all stores share.

use chrono::{DateTime, Utc};
use countersign_domain::finding::Reason;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::http::visit::{Answer, BodyEnd};
use crate::probe::Doubt;

/// Longest error code of a store that is repeated.
const MAX_CODE: usize = 60;

/// A secret that the store keeps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// When its value was last replaced (or first set).
    pub replaced: Option<DateTime<Utc>>,
    /// How many values it has had, where the store says so.
    pub versions: Option<usize>,
    /// When its value runs out.
    pub expires: Option<DateTime<Utc>>,
    /// What the store says about replacing it.
    pub rotation: Rotation,
    /// A digest of the store's own identifier, which may name an account.
    pub id: Option<String>,
}

/// What a store says about replacing a secret.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Rotation {
    /// This store keeps no schedule for secrets.
    #[default]
    NoSchedule,
    /// It could, and does not.
    Off,
    /// It does.
    On {
        /// Days between two rotations.
        every_days: Option<i64>,
        /// When it last rotated the secret.
        last: Option<DateTime<Utc>>,
        /// When it will next.
        next: Option<DateTime<Utc>>,
    },
}

/// What became of the question about one secret.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// It is there.
    There(Kept),
    /// It is not, or cannot be used; why.
    Gone(String),
}

/// The body of an answer that came whole.
pub(super) fn whole(answer: &Answer) -> Result<&[u8], Doubt> {
    match answer.end {
        BodyEnd::Whole => Ok(&answer.body),
        BodyEnd::Cut => Err(odd("the answer is larger than 64 KiB")),
        BodyEnd::TimedOut => {
            Err(Doubt::new(Reason::TimedOut, "the answer did not end within the deadline"))
        }
        BodyEnd::Broken => Err(odd("the answer broke off")),
    }
}

/// The body as JSON of the documented shape.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Doubt> {
    // The parser's message may repeat parts of the body, which nobody has vouched for.
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        odd(&format!("the answer is not of the store's shape (line {line}, column {column})"))
    })
}

/// Not an answer of such a store.
pub(super) fn odd(what: &str) -> Doubt {
    Doubt::new(Reason::Unexpected, what)
}

/// An error code as a store writes it; nothing else of a message is repeated, because
/// messages name accounts and users.
pub(super) fn code(text: &str) -> String {
    let own = text.rsplit('#').next().unwrap_or_default();
    let own = own.split(':').next().unwrap_or_default();
    let fits = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    let code: String = own.trim().chars().take_while(fits).take(MAX_CODE).collect();
    if code.is_empty() { "without a code".to_owned() } else { code }
}

/// A digest that tells one identifier from another without naming the account in it.
pub(super) fn digest(id: &str) -> String {
    hex::encode(Sha256::digest(id.as_bytes())).chars().take(16).collect()
}

/// Seconds since 1970 as a time; nothing for numbers that are none.
pub(super) fn seconds(since: f64) -> Option<DateTime<Utc>> {
    // Until the year 9999.
    let fits = since.is_finite() && (0.0..=253_402_300_799.0).contains(&since);
    #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
    fits.then(|| DateTime::from_timestamp(since as i64, 0)).flatten()
}

/// A day, or a dash.
pub(super) fn day(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "–".to_owned(), |at| at.format("%Y-%m-%d").to_string())
}

impl Kept {
    /// The dates in one line.
    pub(super) fn words(&self) -> String {
        let mut parts = vec![format!("made {}", day(self.created))];
        parts.push(format!("value of {}", day(self.replaced)));
        parts.extend(self.versions.map(|count| format!("{count} versions")));
        parts.extend(self.expires.map(|at| format!("expires {}", day(Some(at)))));
        match &self.rotation {
            Rotation::NoSchedule => {}
            Rotation::Off => parts.push("rotation off".to_owned()),
            Rotation::On { every_days, last, next } => {
                let every =
                    every_days.map_or_else(String::new, |days| format!(" every {days} days"));
                parts.push(format!("rotation on{every}, last {}, next {}", day(*last), day(*next)));
            }
        }
        parts.extend(self.id.as_ref().map(|id| format!("id sha256:{id}")));
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_of_an_error_is_repeated() {
        for (text, expected) in [
            ("ResourceNotFoundException", "ResourceNotFoundException"),
            ("com.amazonaws.secretsmanager#AccessDeniedException", "AccessDeniedException"),
            ("AccessDeniedException:http://internal/", "AccessDeniedException"),
            ("User arn:aws:iam::123456789012:user/x", "User"),
            ("\u{1b}[31m", "without a code"),
            ("", "without a code"),
        ] {
            assert_eq!(code(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_date_that_is_none_is_not_made_up() {
        assert_eq!(seconds(1_700_000_000.5).map(|at| at.timestamp()), Some(1_700_000_000));
        for bad in [f64::NAN, f64::INFINITY, -1.0, 1e18] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
