//! The secrets of one deployment, strong unless a fault says otherwise.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::fault::Fault;
use super::tokens::token;

const STRONG: [(&str, &str); 7] = [
    (
        "JWT_SECRET",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\
         60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    ),
    ("ENCRYPTION_KEY", "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"),
    ("REDIS_PASSWORD", "q3v9Zt0mB6yH2kX8sL4nR7wC1dF5gJ0pQ9aE3uI6oT8="),
    ("REDIS_AUDIT_PASSWORD", "Yx7nE2rT5uI8oP1aS4dF6gH9jK0lZ3cV5bN7mQ2wE4s="),
    ("DB_PASSWORD", "Vd8sPq2LmX7zRt4WbN6cY1kH9jF3gD5s"),
    ("AWS_ACCESS_KEY_ID", "KEYOFTHESTANDIN5TQ7W"),
    ("AWS_SECRET_ACCESS_KEY", "hR3v/Yk8Zq1+TnB6wLx4Pd9Jm2Sc7Gf0EaUo5Ii"),
];

/// Names and values.
#[derive(Debug, Clone)]
pub struct Secrets(BTreeMap<&'static str, String>);

impl Secrets {
    /// Strong values, with what the faults put in their place.
    pub(super) fn fresh(faults: &[Fault]) -> Self {
        Self(STRONG.map(|(name, value)| (name, value.to_owned())).into()).with(faults)
    }

    /// These, with what the faults put in their place.
    pub(super) fn with(mut self, faults: &[Fault]) -> Self {
        for fault in faults {
            if let Fault::Secret(name, value) = fault {
                self.0.insert(name, (*value).to_owned());
            }
        }
        self
    }

    /// These, with tokens of both tenants that are good for an hour.
    pub(super) fn with_tokens(mut self) -> Result<Self> {
        let secret = self.value("JWT_SECRET")?;
        for (name, tenant) in [
            ("AUTH_TOKEN", "a"),
            ("TENANT_A_TOKEN", "a"),
            ("TENANT_B_TOKEN", "b"),
            ("OTHER_TENANT_TOKEN", "b"),
        ] {
            self.0.insert(name, token(&secret, tenant, 3600)?);
        }
        Ok(self)
    }

    /// The value of a name.
    ///
    /// # Errors
    /// When there is no such name.
    pub fn value(&self, name: &str) -> Result<String> {
        self.0.get(name).cloned().with_context(|| format!("no secret is called {name}"))
    }

    /// Every name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The text with each `${NAME}` replaced.
    pub(super) fn fill(&self, text: &str) -> String {
        self.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), value)
        })
    }
}
