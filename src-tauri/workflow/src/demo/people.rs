//! The demo's three invented people. Their passphrase is public: their keys are for trying
//! out, and every name says so.

use countersign_domain::environment::Environment;
use countersign_domain::event::Body;
use countersign_domain::id::ProjectId;
use countersign_domain::member::{Member, Policy, Role};
use countersign_ledger::keys::{KeyEntry, UnlockedKey};
use zeroize::Zeroizing;

use crate::error::Failure;
use crate::home::Home;
use crate::key::key_view;
use crate::view::{EnrollMember, KeyView};

/// Seals the demo's keys. It is public and protects nothing.
pub const PASSPHRASE: &str = "demo-passphrase";

const PROJECT: &str = "Demo: Inbox service";

struct Person {
    key: &'static str,
    name: &'static str,
    email: &'static str,
    roles: &'static [Role],
}

/// The founder first.
const PEOPLE: [Person; 3] = [
    Person {
        key: "demo-security",
        name: "Mira Castellan (demo)",
        email: "mira@demo.invalid",
        roles: &[Role::Admin, Role::Security],
    },
    Person {
        key: "demo-devops",
        name: "Jonas Okafor (demo)",
        email: "jonas@demo.invalid",
        roles: &[Role::Devops],
    },
    Person {
        key: "demo-management",
        name: "Lena Whitfield (demo)",
        email: "lena@demo.invalid",
        roles: &[Role::Management],
    },
];

fn passphrase() -> Zeroizing<String> {
    Zeroizing::new(PASSPHRASE.to_owned())
}

impl Home {
    /// Makes the demo's keys that are missing; the founder's view.
    pub(super) fn demo_keys(&self) -> Result<KeyView, Failure> {
        let known = self.keys.list()?;
        for person in &PEOPLE {
            if !known.iter().any(|key| key.name == person.key) {
                self.create_key(Some(person.key), person.name, person.email, &passphrase())?;
            }
        }
        Ok(key_view(&self.find_key(PEOPLE[0].key)?))
    }

    /// The founder's key, if it is in this home.
    pub(super) fn demo_founder_key(&self) -> Result<Option<KeyEntry>, Failure> {
        Ok(self.keys.list()?.into_iter().find(|key| key.name == PEOPLE[0].key))
    }

    /// The founder's key, unlocked.
    pub(super) fn demo_founder(&self) -> Result<UnlockedKey, Failure> {
        self.unlock(PEOPLE[0].key, &passphrase())
    }

    /// Creates the demo's project.
    pub(super) fn found_demo(
        &self,
        founder: &UnlockedKey,
        environment: Environment,
    ) -> Result<ProjectId, Failure> {
        let project = ProjectId::parse(&self.fresh("project"))?;
        let [person, ..] = &PEOPLE;
        let key = self.find_key(person.key)?;
        let founder_entry = Member {
            name: person.name.to_owned(),
            email: person.email.to_owned(),
            fingerprint: key.fingerprint,
            public_key: key.public_key,
            roles: person.roles.to_vec(),
        };
        let body = Body::ProjectCreated {
            name: PROJECT.to_owned(),
            environments: vec![environment],
            policy: Policy::of_new_project(),
            founder: founder_entry,
        };
        self.act(founder, &project, body)?;
        Ok(project)
    }

    /// Puts those on the roster who are missing.
    pub(super) fn enroll_demo_people(
        &self,
        founder: &UnlockedKey,
        project: &ProjectId,
    ) -> Result<(), Failure> {
        for person in &PEOPLE {
            let key = self.find_key(person.key)?;
            let known = self.read(project, |fold| {
                let members = fold.project().map(|known| &known.members);
                Ok(members.is_some_and(|members| members.contains_key(&key.fingerprint)))
            })?;
            if known {
                continue;
            }
            let request = EnrollMember {
                project: project.to_string(),
                name: person.name.to_owned(),
                email: person.email.to_owned(),
                public_key: key.public_key,
                roles: person.roles.iter().map(|role| role.code().to_owned()).collect(),
                note: String::new(),
            };
            self.enroll(founder, &request)?;
        }
        Ok(())
    }
}
