//! How the project of these stories begins: its founder, its roster, an intruder.

use countersign_domain::environment::Environment;
use countersign_domain::event::Body;
use countersign_domain::member::Policy;

use crate::support::{Story, people};

impl Story {
    /// A project of the older kind, in which Ada decides alone.
    pub(crate) fn create(&mut self) {
        self.create_with(&Policy::default());
    }

    pub(crate) fn create_with(&mut self, policy: &Policy) {
        let all = people();
        let environment: Environment = serde_json::from_value(serde_json::json!({
            "name": "production", "production": true,
            "targets": {"api": "https://api.example.org", "redis": "rediss://:${REDIS_PASSWORD}@cache:6379"},
            "secrets": {"REDIS_PASSWORD": "env:REDIS_PASSWORD"},
        }))
        .expect("environment");
        self.tell(
            &all.ada,
            Body::ProjectCreated {
                name: "MailAgent".into(),
                environments: vec![environment],
                policy: policy.clone(),
                founder: all.ada.member.clone(),
            },
        );
        // Where it needs the first holder of the role, a second one comes later.
        let second = policy.changes.is_admin().then_some(&all.eve);
        for person in [&all.sam, &all.dev, &all.max].into_iter().chain(second) {
            self.tell(&all.ada, Body::MemberEnrolled { member: person.member.clone() });
        }
        let intruder = Body::MemberEnrolled { member: all.stranger.member.clone() };
        assert!(self.take(&all.stranger, intruder).is_some(), "a stranger enrolls nobody");
    }
}
