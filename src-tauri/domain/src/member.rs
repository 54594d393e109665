//! Who may do what: roles, members with their keys, and the policy that says which
//! signatures a release needs.

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

/// What a release needs before it may go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The roles that must each sign, by distinct people.
    pub required_roles: Vec<Role>,
    /// The roles that may approve an exception.
    pub exception_approvers: Vec<Role>,
    /// Who decides on a change of the roster or of this policy.
    #[serde(default, skip_serializing_if = "ChangeRule::is_admin")]
    pub changes: ChangeRule,
}

impl Policy {
    /// What a new project begins with, unless its founder says otherwise.
    #[must_use]
    pub fn of_new_project() -> Self {
        Self { changes: ChangeRule::Roles, ..Self::default() }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            required_roles: vec![Role::Security, Role::Devops, Role::Management],
            exception_approvers: vec![Role::Security, Role::Management],
            changes: ChangeRule::default(),
        }
    }
}
