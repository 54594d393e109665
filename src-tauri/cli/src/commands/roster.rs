//! `countersign roster`: who may do what.

use clap::{Args, Subcommand};
use countersign_domain::id::Fingerprint;
use countersign_workflow::view::{EnrollMember, ProjectView};

use super::read_text;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;

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
    },
}

/// Who, with which key, in which roles.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Printed name
    #[arg(long)]
    name: String,
    /// E-mail
    #[arg(long)]
    email: String,
    /// The public key: a file, or the line itself (ssh-ed25519 AAAA…)
    #[arg(long, value_name = "FILE_OR_LINE")]
    public_key: String,
    /// security, devops, management, admin or auditor; may be given several times
    #[arg(long = "role", required = true, value_name = "ROLE")]
    roles: Vec<String>,
}

pub(crate) fn run(session: &Session, roster: Roster, out: &mut Output) -> Result<Exit, Fault> {
    let home = session.home()?;
    let project = session.project()?;
    let view = match roster {
        Roster::List => home.project(&project)?,
        Roster::Add(add) => {
            let request = EnrollMember {
                project: project.to_string(),
                name: add.name,
                email: add.email,
                public_key: public_key(&add.public_key)?,
                roles: add.roles,
            };
            home.enroll(&session.unlock()?, &request)?
        }
        Roster::Remove { member } => {
            let fingerprint = fingerprint(&home.project(&project)?, &member)?;
            home.remove_member(&session.unlock()?, &project, &fingerprint)?
        }
    };
    out.show(&view, people)?;
    Ok(Exit::GOOD)
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
    for role in &project.required_roles {
        if !project.members.iter().any(|member| member.roles.contains(role)) {
            out.say(format!("  Nobody holds the role {role}, which must sign."));
        }
    }
}
