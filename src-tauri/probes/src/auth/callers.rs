//! Who asks for the user's record: everybody who must be refused, then the bearer of the
//! valid token, then somebody without one again.

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use crate::auth::tokens;
use crate::http::visit::Ask;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Without a token.
    Nobody,
    /// With something that is no token.
    Garbage,
    /// With a token whose content was changed.
    Tampered,
    /// With a token that claims to need no signature.
    Unsigned,
    /// With a token signed by somebody else.
    WrongKey,
    /// With a token that ran out an hour ago.
    Expired,
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
            Self::Tampered => "with a tampered token",
            Self::Unsigned => "with an unsigned token (alg none)",
            Self::WrongKey => "with a token signed by another key",
            Self::Expired => "with an expired token",
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
    let key = [*uuid::Uuid::new_v4().as_bytes(), *uuid::Uuid::new_v4().as_bytes()].concat();
    let forged = [
        (Caller::Tampered, Some(tokens::tampered(token))),
        (Caller::Unsigned, tokens::unsigned(token)),
        (Caller::WrongKey, tokens::signed_by_another(token, &key)),
        (Caller::Expired, secret.and_then(|secret| tokens::expired(token, secret, now))),
        (Caller::Bearer, Some(token.clone())),
    ];
    for (caller, token) in forged {
        callers.extend(token.map(|token| (caller, bare.clone().bearer(token))));
    }
    callers.push((Caller::NobodyAfter, bare.clone()));
    callers
}
