//! The demo's checklist: the built-in one without what the demo's target does not have, so
//! that every claim left in it is really put to the test.

use countersign_domain::template::{Item, Loaded, Template, Verify, Watch, built_in};

use super::tree;
use crate::error::Failure;
use crate::release::DEFAULT_TEMPLATE;
use crate::template;

/// The demo checklist's id.
pub(super) const ID: &str = "demo-security";

/// Families of claims that the target has something to show for.
const FAMILIES: [&str; 7] = ["secrets", "git", "tls", "http", "cors", "headers", "auth"];

/// What is left for a person, so that there is something to tick.
const FOR_A_PERSON: [&str; 2] = ["websocket.jwt", "signoff.rollback-tested"];

const DESCRIPTION: &str = "\
A demo. The target is a small server inside Countersign, on this machine, with planted
faults. The claims are those of the production checklist as far as the target has
something to show for them. Nothing here says anything about a real system.
";

const SOCKET: &str = "\
The demo's socket is looked at by a person. With the faults it lets anybody in; repaired,
it refuses a missing or wrong token with `44` and lets the demo's own in with `40`. Write
into the note that this is the demo.
";

/// The demo checklist.
///
/// # Errors
/// [`Failure::Template`] when the built-in one cannot be cut down to it.
pub(super) fn checklist() -> Result<Loaded, Failure> {
    let text = built_in(DEFAULT_TEMPLATE).unwrap_or_default();
    let full = template::load(DEFAULT_TEMPLATE, text)?.template;
    let toml = cut_down(full).to_toml().map_err(|error| Failure::Demo(error.to_string()))?;
    template::load(ID, &toml)
}

fn cut_down(full: Template) -> Template {
    let mut sections = full.sections;
    for section in &mut sections {
        section.items.iter_mut().for_each(leave_to_a_person);
        section.items.retain(is_kept);
    }
    sections.retain(|section| !section.items.is_empty());
    let known: Vec<_> = sections.iter().map(|section| section.id.clone()).collect();
    for section in &mut sections {
        for item in &mut section.items {
            if let Some(computed) = &mut item.computed {
                computed.sections.retain(|id| known.contains(id));
            }
            if item.id.as_str() == FOR_A_PERSON[0] {
                SOCKET.clone_into(&mut item.guidance);
            }
        }
        section
            .items
            .retain(|item| item.verify != Verify::Computed || follows_from_something(item));
    }
    Template {
        id: ID.to_owned(),
        title: format!("Demo: {}", full.title),
        version: format!("{}-demo", full.version),
        description: DESCRIPTION.to_owned(),
        sections,
        watch: Watch::default(),
        ..full
    }
}

/// Takes the probes off what stays for a person in the demo, whatever they could do elsewhere.
fn leave_to_a_person(item: &mut Item) {
    if FOR_A_PERSON.contains(&item.id.as_str()) {
        item.verify = Verify::Person;
        item.probes.clear();
        item.freshness_hours = None;
    }
}

fn is_kept(item: &Item) -> bool {
    match item.verify {
        Verify::Person => FOR_A_PERSON.contains(&item.id.as_str()),
        Verify::Computed => true,
        Verify::Probe | Verify::Both | Verify::ProbeOrPerson => item.probes.iter().all(|probe| {
            let family = probe.name.split('.').next().unwrap_or_default();
            let secret = probe.params.get("secret").and_then(|name| name.as_str());
            FAMILIES.contains(&family) && secret.is_none_or(|name| tree::SECRETS.contains(&name))
        }),
    }
}

fn follows_from_something(item: &Item) -> bool {
    item.computed.as_ref().is_some_and(|computed| {
        computed.severity.is_some() || computed.role.is_some() || !computed.sections.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_checklist_says_that_it_is_one_and_asks_for_nothing_the_target_lacks() {
        let loaded = checklist().expect("the built-in template can be cut down");
        let template = &loaded.template;
        assert_eq!(template.id, ID);
        assert!(template.title.starts_with("Demo") && template.description.starts_with("A demo"));
        let probes: Vec<_> =
            template.items().flat_map(|(_, item)| &item.probes).map(|probe| &probe.name).collect();
        assert!(probes.len() >= 20, "{probes:?}");
        for family in ["redis", "postgres", "command"] {
            assert!(probes.iter().all(|name| !name.starts_with(family)), "{probes:?}");
        }
        let people = template.items().filter(|(_, item)| item.verify == Verify::Person).count();
        assert_eq!(people, FOR_A_PERSON.len());
    }
}
