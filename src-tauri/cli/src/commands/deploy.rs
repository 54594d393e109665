//! `countersign deploy`: it went out, done by one and looked at by another.

use clap::{Args, Subcommand};
use countersign_workflow::view::{RecordDeployment, VerifyDeployment};

use super::release;
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::Output;
use crate::session::Session;

/// What to do with the deployment.
#[derive(Debug, Subcommand)]
pub(crate) enum Deploy {
    /// Record that it went out; only after the gate says go
    Record(Record),
    /// Say that you looked and it works; by the person who was named for it
    Verify {
        /// What you saw
        #[arg(long, default_value = "", hide_default_value = true)]
        note: String,
    },
}

/// Who, when.
#[derive(Debug, Args)]
pub(crate) struct Record {
    /// Who deployed: e-mail or fingerprint
    #[arg(long, value_name = "E-MAIL")]
    by: String,
    /// Who will verify it, somebody else: e-mail or fingerprint
    #[arg(long, value_name = "E-MAIL")]
    verified_by: String,
    /// When it went out [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Log, pipeline run or ticket
    #[arg(long, default_value = "", hide_default_value = true)]
    reference: String,
}

pub(crate) fn run(session: &Session, deploy: Deploy, out: &mut Output) -> Result<Exit, Fault> {
    let home = session.home()?;
    let (project, release) = session.release()?;
    let (project, release) = (project.to_string(), release.to_string());
    let key = session.unlock()?;
    let view = match deploy {
        Deploy::Record(record) => home.record_deployment(
            &key,
            &RecordDeployment {
                project,
                release,
                deployed_at: record.at,
                deployed_by: record.by,
                verified_by: record.verified_by,
                reference: record.reference,
            },
        )?,
        Deploy::Verify { note } => {
            home.verify_deployment(&key, &VerifyDeployment { project, release, note })?
        }
    };
    out.show(&view, release::head)?;
    Ok(Exit::GOOD)
}
