//! The deployment as a relay's client sees it: other ports, the same servers.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use super::MailAgent;

impl MailAgent {
    /// Lets the environment name a relay's port instead of the one of the target `name`.
    ///
    /// # Errors
    /// When the target is not there or names no such port.
    pub fn relay(&mut self, name: &str, port: u16, relay: u16) -> Result<()> {
        let address = self.targets.get_mut(name).map(|address| {
            let relayed = address.replace(&format!(":{port}"), &format!(":{relay}"));
            std::mem::replace(address, relayed.clone()) != relayed
        });
        ensure!(address == Some(true), "the target {name} does not name port {port}");
        Ok(())
    }

    /// Every port that the environment names.
    #[must_use]
    pub fn ports(&self) -> BTreeSet<u16> {
        let numbers = self.targets.values().flat_map(|address| address.split(':').skip(1));
        numbers
            .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
            .collect()
    }
}
