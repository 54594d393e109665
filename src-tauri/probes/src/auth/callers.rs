//! Who asks for the user's record: everybody who must be refused, then the bearer of the
//! valid token, then somebody without one again.

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use crate::auth::forged::{Forged, Kind, forge};
use crate::auth::tokens;
use crate::http::visit::Ask;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Without a token.
    Nobody,
    /// With something that is no token.
    Garbage,
    /// With a forged token.
    Forged(Kind),
    /// With the valid token.
    Bearer,
    /// Without a token, right after the valid one: a cache must not give it away.
    NobodyAfter,
}

impl Caller {
    /// The caller in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Nobody => "without a token",
            Self::Garbage => "with garbage",
            Self::Forged(kind) => kind.words(),
            Self::Bearer => "with the valid token",
            Self::NobodyAfter => "without a token, right after the valid one",
        }
    }
}

/// The callers and their questions, in the order of asking. `secret` is what signs tokens,
/// when that is known.
#[must_use]
pub fn all(
    bare: &Ask,
    token: Option<&Zeroizing<String>>,
    secret: Option<&Zeroizing<String>>,
    now: DateTime<Utc>,
) -> Vec<(Caller, Ask)> {
    let garbage = format!("Bearer {}", tokens::GARBAGE);
    let mut callers = vec![
        (Caller::Nobody, bare.clone()),
        (Caller::Garbage, bare.clone().header("authorization", &garbage)),
    ];
    let Some(token) = token else { return callers };
    for Forged { kind, token } in forge(token, secret.map(|secret| secret.as_str()), now) {
        callers.push((Caller::Forged(kind), bare.clone().bearer(token)));
    }
    callers.push((Caller::Bearer, bare.clone().bearer(token.clone())));
    callers.push((Caller::NobodyAfter, bare.clone()));
    callers
}
