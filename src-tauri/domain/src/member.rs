//! Who may do what: roles, members with their keys, and the policy that says which
//! signatures a release needs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::Fingerprint;

/// What a member answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The security team.
    Security,
    /// Those who deploy and run the system.
    Devops,
    /// The engineering manager.
    Management,
    /// Keeps the roster, the environments and the policy.
    Admin,
    /// Reads, and changes nothing.
    Auditor,
}

impl Role {
    /// Every role, in the order of the screens.
    pub const ALL: [Self; 5] =
        [Self::Security, Self::Devops, Self::Management, Self::Admin, Self::Auditor];

    /// The code that files, flags and JSON carry.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Devops => "devops",
            Self::Management => "management",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
        }
    }

    /// The role in the words of the screen.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Security => "Security",
            Self::Devops => "DevOps",
            Self::Management => "Management",
            Self::Admin => "Admin",
            Self::Auditor => "Auditor",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|role| role.code() == text).ok_or_else(|| {
            format!(
                "{text:?} is not a role: expected security, devops, management, admin or auditor"
            )
        })
    }
}

/// One person on the roster, with one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Printed name, as it stands on the record (21 CFR 11.50(a)(1)).
    pub name: String,
    /// E-mail; names the person, whatever key they use.
    pub email: String,
    /// Fingerprint of `public_key`.
    pub fingerprint: Fingerprint,
    /// One line in OpenSSH form: `ssh-ed25519 AAAA…`.
    pub public_key: String,
    /// What the member answers for.
    pub roles: Vec<Role>,
}

impl Member {
    /// Whether two entries are the same human being: one key is one person, and so is one
    /// e-mail address.
    #[must_use]
    pub fn is_same_person(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
            || self.email.trim().eq_ignore_ascii_case(other.email.trim())
    }

    /// Whether the member holds `role`.
    #[must_use]
    pub fn holds(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// Who decides on a change of the roster or of the policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeRule {
    /// An admin alone, as in every project of a program before this rule.
    #[default]
    Admin,
    /// An admin, with the consent of the roles that the change touches.
    Roles,
}

impl ChangeRule {
    /// Whether an admin decides alone. What an older program wrote says nothing of a rule,
    /// and must keep its bytes.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        *self == Self::Admin
    }
}

/// What suffices in an emergency, and by when the rest must have looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyRule {
    /// The required roles of which one person each must sign before the deployment.
    pub roles: Vec<Role>,
    /// Hours after the deployment within which every other required sign-off is due.
    pub review_hours: u32,
}

/// What a release needs before it may go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The roles that must each sign, by distinct people.
    pub required_roles: Vec<Role>,
    /// How many different people must sign for a role, where it is not one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub signers: BTreeMap<Role, u32>,
    /// The roles that may approve an exception.
    pub exception_approvers: Vec<Role>,
    /// Who decides on a change of the roster or of this policy.
    #[serde(default, skip_serializing_if = "ChangeRule::is_admin")]
    pub changes: ChangeRule,
    /// Hours after which no verdict of a machine counts any more, whatever the checklist
    /// allows; an item that allows less keeps its own limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freshness_hours: Option<u32>,
    /// What suffices in an emergency; none where nothing less will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<EmergencyRule>,
}

impl Policy {
    /// What a new project begins with, unless its founder says otherwise.
    #[must_use]
    pub fn of_new_project() -> Self {
        Self { changes: ChangeRule::Roles, ..Self::default() }
    }

    /// How many different people must sign for `role` where it is required.
    #[must_use]
    pub fn signers_of(&self, role: Role) -> usize {
        let asked = self.signers.get(&role).copied().unwrap_or(1);
        usize::try_from(asked).unwrap_or(usize::MAX).max(1)
    }

    /// The required roles, each with how many people sign for it.
    #[must_use]
    pub fn requirement(&self) -> Vec<(Role, usize)> {
        self.required_roles.iter().map(|role| (*role, self.signers_of(*role))).collect()
    }

    /// What it asks for, one rule each, in the words of screens and reports.
    #[must_use]
    pub fn rules(&self) -> Vec<String> {
        let mut rules = vec![
            format!("signed by {}", self.signer_words()),
            format!("exceptions approved by {}", role_words(&self.exception_approvers)),
            match self.changes {
                ChangeRule::Admin => "an admin alone changes roster and policy".to_owned(),
                ChangeRule::Roles => "changes need the roles that they touch".to_owned(),
            },
        ];
        if let Some(hours) = self.freshness_hours {
            rules.push(format!("no check counts after {hours} h"));
        }
        if let Some(rule) = &self.emergency {
            let (roles, hours) = (role_words(&rule.roles), rule.review_hours);
            rules.push(format!(
                "in an emergency only {roles} must sign before it goes out, the rest within \
                 {hours} h"
            ));
        }
        rules
    }

    /// The rules in which it differs from `other`, `none` where it has no more than that.
    #[must_use]
    pub fn rules_beside(&self, other: &Self) -> String {
        let known = other.rules();
        let rules: Vec<_> = self.rules().into_iter().filter(|rule| !known.contains(rule)).collect();
        if rules.is_empty() { "none".into() } else { rules.join("; ") }
    }

    /// Who signs: `Security, 2 of DevOps, Management`.
    #[must_use]
    pub fn signer_words(&self) -> String {
        let words = |(role, people): (Role, usize)| match people {
            1 => role.words().to_owned(),
            _ => format!("{people} of {}", role.words()),
        };
        self.requirement().into_iter().map(words).collect::<Vec<_>>().join(", ")
    }

    /// One entry for each signature that is required.
    #[must_use]
    pub fn seats(&self) -> Vec<Role> {
        let seats = self.requirement().into_iter();
        seats.flat_map(|(role, people)| std::iter::repeat_n(role, people)).collect()
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            required_roles: vec![Role::Security, Role::Devops, Role::Management],
            exception_approvers: vec![Role::Security, Role::Management],
            changes: ChangeRule::default(),
            signers: BTreeMap::new(),
            freshness_hours: None,
            emergency: None,
        }
    }
}

/// Roles in the words of the screen, `nobody` where there is none.
#[must_use]
pub fn role_words<'a>(roles: impl IntoIterator<Item = &'a Role>) -> String {
    let words: Vec<_> = roles.into_iter().map(|role| role.words()).collect();
    if words.is_empty() { "nobody".into() } else { words.join(", ") }
}
