//! What each item comes to. OSCAL knows two answers, so everything that is not seen to hold
//! is `not-satisfied`; why stands beside it.

use serde_json::{Value, json};

use super::names::{Names, token};
use super::{observation, told};
use crate::formats::conclusion::Conclusion;
use crate::formats::controls;
use crate::formats::line::markup;
use crate::record::{AuditRecord, ItemEntry, SectionRecord};

pub(super) fn findings(record: &AuditRecord, names: &Names<'_>) -> Vec<Value> {
    record.items().map(|(section, item)| finding(names, section, item)).collect()
}

fn finding(names: &Names<'_>, section: &SectionRecord, item: &ItemEntry) -> Value {
    let conclusion = Conclusion::of(item);
    let risks = item
        .exceptions
        .iter()
        .map(|exception| json!({ "risk-uuid": names.own("risk", exception.as_str()) }));
    let (machine, reason) = item
        .machine
        .as_ref()
        .map_or(("", ""), |machine| (machine.outcome, machine.reason.unwrap_or_default()));
    let mut props = names.props(&[
        ("severity", item.severity.code()),
        ("standing", item.decided().code),
        ("check", machine),
        ("check-reason", reason),
    ]);
    for id in controls::nist(section, item).into_iter().filter_map(controls::oscal_id) {
        props.extend(names.props(&[("control-id", &id)]));
    }
    json!({
        "uuid": names.own("finding", item.id.as_str()),
        "title": markup(&item.title),
        "description": told(&[("", &section.title), ("Risk", &section.risk)]),
        "props": props,
        "target": target(item, conclusion),
        "related-observations": observation::of_item(names, item),
        "related-risks": risks.collect::<Vec<_>>(),
    })
}

fn target(item: &ItemEntry, conclusion: Conclusion) -> Value {
    let (state, reason) = match conclusion {
        Conclusion::Holds => ("satisfied", "pass"),
        Conclusion::NotApplicable => ("satisfied", "other"),
        Conclusion::Fails => ("not-satisfied", "fail"),
        Conclusion::Excepted | Conclusion::Open => ("not-satisfied", "other"),
    };
    let words = match conclusion {
        Conclusion::Holds => "",
        Conclusion::NotApplicable => "It does not apply to this deployment",
        Conclusion::Excepted => "An approved exception covers it",
        Conclusion::Fails => "It does not hold",
        Conclusion::Open => "It could not be told, or was not looked at, or not lately",
    };
    let not_applicable =
        (conclusion == Conclusion::NotApplicable).then(|| json!({ "state": "not-applicable" }));
    let stands = item.decided();
    json!({
        "type": "objective-id",
        "target-id": token(&item.id),
        "title": markup(&item.title),
        "status": {
            "state": state,
            "reason": reason,
            "remarks": (!words.is_empty()).then(|| {
                told(&[("", words), ("Missing", &stands.missing), ("Cure", &stands.cure)])
            }),
        },
        "implementation-status": not_applicable,
    })
}
