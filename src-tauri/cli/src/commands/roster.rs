//! `countersign roster`: who may do what.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use countersign_domain::id::{Fingerprint, ProjectId};
use countersign_workflow::view::{EnrollMember, ProjectView, RemoveMember, RevocationView};
use countersign_workflow::{Card, phrase};

use super::proposal::{self, Decide, answered};
use super::read_text;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;
use crate::words;

/// What to do with the roster.
#[derive(Debug, Subcommand)]
pub(crate) enum Roster {
    /// The people of the project
    List,
    /// Put a person on the roster, or change their entry
    Add(Add),
    /// Take a key off the roster
    Remove {
        /// Fingerprint or e-mail of the member
        member: String,
        /// Why, for those whose consent it may need
        #[arg(long, default_value = "", hide_default_value = true)]
        note: String,
    },
    /// Changes of roster and policy that wait for the consent of the roles they touch
    Proposals,
    /// Consent to a proposed change or refuse it; as an admin, --reject takes it back
    Decide(Decide),
    /// Revoke a key that was lost or stolen: it signs nothing more, and what it signed stays
    Revoke {
        /// Fingerprint or e-mail of the member
        member: String,
        /// What happened
        #[arg(long)]
        reason: String,
        /// Since when somebody else may have signed with it: sign-offs of that time must be
        /// renewed
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
    },
}

/// Who, with which key, in which roles.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Their enrollment card, instead of name, e-mail and public key
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "email", "public_key"])]
    card: Option<PathBuf>,
    /// Printed name
    #[arg(long, required_unless_present = "card")]
    name: Option<String>,
    /// E-mail
    #[arg(long, required_unless_present = "card")]
    email: Option<String>,
    /// The public key: a file, or the line itself (ssh-ed25519 AAAA…)
    #[arg(long, value_name = "FILE_OR_LINE", required_unless_present = "card")]
    public_key: Option<String>,
    /// security, devops, management, admin or auditor; may be given several times
    #[arg(long = "role", required = true, value_name = "ROLE")]
    roles: Vec<String>,
    /// Why, for those whose consent it may need
    #[arg(long, default_value = "", hide_default_value = true)]
    note: String,
}

pub(crate) fn run(session: &Session, roster: Roster, out: &mut Output) -> Result<Exit, Fault> {
    let home = session.home()?;
    let project = session.project()?;
    let view = match roster {
        Roster::List => home.project(&project)?,
        Roster::Add(add) => {
            let request = request(&project, add, out)?;
            answered(home.enroll(&session.unlock()?, &request)?, out)
        }
        Roster::Remove { member, note } => {
            let fingerprint = fingerprint(&home.project(&project)?, &member)?;
            let request = RemoveMember {
                project: project.to_string(),
                member: fingerprint.to_string(),
                note,
            };
            answered(home.remove_member(&session.unlock()?, &request)?, out)
        }
        Roster::Proposals => {
            out.show(&home.project(&project)?.proposals, |out, all| proposal::list(out, all))?;
            return Ok(Exit::GOOD);
        }
        Roster::Decide(decide) => {
            let request = decide.request(&home.project(&project)?)?;
            home.decide_change(&session.unlock()?, &request)?
        }
        Roster::Revoke { member, reason, since } => {
            // A key that was replaced is on no roster, but may have been stolen before.
            let key = match Fingerprint::parse(&member) {
                Ok(key) => key,
                Err(_) => fingerprint(&home.project(&project)?, &member)?,
            };
            let unlocked = session.unlock()?;
            let done = home.revoke_key(&unlocked, &project, &key, &reason, since.as_deref())?;
            out.show(&done, revoked)?;
            return Ok(Exit::GOOD);
        }
    };
    out.show(&view, people)?;
    Ok(Exit::GOOD)
}

fn request(project: &ProjectId, add: Add, out: &mut Output) -> Result<EnrollMember, Fault> {
    let project = project.to_string();
    let Some(card) = &add.card else {
        return Ok(EnrollMember {
            project,
            name: add.name.unwrap_or_default(),
            email: add.email.unwrap_or_default(),
            public_key: public_key(&add.public_key.unwrap_or_default())?,
            roles: add.roles,
            note: add.note,
        });
    };
    let card = Card::read(card)?;
    out.remark(&format!("Compare by voice: {}", phrase(&card.fingerprint()?)));
    let Card { name, email, public_key, .. } = card;
    Ok(EnrollMember { project, name, email, public_key, roles: add.roles, note: add.note })
}

fn public_key(given: &str) -> Result<String, Fault> {
    if given.starts_with("ssh-") {
        return Ok(given.to_owned());
    }
    read_text(std::path::Path::new(given))
}

fn fingerprint(project: &ProjectView, wanted: &str) -> Result<Fingerprint, Fault> {
    let mut found = project
        .members
        .iter()
        .filter(|member| member.fingerprint == wanted || member.email.eq_ignore_ascii_case(wanted));
    match (found.next(), found.next()) {
        (Some(member), None) => Ok(Fingerprint::parse(&member.fingerprint)?),
        (Some(_), Some(_)) => Err(Fault::input(
            format!("{wanted} has several keys on the roster"),
            "Say which by its fingerprint: `countersign roster list` shows them",
        )),
        (None, _) => Err(Fault::input(
            format!("{wanted:?} is not on the roster"),
            "`countersign roster list` shows the people of the project",
        )),
    }
}

fn revoked(out: &mut Output, done: &RevocationView) {
    out.line(&[strong("Revoked"), plain(format!("  the key of {}: {}", done.name, done.reason))]);
    out.line(&[faint(format!("  {}", done.fingerprint))]);
    if let Some(by) = &done.replaced_by {
        out.say(format!(
            "  It had been replaced by {by}, which still signs. If {} did not do that, revoke \
             this one too.",
            done.name
        ));
    }
    for one in &done.doubtful {
        let what = if one.gone_out {
            "went out, and stays as it is on the record"
        } else {
            "must be signed again"
        };
        let at = words::time(&one.at);
        out.say(format!("  In doubt: {} for {}, signed {at}: {what}", one.role, one.release));
    }
}

/// The members, and whether the required roles have somebody.
pub(super) fn people(out: &mut Output, project: &ProjectView) {
    out.line(&[strong(&project.name), faint(format!("  {}", project.id))]);
    let rows = project
        .members
        .iter()
        .map(|member| {
            vec![
                plain(&member.name),
                plain(&member.email),
                plain(member.roles.join(", ")),
                faint(&member.fingerprint),
                faint(if member.here { "key is here" } else { "" }),
            ]
        })
        .collect();
    out.table(&["name", "e-mail", "roles", "fingerprint", ""], rows);
    for key in &project.retired {
        let by = if key.how == "replaced" { " by" } else { ":" };
        let (at, detail) = (words::time(&key.at), &key.detail);
        out.say(format!("  {} of {}: {} {at}{by} {detail}", key.fingerprint, key.name, key.how));
    }
    for one in &project.apart {
        out.say(format!("  Changed apart, so ask who was first: {one}"));
    }
    if !project.proposals.is_empty() {
        out.heading("Waiting for consent".to_owned());
        proposal::list(out, &project.proposals);
    }
    for role in &project.required_roles {
        if !project.members.iter().any(|member| member.roles.contains(role)) {
            out.say(format!("  Nobody holds the role {role}, which must sign."));
        }
    }
}
