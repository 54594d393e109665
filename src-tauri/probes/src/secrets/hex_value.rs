//! Claim: a key is so many random bytes, written in hexadecimal.

use serde::Deserialize;

use super::judge::Strength;
use super::value::{self, Value};
use crate::context::Context;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// `secrets.hex-value`
pub struct HexValue;

/// Which secret, and how long.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The secret's name in the environment.
    pub secret: String,
    /// Bytes of key material; twice as many hexadecimal characters.
    pub bytes: usize,
}

impl Probe for HexValue {
    type Params = Params;
    type Facts = Value;

    const DEFINITION: Definition = Definition {
        name: "secrets.hex-value",
        rules: 1,
        claim: "The key is exactly so many random bytes, written in hexadecimal.",
        why: "A short or guessable signing key lets anyone issue tokens; a short encryption \
              key is refused or padded.",
        how: "Finds the value by its reference and judges length, alphabet and randomness in \
              memory. Nothing is sent, and the value is never shown.",
        blind: "Cannot know whether the running application uses this value, nor where the \
                bytes came from.",
        remedy: "Generate a new one with `countersign secrets generate`, store it where the \
                 reference points, restart the application. 5 minutes.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        let Params { bytes, .. } = params;
        format!("{bytes} random bytes as {} hexadecimal characters", bytes.saturating_mul(2))
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Value> {
        value::look(cx, &params.secret)
    }

    fn judge(facts: &Value, params: &Params) -> Judgement {
        value::judge(facts, wrong(&facts.strength, params.bytes), Self::expected(params))
    }

    fn check(params: &Params) -> Result<(), String> {
        if (8..=1024).contains(&params.bytes) {
            return Ok(());
        }
        Err(format!("`bytes` is {}: expected 8 to 1024", params.bytes))
    }
}

/// What this claim finds wrong, to follow "it"; [`Strength::weaknesses`] come on top.
#[must_use]
pub fn wrong(strength: &Strength, bytes: usize) -> Vec<String> {
    let digits = bytes.saturating_mul(2);
    let mut wrong = Vec::new();
    if !strength.alphabet.is_hex() {
        wrong.push("is not hexadecimal".to_owned());
    }
    if strength.length != digits {
        wrong.push(format!("has {} characters instead of {digits}", strength.length));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::judge::judge_value;
    use countersign_domain::finding::Outcome;

    const GOOD: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    fn verdict(value: &str, reused_as: &[&str]) -> Judgement {
        let facts = Value {
            name: "ENCRYPTION_KEY".into(),
            strength: judge_value("ENCRYPTION_KEY", value),
            reused_as: reused_as.iter().map(|name| (*name).to_owned()).collect(),
        };
        HexValue::judge(&facts, &Params { secret: "ENCRYPTION_KEY".into(), bytes: 32 })
    }

    #[test]
    fn sixty_four_random_hex_characters_pass_in_either_case() {
        assert_eq!(verdict(GOOD, &[]).outcome, Outcome::Pass, "{:?}", verdict(GOOD, &[]));
        assert_eq!(verdict(&GOOD.to_uppercase(), &[]).outcome, Outcome::Pass);
    }

    #[test]
    fn each_bad_twin_fails_for_its_own_reason_and_shows_no_value() {
        let cases = [
            ("one character short", GOOD[1..].to_owned(), "63 characters"),
            ("one too many", format!("{GOOD}0"), "65 characters"),
            ("not hex", format!("{}g", &GOOD[1..]), "not hexadecimal"),
            ("right length, two digits", "ab".repeat(32), "repeats"),
            ("the value of the longer key", GOOD.repeat(2), "128 characters"),
        ];
        for (name, value, reason) in cases {
            let judged = verdict(&value, &[]);
            assert_eq!(judged.outcome, Outcome::Fail, "{name}");
            assert!(judged.summary.contains(reason), "{name}: {}", judged.summary);
            assert!(!format!("{judged:?}").contains(&value), "{name}");
        }
    }

    #[test]
    fn one_value_for_two_purposes_fails() {
        assert!(verdict(GOOD, &["JWT_SECRET"]).summary.contains("JWT_SECRET"));
        assert_eq!(verdict(GOOD, &["JWT_SECRET"]).outcome, Outcome::Fail);
    }
}
