//! The secrets bench: make and judge values, and keep none.

use countersign_probes::secrets::generate::{Shape, generate};
use countersign_probes::secrets::judge::{Bucket, judge_value};
use zeroize::Zeroizing;

use crate::error::Failure;
use crate::home::{Home, World};
use crate::view::StrengthView;

impl Home {
    /// As [`new_secret`], from this home's random source.
    ///
    /// # Errors
    /// [`Failure::Input`] for an unknown kind.
    pub fn generate_secret(&self, kind: &str) -> Result<Zeroizing<String>, Failure> {
        new_secret(&self.world, kind)
    }
}

/// A new secret of that kind from the system's random source; kept nowhere. Needs no home.
///
/// # Errors
/// [`Failure::Input`] for an unknown kind.
pub fn new_secret(world: &World, kind: &str) -> Result<Zeroizing<String>, Failure> {
    let shape = match kind {
        "jwt-secret" => Shape::Hex64,
        "encryption-key" => Shape::Hex32,
        "redis-password" => Shape::Base64x32,
        other => Shape::from_code(other).ok_or_else(|| Failure::Input {
            field: "kind",
            problem: format!(
                "{:?} is not a kind of secret",
                other.chars().take(40).collect::<String>()
            ),
            hint: "Use jwt-secret, encryption-key or redis-password",
        })?,
    };
    Ok(generate(shape, &mut |bytes| (world.random)(bytes)))
}

/// How strong a value is. The value is not kept.
#[must_use]
pub fn judge_secret(name: &str, value: &Zeroizing<String>) -> StrengthView {
    let strength = judge_value(name, value);
    StrengthView {
        strong: strength.weaknesses.is_empty() && strength.bucket == Bucket::Strong,
        summary: strength.words(),
        length: u32::try_from(strength.length).unwrap_or(u32::MAX),
        alphabet: strength.alphabet.words().to_owned(),
        bucket: strength.bucket.words().to_owned(),
    }
}
