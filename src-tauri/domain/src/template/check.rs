//! The rules that a template must keep beyond its shape.

use std::collections::HashSet;

use super::parse::BadTemplate;
use super::place::{Places, Step};
use super::{Item, Phase, Section, Severity, Template, Verify};
use crate::id::ItemId;

/// The catalogs that a control id may come from.
pub const CATALOGS: [&str; 5] =
    ["asvs", "nist-800-53r5", "pci-dss-4.0.1", "soc2", "iso-27001-2022"];

/// The longest title, in characters.
pub const MAX_TITLE: usize = 300;
/// The longest guidance, in characters.
pub const MAX_GUIDANCE: usize = 20_000;
const MAX_HOURS: u32 = 8_760;

/// A place in the file and the words that lead to it, grown on the way down.
#[derive(Clone)]
struct At<'p, 't> {
    places: &'p Places<'t>,
    path: Vec<Step<'p>>,
    words: String,
}

impl<'p> At<'p, '_> {
    fn key(&self, key: &'p str) -> Self {
        let mut at = self.clone();
        at.path.push(Step::Key(key));
        at
    }

    fn nth(&self, key: &'p str, index: usize) -> Self {
        let mut at = self.key(key);
        at.path.push(Step::At(index));
        at
    }

    fn named(mut self, kind: &str, name: &str) -> Self {
        self.words = format!("{}{kind} {name:?}: ", self.words);
        self
    }

    fn refuse<T>(&self, message: &str, hint: &str) -> Result<T, BadTemplate> {
        let (line, column) = self.places.find(&self.path);
        let message = format!("{}{message}", self.words);
        Err(BadTemplate { line, column, message, hint: hint.to_owned() })
    }

    fn title(&self, key: &'p str, text: &str) -> Result<(), BadTemplate> {
        if text.trim().is_empty() {
            return self.key(key).refuse(&format!("{key} is empty"), "Write a few words");
        }
        self.bounded(key, text, MAX_TITLE)
    }

    fn bounded(&self, key: &'p str, text: &str, most: usize) -> Result<(), BadTemplate> {
        let length = text.chars().count();
        if length <= most {
            return Ok(());
        }
        self.key(key).refuse(
            &format!("{key} has {length} characters"),
            &format!("At most {most} characters are kept: shorten it"),
        )
    }

    fn id(&self, text: &str) -> Result<(), BadTemplate> {
        match ItemId::parse(text) {
            Ok(_) => Ok(()),
            Err(bad) => self.key("id").refuse(
                &format!("{:?} is not an id", bad.value),
                "Use lower-case letters, digits, '-' and '.', at most 80",
            ),
        }
    }
}

/// # Errors
/// The first rule that is broken, with its place.
pub(super) fn check(template: &Template, places: &Places<'_>) -> Result<(), BadTemplate> {
    let root = At { places, path: Vec::new(), words: String::new() };
    if template.format != 1 {
        let message = format!("format {} is not known", template.format);
        return root.key("format").refuse(&message, "This program reads format = 1");
    }
    root.id(&template.id)?;
    root.title("title", &template.title)?;
    root.title("version", &template.version)?;
    root.bounded("description", &template.description, MAX_GUIDANCE)?;
    if template.items().next().is_none() {
        return root.refuse("the template has no items", "Add at least one [[section.item]]");
    }
    let mut section_ids = HashSet::new();
    let mut item_ids = HashSet::new();
    for (index, section) in template.sections.iter().enumerate() {
        let at = root.nth("section", index).named("section", &section.id);
        if !section_ids.insert(section.id.as_str()) {
            return at.key("id").refuse("the id is used twice", "Give each section its own id");
        }
        of_section(section, &at)?;
        for (index, item) in section.items.iter().enumerate() {
            let at = at.nth("item", index).named("item", item.id.as_str());
            if !item_ids.insert(&item.id) {
                return at.key("id").refuse("the id is used twice", "Give each item its own id");
            }
            of_item(template, section, item, &at)?;
        }
    }
    of_rollback(template, &root)?;
    of_people(template, &root)?;
    of_watch(template, &root)
}

fn of_section(section: &Section, at: &At<'_, '_>) -> Result<(), BadTemplate> {
    at.id(&section.id)?;
    at.title("title", &section.title)?;
    at.bounded("risk", &section.risk, MAX_GUIDANCE)?;
    at.bounded("guidance", &section.guidance, MAX_GUIDANCE)?;
    if let Some((from, to)) = section.minutes.filter(|(from, to)| from > to) {
        let message = format!("minutes go from {from} down to {to}");
        return at.key("minutes").refuse(&message, "Write the smaller number first");
    }
    of_controls(&section.controls, at)
}

fn of_controls(controls: &[String], at: &At<'_, '_>) -> Result<(), BadTemplate> {
    for (index, control) in controls.iter().enumerate() {
        if !is_control(control) {
            return at.nth("controls", index).refuse(
                &format!("{control:?} is not a control id"),
                &format!("Write catalog:id with a catalog of {}", CATALOGS.join(", ")),
            );
        }
    }
    Ok(())
}

fn is_control(text: &str) -> bool {
    let Some((catalog, id)) = text.split_once(':') else { return false };
    CATALOGS.contains(&catalog)
        && (1..=80).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_()".contains(&b))
}

fn of_item(
    template: &Template,
    section: &Section,
    item: &Item,
    at: &At<'_, '_>,
) -> Result<(), BadTemplate> {
    at.title("title", &item.title)?;
    at.bounded("guidance", &item.guidance, MAX_GUIDANCE)?;
    of_controls(&item.controls, at)?;
    if item.freshness_hours.is_some_and(|hours| !(1..=MAX_HOURS).contains(&hours)) {
        return at.key("freshness_hours").refuse(
            "freshness_hours is out of range",
            &format!("Give hours from 1 to {MAX_HOURS}"),
        );
    }
    if item.exception == Some(true) && item.severity_in(section) == Severity::Critical {
        return at.key("exception").refuse(
            "a critical item allows no exception",
            "Remove the key, or lower the severity",
        );
    }
    of_probes(item, at)?;
    of_computed(template, item, at)
}

fn of_probes(item: &Item, at: &At<'_, '_>) -> Result<(), BadTemplate> {
    let wants = matches!(item.verify, Verify::Probe | Verify::Both | Verify::ProbeOrPerson);
    if wants && item.probes.is_empty() {
        return at.key("verify").refuse(
            "the machine is to look, and no probe is named",
            "Add probes = [{ use = \"…\" }], or write verify = \"person\"",
        );
    }
    if !wants && !item.probes.is_empty() {
        return at.key("probes").refuse(
            "probes are named, and no machine is to look",
            "Remove the probes, or write verify = \"probe\", \"both\" or \"probe-or-person\"",
        );
    }
    match item.probes.iter().position(|probe| probe.name.trim().is_empty()) {
        Some(index) => at.nth("probes", index).refuse("the probe has no name", "Write use = \"…\""),
        None => Ok(()),
    }
}

fn of_computed(template: &Template, item: &Item, at: &At<'_, '_>) -> Result<(), BadTemplate> {
    let Some(computed) = &item.computed else {
        if item.verify != Verify::Computed {
            return Ok(());
        }
        return at.key("verify").refuse(
            "the item is computed, and nothing says from what",
            "Add computed = { severity = \"…\" }, { sections = […] } or { role = \"…\" }",
        );
    };
    if item.verify != Verify::Computed {
        return at
            .key("computed")
            .refuse("only computed items follow from others", "Write verify = \"computed\"");
    }
    let sources = usize::from(computed.severity.is_some())
        + usize::from(!computed.sections.is_empty())
        + usize::from(computed.role.is_some());
    if sources != 1 {
        return at.key("computed").refuse(
            &format!("computed names {sources} sources"),
            "Name exactly one of severity, sections and role",
        );
    }
    let known = |name: &String| template.sections.iter().any(|section| &section.id == name);
    match computed.sections.iter().position(|name| !known(name)) {
        Some(index) => at.key("computed").nth("sections", index).refuse(
            &format!("there is no section {:?}", computed.sections[index]),
            "Name sections of this template by their id",
        ),
        None => Ok(()),
    }
}

fn of_rollback(template: &Template, root: &At<'_, '_>) -> Result<(), BadTemplate> {
    let at = root.key("rollback");
    let mut last = 0;
    for (index, step) in template.rollback.steps.iter().enumerate() {
        let at = at.nth("step", index);
        at.title("action", &step.action)?;
        if step.within_minutes < last {
            return at
                .key("within_minutes")
                .refuse("the rollback steps are not in order", "Put the nearest deadline first");
        }
        last = step.within_minutes;
    }
    for (index, command) in template.rollback.commands.iter().enumerate() {
        let at = at.nth("command", index);
        at.title("platform", &command.platform)?;
        at.bounded("command", &command.command, MAX_GUIDANCE)?;
    }
    Ok(())
}

fn of_people(template: &Template, root: &At<'_, '_>) -> Result<(), BadTemplate> {
    for (index, contact) in template.contacts.iter().enumerate() {
        let at = root.nth("contact", index);
        at.title("role", &contact.role)?;
        at.title("address", &contact.address)?;
    }
    for (index, incident) in template.incidents.iter().enumerate() {
        let at = root.nth("incident", index);
        at.title("name", &incident.name)?;
        at.title("response", &incident.response)?;
    }
    Ok(())
}

fn of_watch(template: &Template, root: &At<'_, '_>) -> Result<(), BadTemplate> {
    let at = root.key("watch");
    let watch = &template.watch;
    if watch.hours > MAX_HOURS || (watch.hours == 0 && !watch.signals.is_empty()) {
        return at
            .key("hours")
            .refuse("the watch's hours are out of range", "Give hours from 1 to 8760");
    }
    for (index, signal) in watch.signals.iter().enumerate() {
        let at = at.nth("signal", index).named("watch signal", &signal.name);
        at.title("name", &signal.name)?;
        let of_watch = |(section, _): (&Section, &Item)| section.phase == Phase::Watch;
        if !template.item(&signal.item).is_some_and(of_watch) {
            return at.key("item").refuse(
                &format!(
                    "{:?} is not an item of a section with phase \"watch\"",
                    signal.item.as_str()
                ),
                "Name one of the watch items by its id",
            );
        }
        if signal.above.is_some() != signal.per.is_some() {
            return at.refuse(
                "a threshold is a count and a window",
                "Give both above and per, or neither",
            );
        }
    }
    Ok(())
}
