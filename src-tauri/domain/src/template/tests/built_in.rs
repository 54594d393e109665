//! The checklist that comes with the program.

use std::collections::HashSet;

use crate::template::{BUILT_IN, Loaded, Phase, Severity, Template, Verify, built_in};

fn production_security() -> Template {
    let text = built_in("production-security").expect("it is built in");
    Loaded::parse(text).unwrap_or_else(|error| panic!("production-security.toml: {error}")).template
}

#[test]
fn each_section_has_its_items_severity_phase_and_minutes() {
    use Phase::{After, Before, SignOff, Tests, Watch};
    use Severity::{Critical, High, Recommended};
    let expected = [
        ("secrets", 5, Critical, Before, Some((2, 2))),
        ("redis-auth", 4, Critical, Before, Some((5, 5))),
        ("guards", 2, Critical, Before, Some((5, 5))),
        ("database", 4, High, Before, Some((15, 15))),
        ("redis-hardening", 4, High, Before, Some((10, 10))),
        ("websocket", 3, High, Before, Some((30, 30))),
        ("tls", 4, Recommended, Before, Some((20, 20))),
        ("cors", 4, Recommended, Before, Some((5, 5))),
        ("headers", 5, Recommended, Before, Some((10, 10))),
        ("secret-store", 4, Recommended, Before, Some((30, 60))),
        ("tests", 5, High, Tests, None),
        ("deployed", 5, High, After, None),
        ("signoff", 10, High, SignOff, None),
        ("watch", 6, High, Watch, None),
    ];
    let template = production_security();
    let found: Vec<_> = template
        .sections
        .iter()
        .map(|s| (s.id.as_str(), s.items.len(), s.severity, s.phase, s.minutes))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(template.items().count(), 65);
    assert_eq!(template.review_months, Some(3));
}

#[test]
fn every_item_id_starts_with_its_section_and_is_used_once() {
    let template = production_security();
    let mut seen = HashSet::new();
    for (section, item) in template.items() {
        let id = item.id.as_str();
        assert!(id.starts_with(&format!("{}.", section.id)), "{id} stands in {}", section.id);
        assert!(seen.insert(id), "{id} is used twice");
    }
}

#[test]
fn every_section_names_controls_says_what_is_at_risk_and_how_it_is_done() {
    for section in production_security().sections {
        assert!(!section.controls.is_empty(), "{}: controls", section.id);
        assert!(!section.risk.is_empty(), "{}: risk", section.id);
        assert!(!section.guidance.is_empty(), "{}: guidance", section.id);
        let once: HashSet<_> = section.controls.iter().collect();
        assert_eq!(once.len(), section.controls.len(), "{}: a control twice", section.id);
    }
}

#[test]
fn a_live_verdict_goes_stale_and_a_test_result_allows_no_exception() {
    let template = production_security();
    for (section, item) in template.items() {
        assert_eq!(!item.probes.is_empty(), item.freshness_hours.is_some(), "{}", item.id);
        if section.phase == Phase::Tests {
            assert!(!item.may_be_excepted(section), "{}", item.id);
        }
    }
}

#[test]
fn the_final_block_is_three_roles_four_conclusions_and_three_ticks() {
    let template = production_security();
    let items = template.items().filter(|(section, _)| section.id == "signoff");
    let (computed, ticked): (Vec<_>, Vec<_>) =
        items.map(|(_, item)| item).partition(|item| item.verify == Verify::Computed);
    let roles = computed.iter().filter_map(|item| item.computed.as_ref()?.role).count();
    assert_eq!((roles, computed.len() - roles, ticked.len()), (3, 4, 3));
}

#[test]
fn the_way_back_the_contacts_and_the_watch_are_complete() {
    let template = production_security();
    let deadlines: Vec<_> = template.rollback.steps.iter().map(|s| s.within_minutes).collect();
    assert_eq!(deadlines, [0, 60, 240, 1440, 10_080]);
    assert_eq!(template.rollback.commands.len(), 3);
    assert_eq!((template.contacts.len(), template.incidents.len()), (3, 3));
    assert_eq!(template.watch.hours, 48);
    let thresholds: Vec<_> = template.watch.signals.iter().map(|s| s.above).collect();
    assert_eq!(thresholds, [Some(50), Some(100), Some(1000), Some(10), Some(10), None]);
    assert!(template.watch.signals[0].per_address, "failed logins count for each address");
    for signal in template.watch.signals.iter().filter(|signal| signal.above.is_some()) {
        let mut items = template.items().map(|(_, item)| item);
        let item = items.find(|item| item.id == signal.item).expect("its item");
        let limit = item.probes[0].params.get("at_most").and_then(serde_json::Value::as_u64);
        assert_eq!(limit, signal.above.map(u64::from), "{} has one limit", signal.item);
    }
}

#[test]
fn every_built_in_file_carries_its_own_name() {
    for (name, text) in BUILT_IN {
        let loaded = Loaded::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(&loaded.template.id, name);
    }
    assert_eq!(built_in("no-such-template"), None);
}
