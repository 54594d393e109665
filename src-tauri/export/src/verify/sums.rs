//! SHA256SUMS against the members: each listed once, each as it was.

use std::collections::BTreeMap;

use countersign_domain::id::Digest;

use super::Report;
use crate::archive::Members;
use crate::bundle::sums;
use crate::names;

pub(super) fn check(report: &mut Report, members: &Members) -> bool {
    let name = "checksums";
    let Some(bytes) = members.get(names::SUMS) else {
        return report.step(name, vec!["SHA256SUMS is missing".into()], String::new());
    };
    let expected = sums(members);
    if *bytes == expected.as_bytes() {
        let told = format!("{} members match SHA256SUMS", members.len() - 1);
        return report.step(name, Vec::new(), told);
    }
    let text = String::from_utf8_lossy(bytes);
    let mut problems = Vec::new();
    let mut listed: BTreeMap<&str, &str> = BTreeMap::new();
    for line in text.lines() {
        match line.split_once("  ") {
            Some((sum, member)) if Digest::parse(sum).is_ok() => {
                if listed.insert(member, sum).is_some() {
                    problems.push(format!("SHA256SUMS lists {member} twice"));
                }
            }
            _ => problems.push("SHA256SUMS holds a line of another form".into()),
        }
    }
    for (member, sum) in &listed {
        match members.get(*member) {
            None => problems.push(format!("{member} is missing")),
            Some(bytes) if Digest::of(bytes).as_str() != *sum => {
                problems.push(format!("{member} was changed: it does not match SHA256SUMS"));
            }
            Some(_) => {}
        }
    }
    for member in members.keys().filter(|member| *member != names::SUMS) {
        if !listed.contains_key(member.as_str()) {
            problems.push(format!("{member} was added: SHA256SUMS does not list it"));
        }
    }
    if problems.is_empty() {
        problems.push("SHA256SUMS is not written as this program writes it".into());
    }
    report.step(name, problems, format!("{} members match SHA256SUMS", listed.len()))
}
