//! A release that cannot wait for every signature.

use chrono::TimeDelta;
use countersign_domain::event::{Body, Decision};
use countersign_domain::member::{EmergencyRule, Role};

use crate::support::{Story, people, release};

/// Two of DevOps sign, one of them in an emergency; the others within a day.
pub(crate) fn declared() -> Story {
    let mut story = Story::new();
    story.prepare();
    let mut policy = story.fold.project().expect("a project").policy.clone();
    policy.signers = [(Role::Devops, 2)].into();
    policy.emergency = Some(EmergencyRule { roles: vec![Role::Devops], review_hours: 24 });
    policy.freshness_hours = Some(20);
    story.tell(&people().ada, Body::PolicySet { policy });
    let reason = "The <b>queue</b> is stuck".to_owned();
    story.tell(&people().dev, Body::EmergencyDeclared { release: release(), reason });
    story
}

fn deployed() -> Story {
    let mut story = declared();
    story.sign(&people().dev, Role::Devops, Decision::Approve, "");
    story.deploy();
    story
}

/// Security looked in time and management too late; the second of DevOps has not.
pub(crate) fn reviewed() -> Story {
    let mut story = deployed();
    story.sign(&people().sam, Role::Security, Decision::Approve, "");
    story.clock += TimeDelta::hours(30);
    story.sign(&people().max, Role::Management, Decision::Decline, "It could have waited");
    story
}
