//! Claim: a password or token is long and hard to guess.

use serde::Deserialize;

use super::judge::{Bucket, Strength};
use super::value::{self, Value};
use crate::context::Context;
use crate::probe::{Definition, Judgement, Observation, Probe};

/// `secrets.strong-value`
pub struct StrongValue;

/// Which secret, and how long at least.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The secret's name in the environment.
    pub secret: String,
    /// Least bytes of key material.
    #[serde(default = "thirty_two")]
    pub min_bytes: usize,
}

fn thirty_two() -> usize {
    32
}

impl Probe for StrongValue {
    type Params = Params;
    type Facts = Value;

    const DEFINITION: Definition = Definition {
        name: "secrets.strong-value",
        rules: 1,
        claim: "The secret is set, long, hard to guess and used for one purpose only.",
        why: "Redis and PostgreSQL answer thousands of guesses a second; only length and \
              randomness stop them.",
        how: "Finds the value by its reference; decodes hex and base64 to count real bytes; \
              estimates guesses as zxcvbn does; compares with known and placeholder values and \
              with the environment's other secrets. Nothing is sent or shown.",
        blind: "Cannot know whether the value was published elsewhere.",
        remedy: "Generate 32 random bytes in base64 with `countersign secrets generate` and \
                 set them on both sides. 5 minutes.",
        active: false,
    };

    fn expected(params: &Params) -> String {
        format!("at least {} bytes that cannot be guessed, not used elsewhere", params.min_bytes)
    }

    async fn observe(cx: &Context, params: &Params) -> Observation<Value> {
        value::look(cx, &params.secret)
    }

    fn judge(facts: &Value, params: &Params) -> Judgement {
        value::judge(facts, wrong(&facts.strength, params.min_bytes), Self::expected(params))
    }

    fn check(params: &Params) -> Result<(), String> {
        if (8..=1024).contains(&params.min_bytes) {
            return Ok(());
        }
        Err(format!("`min_bytes` is {}: expected 8 to 1024", params.min_bytes))
    }
}

/// What this claim finds wrong, to follow "it"; [`Strength::weaknesses`] come on top.
#[must_use]
pub fn wrong(strength: &Strength, min_bytes: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    if strength.bytes < min_bytes {
        wrong.push(format!("has {} bytes of key material, fewer than {min_bytes}", strength.bytes));
    }
    if strength.bucket < Bucket::Strong && strength.weaknesses.is_empty() {
        wrong.push("can be guessed".to_owned());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::judge::judge_value;
    use countersign_domain::finding::Outcome;

    fn verdict(value: &str) -> Judgement {
        let strength = judge_value("REDIS_PASSWORD", value);
        let facts = Value { name: "REDIS_PASSWORD".into(), strength, reused_as: Vec::new() };
        StrongValue::judge(&facts, &Params { secret: "REDIS_PASSWORD".into(), min_bytes: 32 })
    }

    #[test]
    fn thirty_two_bytes_pass_in_each_usual_form() {
        for (name, value) in [
            ("base64", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQm83vEjRWeJA="),
            ("base64url", "3-2KLSxT8uQ_mN0vYpWfXc4RkHsJ9aZbG7iE1tD5oL6"),
            ("hex", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
            ("printable", "v9$Kq!x2@Lm#7pZ%wR4^tY8&nB3*cF6(uJ"),
        ] {
            assert_eq!(verdict(value).outcome, Outcome::Pass, "{name}: {:?}", verdict(value));
        }
    }

    #[test]
    fn each_bad_twin_fails_for_its_own_reason() {
        for (name, value, reason) in [
            ("sixteen bytes in hex", "9f86d081884c7d659a2feaa0c55ad015", "16 bytes"),
            ("the example of redis.conf", "foobared", "everybody tries"),
            ("cut short by #", "p@ss", "4 bytes"),
            ("a placeholder", "your-redis-password-goes-in-this-place-now", "placeholder"),
            ("words", "passwordpasswordmonkeydragonletmeinqwerty", "can be guessed"),
        ] {
            let judged = verdict(value);
            assert_eq!(judged.outcome, Outcome::Fail, "{name}");
            assert!(judged.summary.contains(reason), "{name}: {}", judged.summary);
        }
    }
}
