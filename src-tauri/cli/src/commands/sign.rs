//! `countersign sign`: shows exactly what is signed, asks for the passphrase of this one
//! signature (or for a confirmation, when the key lives in ssh-agent), and leaves a receipt.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use clap::Args;
use countersign_domain::event::Decision;
use countersign_domain::id::Fingerprint;
use countersign_workflow::view::{HeldCode, SignOff, SignoffView, StatementView};
use countersign_workflow::{Failure, role_of};

use super::{except, gate};
use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;
use crate::words;

/// Bytes that are read of what somebody types.
const MAX_TYPED: u64 = 256;

/// For which role, and what is said.
#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// The role you sign for: security, devops, management
    #[arg(long)]
    role: String,
    /// Say that it may not go out; needs a comment
    #[arg(long, conflicts_with = "revoke")]
    decline: bool,
    /// Take your approval back
    #[arg(long)]
    revoke: bool,
    /// An approved exception that you have read; once for each
    #[arg(long = "acknowledge", value_name = "EXCEPTION")]
    acknowledged: Vec<String>,
    /// In your words
    #[arg(long, default_value = "", hide_default_value = true)]
    comment: String,
    /// With a key in ssh-agent: you have read the statement and confirm it, so do not ask
    #[arg(long)]
    yes: bool,
}

impl Sign {
    /// What is said, and the word for it in a request.
    fn decision(&self) -> (Decision, &'static str) {
        match (self.decline, self.revoke) {
            (true, _) => (Decision::Decline, "decline"),
            (_, true) => (Decision::Revoke, "revoke"),
            _ => (Decision::Approve, "approve"),
        }
    }
}

pub(crate) fn run(session: &Session, sign: &Sign, out: &mut Output) -> Result<Exit, Fault> {
    let home = session.home()?;
    let role = role_of(&sign.role)?;
    let (project, release) = session.release()?;
    let key = session.key()?;
    let fingerprint = Fingerprint::parse(&key.fingerprint)?;
    let view = home.release(&project, &release)?;
    let statement = home.statement(&project, &release, role, &fingerprint)?;
    let (decision, word) = sign.decision();
    if !out.is_json() {
        let meaning = home.meaning(&project, &release, role, decision)?;
        show(out, &statement, &meaning, decision);
    }
    let in_agent = key.held == HeldCode::Agent;
    if in_agent && !sign.yes {
        confirm(&sign.role, out.is_json())?;
    }
    let exceptions = sign.acknowledged.iter().map(|id| except::resolve(&view, id));
    let request = SignOff {
        project: project.to_string(),
        release: release.to_string(),
        role: sign.role.clone(),
        decision: word.to_owned(),
        exceptions: exceptions.collect::<Result<_, _>>()?,
        state: statement.state,
        comment: sign.comment.clone(),
        passphrase: String::new(),
        confirmed: in_agent,
    };
    let unlocked = session.unlock_for(&key, "for this one signature")?;
    let after = home.sign_off(&unlocked, &request)?;
    let mine = |signoff: &&SignoffView| {
        signoff.role == sign.role && signoff.fingerprint.as_deref() == Some(&key.fingerprint)
    };
    let made = after.gate.signoffs.iter().find(mine);
    let made = made.ok_or_else(|| Fault::ours("the signature was taken and is not there"))?;
    out.show(made, |out, made| {
        receipt(out, made);
        out.line(&[]);
        out.line(&[words::gate(after.gate.verdict), plain(format!("  {}", after.gate.summary))]);
    })?;
    Ok(Exit::GOOD)
}

/// Has the person type the role, where no passphrase makes them stop and read.
fn confirm(role: &str, is_json: bool) -> Result<(), Fault> {
    if is_json || !io::stdin().is_terminal() {
        return Err(Fault::usage(
            "this key lives in ssh-agent, and nobody can be asked to confirm the statement here",
            "Read it (without --json), then confirm it with --yes",
        ));
    }
    eprint!("Your key lives in ssh-agent. Type the role ({role}) to sign exactly this: ");
    let mut typed = String::new();
    let read = io::stdin().lock().take(MAX_TYPED).read_line(&mut typed);
    if read.is_ok() && typed.trim().eq_ignore_ascii_case(role) {
        return Ok(());
    }
    Err(Failure::Unconfirmed.into())
}

fn show(out: &mut Output, statement: &StatementView, meaning: &str, decision: Decision) {
    out.line(&[strong("You are about to sign:")]);
    out.block("    ", meaning);
    for (name, text) in [
        ("as", format!("{} <{}>", statement.name, statement.email)),
        ("key", statement.fingerprint.clone()),
        ("state", format!("sha256:{}", statement.state)),
    ] {
        out.line(&[faint(format!("  {name:<9} ")), plain(text)]);
    }
    if decision == Decision::Approve && !statement.exceptions.is_empty() {
        out.heading("Approved exceptions, to acknowledge one by one with --acknowledge ID");
        statement.exceptions.iter().for_each(|one| except::print(out, one));
    }
    for change in &statement.changes {
        out.say(format!(
            "  since you last signed: {}: {} → {}",
            change.what, change.from, change.to
        ));
    }
    out.line(&[]);
}

fn receipt(out: &mut Output, made: &SignoffView) {
    let mut state = words::role(made.state);
    state.1.push_str("  ");
    out.line(&[
        state,
        strong(&made.title),
        plain(format!("  {}", made.by.as_deref().unwrap_or_default())),
    ]);
    for (name, text) in [
        ("event", made.event.as_deref()),
        ("key", made.fingerprint.as_deref()),
        ("digest", made.covers.as_deref()),
        ("at", made.at.as_deref()),
    ] {
        out.line(&[faint(format!("  {name:<9} ")), plain(text.unwrap_or_default())]);
    }
    gate::changes(out, made);
    out.line(&[faint("  Keep the event id elsewhere: it shows later that nothing was cut off.")]);
}
