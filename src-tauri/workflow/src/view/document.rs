//! A template as JSON: the same words as its TOML file, with plural names for its lists
//! and with each item's severity resolved.

use countersign_domain::template::{Item, Loaded, Section, Signal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{PhaseCode, SeverityCode, VerifyCode};
use crate::query;

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateDocument {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// SHA-256 of its file, which a release pins.
    pub sha256: String,
    /// Months until the next review after a deployment.
    pub review_months: Option<u32>,
    /// Its sections.
    pub sections: Vec<SectionDocument>,
    /// Deadlines of the way back, minutes from T0 and action.
    pub rollback_steps: Vec<(u32, String)>,
    /// Commands of the way back, platform and command.
    pub rollback_commands: Vec<(String, String)>,
    /// Whom to reach, role and address.
    pub contacts: Vec<(String, String)>,
    /// Incident severities: level, name, response.
    pub incidents: Vec<(u8, String, String)>,
    /// Hours of the watch after the deployment.
    pub watch_hours: u32,
    /// What the watch looks at.
    pub signals: Vec<SignalDocument>,
    /// The file that keeps it; none when it was only read.
    pub file: Option<String>,
    /// What a person should look at after an import.
    pub warnings: Vec<String>,
    /// Whether a wrongly decoded text was mended on import.
    pub repaired: bool,
}

/// A section of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SectionDocument {
    /// Its id.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// How much its items matter.
    pub severity: SeverityCode,
    /// When they are due.
    pub phase: PhaseCode,
    /// Minutes it takes, from and to.
    pub minutes: Option<(u32, u32)>,
    /// What happens to those who skip it.
    pub risk: String,
    /// How to do it, Markdown.
    pub guidance: String,
    /// Control ids.
    pub controls: Vec<String>,
    /// Its items.
    pub items: Vec<ItemDocument>,
}

/// An item of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ItemDocument {
    /// Its id.
    pub id: String,
    /// The claim.
    pub title: String,
    /// Its own severity, or its section's.
    pub severity: SeverityCode,
    /// Who settles it.
    pub verify: VerifyCode,
    /// The probes that look.
    pub probes: Vec<ProbeDocument>,
    /// How to do it, Markdown.
    pub guidance: String,
    /// Control ids beyond the section's.
    pub controls: Vec<String>,
    /// Hours after which a verdict is too old to sign on.
    pub freshness_hours: Option<u32>,
    /// Whether an exception may be asked for.
    pub may_be_excepted: bool,
}

/// One use of a probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeDocument {
    /// The probe.
    #[serde(rename = "use")]
    pub name: String,
    /// Its parameters.
    pub params: Map<String, Value>,
}

/// One signal of the watch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignalDocument {
    /// The item that it belongs to.
    pub item: String,
    /// Its name.
    pub name: String,
    /// Fires above this count.
    pub above: Option<u32>,
    /// The window of the count: `hour` or `minute`.
    pub per: Option<String>,
    /// Whether the count is kept for each client address on its own.
    pub per_address: bool,
}

impl TemplateDocument {
    /// The document of a template.
    #[must_use]
    pub fn of(loaded: &Loaded) -> Self {
        let template = &loaded.template;
        let steps = template.rollback.steps.iter();
        let commands = template.rollback.commands.iter();
        let incidents = template.incidents.iter();
        Self {
            id: template.id.clone(),
            title: template.title.clone(),
            version: template.version.clone(),
            description: template.description.clone(),
            sha256: loaded.digest.to_string(),
            review_months: template.review_months,
            sections: template.sections.iter().map(section).collect(),
            rollback_steps: steps.map(|step| (step.within_minutes, step.action.clone())).collect(),
            rollback_commands: commands
                .map(|known| (known.platform.clone(), known.command.clone()))
                .collect(),
            contacts: template
                .contacts
                .iter()
                .map(|contact| (contact.role.clone(), contact.address.clone()))
                .collect(),
            incidents: incidents
                .map(|known| (known.level, known.name.clone(), known.response.clone()))
                .collect(),
            watch_hours: template.watch.hours,
            signals: template.watch.signals.iter().map(signal).collect(),
            file: None,
            warnings: Vec::new(),
            repaired: false,
        }
    }
}

fn section(section: &Section) -> SectionDocument {
    SectionDocument {
        id: section.id.clone(),
        title: section.title.clone(),
        severity: query::severity_code(section.severity),
        phase: query::phase_code(section.phase),
        minutes: section.minutes,
        risk: section.risk.clone(),
        guidance: section.guidance.clone(),
        controls: section.controls.clone(),
        items: section.items.iter().map(|known| item(section, known)).collect(),
    }
}

fn item(section: &Section, item: &Item) -> ItemDocument {
    ItemDocument {
        id: item.id.to_string(),
        title: item.title.clone(),
        severity: query::severity_code(item.severity_in(section)),
        verify: query::verify_code(item.verify),
        probes: item
            .probes
            .iter()
            .map(|probe| ProbeDocument { name: probe.name.clone(), params: probe.params.clone() })
            .collect(),
        guidance: item.guidance.clone(),
        controls: item.controls.clone(),
        freshness_hours: item.freshness_hours,
        may_be_excepted: item.may_be_excepted(section),
    }
}

fn signal(signal: &Signal) -> SignalDocument {
    use countersign_domain::template::Per;
    SignalDocument {
        item: signal.item.to_string(),
        name: signal.name.clone(),
        above: signal.above,
        per: signal.per.map(|per| match per {
            Per::Hour => "hour".to_owned(),
            Per::Minute => "minute".to_owned(),
        }),
        per_address: signal.per_address,
    }
}
