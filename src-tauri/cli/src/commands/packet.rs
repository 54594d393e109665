//! `countersign packet`: events on their way to another machine, and from there.

use std::path::PathBuf;

use clap::Subcommand;
use countersign_domain::id::{EventId, Fingerprint};
use countersign_workflow::view::{MergeView, PacketLook, PacketView};

use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;
use crate::words;

/// What to do with packets.
#[derive(Debug, Subcommand)]
pub(crate) enum Packet {
    /// Write the events of the project, for somebody else to open
    Write {
        /// The file to write [default: exports/PROJECT.packet.zip in the home]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Only what came after this event, which the others have; may be given several times
        #[arg(long, value_name = "EVENT")]
        since: Vec<String>,
    },
    /// Say what a packet holds, and take nothing in
    Show {
        /// The file
        file: PathBuf,
    },
    /// Open a packet and merge what is new
    Open {
        /// The file
        file: PathBuf,
        /// The founder's key, for a project that is not here yet
        #[arg(long, value_name = "FINGERPRINT")]
        trust: Option<String>,
        /// Take in a change of roster or policy from behind what is known here, after you
        /// talked to the admins
        #[arg(long)]
        accept_roster_fork: bool,
    },
}

pub(crate) fn run(session: &Session, packet: Packet, out: &mut Output) -> Result<Exit, Fault> {
    match packet {
        Packet::Write { out: path, since } => {
            let project = session.project()?;
            let since = since.iter().map(|id| EventId::parse(id)).collect::<Result<Vec<_>, _>>()?;
            let written = session.home()?.write_packet(&project, &since, path.as_deref())?;
            out.show(&written, wrote)?;
        }
        Packet::Show { file } => {
            let look = session.home()?.look_at_packet(&file)?;
            out.show(&look, looked)?;
        }
        Packet::Open { file, trust, accept_roster_fork } => {
            let trust = trust.map(|key| Fingerprint::parse(&key)).transpose()?;
            let home = session.home()?;
            let merged = home.open_packet(&file, trust.as_ref(), accept_roster_fork)?;
            out.show(&merged, opened)?;
        }
    }
    Ok(Exit::GOOD)
}

fn wrote(out: &mut Output, packet: &PacketView) {
    let PacketView { path, sha256, size, events, files, heads } = packet;
    out.line(&[strong(path), plain(format!("  {size} bytes, {events} events, {files} files"))]);
    out.line(&[faint(format!("  sha256:{sha256}"))]);
    for head in heads {
        out.line(&[faint(format!("  head {head}"))]);
    }
    out.say("  Whoever opens it: countersign packet open FILE");
}

fn looked(out: &mut Output, look: &PacketLook) {
    let name = look.name.as_deref().unwrap_or(&look.project);
    let PacketLook { events, files, .. } = look;
    out.line(&[strong(name), plain(format!("  {events} events, {files} files"))]);
    if let Some(founder) = &look.founder {
        out.line(&[plain("  begun by the key "), strong(&founder.fingerprint)]);
        out.say(format!("  Compare by voice: {}", founder.phrase));
    }
    out.say(if look.known { "  The project is here." } else { "  The project is not here." });
}

fn opened(out: &mut Output, merge: &MergeView) {
    let MergeView { name, merged, known, files, .. } = merge;
    out.line(&[
        strong(name),
        plain(format!(
            "  {}, {}; {known} were here",
            words::count(*merged as usize, "new event", "new events"),
            words::count(*files as usize, "new file", "new files")
        )),
    ]);
    for one in &merge.refused {
        out.line(&[plain("  refused: "), plain(&one.reason), faint(format!("  {}", one.event))]);
    }
    for one in &merge.strangers {
        out.line(&[
            plain("  the key "),
            strong(&one.fingerprint),
            plain(format!(" was never on the roster; it signed {} of them", one.events)),
        ]);
        out.say(format!("  Compare by voice: {}", one.phrase));
    }
    if merge.waiting > 0 {
        out.say(format!("  {} events wait outside the ledger.", merge.waiting));
        out.say("  Once an admin has enrolled the key, open the packet again.");
    }
    for one in &merge.conflicts {
        let by = one.by.join(" and ");
        out.line(&[
            strong("  decided apart: "),
            plain(format!("{} of {}, by {by}: decide once more", one.matter, one.release)),
        ]);
    }
    for head in &merge.heads {
        out.line(&[faint(format!("  head {head}"))]);
    }
}
