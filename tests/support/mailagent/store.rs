//! The secrets of one deployment in AWS Secrets Manager, as moto plays it: the application
//! reads them there when it starts, and all of them are replaced on a schedule.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::fault::Fault;
use super::secrets::Secrets;
use crate::moto::Moto;

const REGION: &str = "eu-central-1";
/// Days between two rotations.
const EVERY_DAYS: u32 = 30;
/// What the store keeps: the name in it, and that of the secret.
const KEPT: [(&str, &str); 4] = [
    ("jwt-secret", "JWT_SECRET"),
    ("encryption-key", "ENCRYPTION_KEY"),
    ("redis-password", "REDIS_PASSWORD"),
    ("db-password", "DB_PASSWORD"),
];
/// What opens the store.
const KEYS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// The part of the store that is one deployment's: deployments may share a server.
#[derive(Debug, Clone)]
pub struct SecretStore {
    server: Arc<Moto>,
    folder: String,
    /// By their names in the folder.
    values: Vec<(&'static str, String)>,
    /// What opens it.
    keys: Vec<(&'static str, String)>,
}

impl SecretStore {
    /// Puts the secrets into the store, in a folder that nobody else has.
    pub(super) fn filled(server: Arc<Moto>, secrets: &Secrets) -> Result<Self> {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let folder = format!("mailagent-{}", FOLDERS.fetch_add(1, Ordering::Relaxed));
        let named = |(name, secret)| secrets.value(secret).map(|value| (name, value));
        let values = KEPT.into_iter().map(named).collect::<Result<_>>()?;
        let keys = KEYS.map(|name| (name, name)).into_iter().map(named).collect::<Result<_>>()?;
        let store = Self { server, folder, values, keys };
        for (name, value) in &store.values {
            store.put(name, value)?;
            store.schedule(name)?;
        }
        Ok(store)
    }

    /// Undoes every fault: all secrets are there, and replaced on a schedule.
    pub(super) fn mend(&self) -> Result<()> {
        for (name, _) in &self.values {
            // One that waits for its removal can't be replaced.
            self.about(name, "RestoreSecret", json!({}))?;
            self.unschedule(name)?;
            self.schedule(name)?;
        }
        Ok(())
    }

    /// Plants the faults that are in the store.
    pub(super) fn plant(&self, faults: &[Fault]) -> Result<()> {
        for fault in faults {
            if let Fault::Stored(plant) = fault {
                plant(self)?;
            }
        }
        Ok(())
    }

    /// Deletes a secret, as a person does it by mistake: it could be brought back for a week.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn delete(&self, name: &str) -> Result<()> {
        self.about(name, "DeleteSecret", json!({ "RecoveryWindowInDays": 7 }))
    }

    /// Keeps a secret that nothing replaces on a schedule, in the place of the one that is.
    ///
    /// # Errors
    /// When the store does not keep it, or refuses.
    pub fn unschedule(&self, name: &str) -> Result<()> {
        let kept = self.values.iter().find(|(kept, _)| *kept == name);
        let (_, value) = kept.with_context(|| format!("the store keeps no {name}"))?;
        self.about(name, "DeleteSecret", json!({ "ForceDeleteWithoutRecovery": true }))?;
        self.put(name, value)
    }

    fn put(&self, name: &str, value: &str) -> Result<()> {
        self.ask("CreateSecret", &json!({ "Name": self.path(name), "SecretString": value }))
    }

    fn schedule(&self, name: &str) -> Result<()> {
        let rules = json!({ "AutomaticallyAfterDays": EVERY_DAYS });
        // Without a function that replaces it, the new version has no value.
        let body = json!({ "RotationRules": rules, "RotateImmediately": false });
        self.about(name, "RotateSecret", body)
    }

    /// Where it is, as an environment names it.
    pub(super) fn target(&self) -> String {
        format!("aws://{REGION}?endpoint={}", self.server.url())
    }

    /// The names of all that it keeps, as the fact `stored_secrets` wants them.
    pub(super) fn names(&self) -> String {
        KEPT.map(|(name, _)| self.path(name)).join(", ")
    }

    /// What the application must be told to read from it.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut all = self.keys.clone();
        all.push(("AWS_REGION", REGION.to_owned()));
        all.push(("AWS_ENDPOINT_URL", self.server.url()));
        all.push(("SECRET_STORE", self.folder.clone()));
        all
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    fn about(&self, name: &str, action: &str, mut body: Value) -> Result<()> {
        body["SecretId"] = self.path(name).into();
        self.ask(action, &body)
    }

    fn ask(&self, action: &str, body: &Value) -> Result<()> {
        self.server.secrets_manager(REGION, action, &body.to_string()).map(|_| ())
    }
}
