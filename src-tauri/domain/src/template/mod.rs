//! Checklists as data: sections, items, how each is verified. A release pins one exact
//! template by the SHA-256 of its file, so nobody can move the goal after the shot.

mod built_in;
mod check;
pub mod markdown;
mod parse;
mod place;

#[cfg(test)]
mod tests;

pub use built_in::{BUILT_IN, built_in};
pub use check::{CATALOGS, MAX_GUIDANCE, MAX_TITLE};
pub use parse::{BadTemplate, Loaded, MAX_BYTES, Unwritable};
pub use place::place_of;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::ItemId;
use crate::member::Role;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Blocks the deployment; no exception is possible.
    Critical,
    /// Blocks the deployment unless an exception is approved.
    High,
    /// Counts in the score, and does not block.
    Recommended,
}

impl Severity {
    /// The code that files and JSON carry.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Recommended => "recommended",
        }
    }

    /// What the item weighs in the score.
    #[must_use]
    pub fn weight(self) -> u32 {
        match self {
            Self::Critical => 5,
            Self::High => 3,
            Self::Recommended => 1,
        }
    }
}

/// When an item is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before the deployment: gates it.
    Before,
    /// The test results that are required before the deployment: gate it.
    Tests,
    /// The final block that the three roles go through: gates the deployment.
    SignOff,
    /// Right after the deployment: gates closing the release.
    After,
    /// The watch that follows: gates closing the release.
    Watch,
}

impl Phase {
    /// Whether items of this phase must be settled before the deployment.
    #[must_use]
    pub fn gates_deployment(self) -> bool {
        matches!(self, Self::Before | Self::Tests | Self::SignOff)
    }
}

/// Who or what settles an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verify {
    /// The machine must see it pass; a tick does not help.
    Probe,
    /// A person ticks it.
    Person,
    /// The machine must see it pass and a person must tick it.
    Both,
    /// The machine, and where it could not tell, a person with a note.
    ProbeOrPerson,
    /// Follows from the rest of the release; nobody ticks it.
    Computed,
}

/// What a computed item follows from. Exactly one field is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Computed {
    /// Every gating item of this severity is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Every item of these sections is settled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<String>,
    /// This role's sign-off is current.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// One use of a probe by an item: the probe's name and its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeUse {
    /// The probe's name (`tls.legacy-refused`).
    #[serde(rename = "use")]
    pub name: String,
    /// Parameters, checked against the probe's own schema when a template is loaded.
    #[serde(flatten)]
    pub params: Map<String, Value>,
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Stable across versions of the template.
    pub id: ItemId,
    /// The claim, in one line.
    pub title: String,
    /// Overrides the section's severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Who settles it.
    pub verify: Verify,
    /// The probes that look, for `probe`, `both` and `probe-or-person`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<ProbeUse>,
    /// What a computed item follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Computed>,
    /// How to do it, as Markdown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub guidance: String,
    /// Control ids beyond the section's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
    /// Hours after which a machine's verdict is too old to sign on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freshness_hours: Option<u32>,
    /// Whether an exception may be approved; by default not for critical items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<bool>,
}

/// A group of items that are done together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Stable across versions of the template.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// How much its items matter.
    pub severity: Severity,
    /// When its items are due.
    pub phase: Phase,
    /// Minutes it takes, from and to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<(u32, u32)>,
    /// What happens to those who skip it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub risk: String,
    /// How to do it, as Markdown, with commands and configuration samples.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub guidance: String,
    /// Control ids: `asvs:v5.0.0-11.5.1`, `nist-800-53r5:IA-5`, `pci-dss-4.0.1:8.6.2`,
    /// `soc2:CC6.1`, `iso-27001-2022:A.5.17`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
    /// Its items.
    #[serde(default, rename = "item", skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
}

/// One deadline of the rollback plan, counted from the moment of trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackStep {
    /// Minutes from T0; 0 means at once.
    pub within_minutes: u32,
    /// What must be done by then.
    pub action: String,
}

/// A command that goes back to the last good version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackCommand {
    /// Kubernetes, Docker Compose, PM2.
    pub platform: String,
    /// The command or commands, one a line.
    pub command: String,
}

/// The way back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// Deadlines in order.
    #[serde(default, rename = "step", skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<RollbackStep>,
    /// Commands by platform.
    #[serde(default, rename = "command", skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<RollbackCommand>,
}

/// Whom to reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// What the contact answers for.
    pub role: String,
    /// E-mail, phone or channel.
    pub address: String,
}

/// What an incident of one severity sets in motion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentLevel {
    /// 1 is the worst.
    pub level: u8,
    /// Critical, high, medium.
    pub name: String,
    /// What is done, and how fast.
    pub response: String,
}

/// Over which time a threshold counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// Sixty minutes.
    Hour,
    /// Sixty seconds.
    Minute,
}

/// One signal of the watch and the count above which it alerts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// The watch item that it belongs to.
    pub item: ItemId,
    /// Its name.
    pub name: String,
    /// Fires above this count; none for signals that are judged against a baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<u32>,
    /// The window of the count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Per>,
    /// Whether the count is kept for each client address on its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub per_address: bool,
}

/// The watch after the deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// How long it lasts.
    #[serde(default)]
    pub hours: u32,
    /// What it looks at.
    #[serde(default, rename = "signal", skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
}

/// A versioned checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Version of the file format: 1.
    pub format: u32,
    /// Its name in commands and files.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// The team's own version of it.
    pub version: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Months until the next review after a deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_months: Option<u32>,
    /// Its sections.
    #[serde(default, rename = "section", skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
    /// The way back.
    #[serde(default)]
    pub rollback: Rollback,
    /// Whom to reach.
    #[serde(default, rename = "contact", skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// Incident severities.
    #[serde(default, rename = "incident", skip_serializing_if = "Vec::is_empty")]
    pub incidents: Vec<IncidentLevel>,
    /// The watch after the deployment.
    #[serde(default)]
    pub watch: Watch,
}

impl Template {
    /// Every item with its section, in order.
    pub fn items(&self) -> impl Iterator<Item = (&Section, &Item)> {
        self.sections
            .iter()
            .flat_map(|section| section.items.iter().map(move |item| (section, item)))
    }

    /// The item of that id.
    #[must_use]
    pub fn item(&self, id: &ItemId) -> Option<(&Section, &Item)> {
        self.items().find(|(_, item)| &item.id == id)
    }
}

impl Item {
    /// Its own severity, or its section's.
    #[must_use]
    pub fn severity_in(&self, section: &Section) -> Severity {
        self.severity.unwrap_or(section.severity)
    }

    /// Whether an exception may ever be approved for it.
    #[must_use]
    pub fn may_be_excepted(&self, section: &Section) -> bool {
        let severity = self.severity_in(section);
        severity != Severity::Critical
            && self.verify != Verify::Computed
            && self.exception.unwrap_or(true)
    }
}
