//! `countersign key`: the keys of the people who use this machine.

use std::path::PathBuf;

use clap::Subcommand;
use countersign_domain::id::Fingerprint;
use countersign_workflow::view::{AgentKeyView, HeldCode, KeyView, UseAgentKey};

use crate::exit::Exit;
use crate::fault::Fault;
use crate::output::{Output, faint, plain, strong};
use crate::session::Session;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make an Ed25519 key, sealed by a passphrase
    Create {
        /// Your name, as it will stand on the record
        #[arg(long)]
        owner: String,
        /// Your e-mail; it names you, whatever key you use
        #[arg(long)]
        email: String,
        /// File name of the key [default: from the e-mail]
        #[arg(long, value_name = "FILE")]
        name: Option<String>,
    },
    /// Keys on this machine
    List,
    /// Copy a sealed OpenSSH Ed25519 key from elsewhere
    Import {
        /// Its file name here
        name: String,
        /// The private key file
        file: PathBuf,
    },
    /// The keys that ssh-agent holds (SSH_AUTH_SOCK), and which can sign here
    Agent,
    /// Sign with a key that ssh-agent holds, those of security keys included
    UseAgent {
        /// Its fingerprint or comment, as `key agent` lists it
        key: String,
        /// Your name, as it will stand on the record
        #[arg(long)]
        owner: String,
        /// Your e-mail; it names you, whatever key you use
        #[arg(long)]
        email: String,
        /// File name of the reference [default: from the e-mail]
        #[arg(long, value_name = "FILE")]
        name: Option<String>,
    },
    /// Print the public half, for an admin to enroll
    Public {
        /// Name, e-mail or fingerprint
        key: String,
    },
    /// Replace your key by a new one in every project here that has it on the roster
    Rotate {
        /// File name of the new key [default: the old name with the next number]
        #[arg(long, value_name = "FILE")]
        name: Option<String>,
        /// A key of this machine that takes the place, instead of a new one
        #[arg(long, value_name = "KEY", conflicts_with = "name")]
        to: Option<String>,
    },
    /// Write your enrollment card: name, e-mail and public key, signed by the key
    Card {
        /// The file to write [default: exports/KEY.card.json in the home]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

pub(crate) fn run(session: &Session, key: Key, out: &mut Output) -> Result<Exit, Fault> {
    let home = session.home()?;
    match key {
        Key::Create { owner, email, name } => {
            let passphrase = session.new_passphrase()?;
            let made = home.create_key(name.as_deref(), &owner, &email, &passphrase)?;
            out.show(&made, |out, made| {
                out.line(&[
                    plain("Made the key "),
                    strong(&made.name),
                    plain(" of "),
                    plain(&made.owner),
                ]);
                out.line(&[plain("  "), plain(&made.fingerprint)]);
                out.line(&[faint(format!("  {}", made.public_key))]);
            })?;
            out.remark("A forgotten passphrase cannot be recovered.");
        }
        Key::Import { name, file } => {
            let copied = home.import_key(&name, &file)?;
            out.show(&copied, |out, copied| {
                out.line(&[plain("Copied the key "), strong(&copied.name)]);
                out.line(&[plain("  "), plain(&copied.fingerprint)]);
            })?;
        }
        Key::Agent => out.show(&home.agent_keys()?, |out, keys| held(out, keys))?,
        Key::UseAgent { key, owner, email, name } => {
            let made = home.use_agent_key(&UseAgentKey { key, owner, email, name })?;
            out.show(&made, |out, made| {
                out.line(&[
                    strong(&made.name),
                    plain("  is a key of "),
                    plain(&made.owner),
                    plain(" in ssh-agent"),
                ]);
                out.line(&[plain("  "), plain(&made.fingerprint)]);
                out.line(&[faint(format!("  {}", made.public_key))]);
            })?;
            out.remark("No passphrase is asked for. `ssh-add -c FILE` makes the agent ask you.");
        }
        Key::Card { out: path } => {
            let card = home.write_card(&session.unlock()?, path.as_deref())?;
            out.show(&card, |out, card| {
                out.line(&[strong(&card.path), plain(format!("  {} <{}>", card.name, card.email))]);
                out.line(&[faint(format!("  {}", card.fingerprint))]);
                out.say(format!("  To read out to the admin: {}", card.phrase));
            })?;
        }
        Key::Rotate { name, to } => rotate(session, name.as_deref(), to.as_deref(), out)?,
        Key::List => out.show(&home.key_list()?, |out, keys| list(out, keys))?,
        Key::Public { key } => {
            let found = home.key_by(&home.find_key(&key)?.fingerprint)?;
            out.show(&found, |out, found| {
                let comment = match (found.owner.as_str(), found.email.as_str()) {
                    ("", "") => String::new(),
                    (owner, "") => format!(" {owner}"),
                    (owner, email) => format!(" {owner} <{email}>"),
                };
                out.say(format!("{}{comment}", found.public_key));
            })?;
        }
    }
    Ok(Exit::GOOD)
}

fn rotate(
    session: &Session,
    name: Option<&str>,
    to: Option<&str>,
    out: &mut Output,
) -> Result<(), Fault> {
    let home = session.home()?;
    let old = session.key()?;
    // Before anybody is asked for a passphrase, and before a key is made for nothing.
    home.projects_of(&Fingerprint::parse(&old.fingerprint)?)?;
    let unlocked = session.unlock_for(&old, "the key to be replaced")?;
    let new = match to {
        Some(to) => {
            let found = home.key_by(&home.find_key(to)?.fingerprint)?;
            session.unlock_for(&found, "the key that takes its place")?
        }
        None => {
            let passphrase = session.new_passphrase()?;
            let made = home.create_next_key(&old, name, &passphrase)?;
            home.unlock(&made.fingerprint, &passphrase)?
        }
    };
    let rotation = home.rotate_key(&unlocked, &new).inspect_err(|_| {
        let again = format!("countersign key rotate --key {} --to {}", old.name, new.fingerprint());
        out.remark(&format!("What was replaced until here stays. To go on: {again}"));
    })?;
    out.show(&rotation, |out, done| {
        out.line(&[strong(&done.key.name), plain("  takes the place of  "), faint(&done.replaced)]);
        out.line(&[plain("  "), plain(&done.key.fingerprint)]);
        out.say(format!("  To read out to the others: {}", done.phrase));
        done.projects.iter().for_each(|name| out.say(format!("  on the roster of {name}")));
        out.say(format!("  The old key signs nothing more there; its file is now {}", done.kept));
    })?;
    out.remark("The other machines learn of it by the next packet.");
    Ok(())
}

fn list(out: &mut Output, keys: &[KeyView]) {
    if keys.is_empty() {
        out.say(
            "No key on this machine. Make one: countersign key create --owner NAME --email E-MAIL",
        );
        return;
    }
    let rows = keys
        .iter()
        .map(|key| {
            let lives = plain(match key.held {
                HeldCode::Sealed => "sealed file",
                HeldCode::Agent => "ssh-agent",
            });
            let (owner, email) = (plain(&key.owner), plain(&key.email));
            vec![strong(&key.name), owner, email, lives, faint(&key.fingerprint)]
        })
        .collect();
    out.table(&["key", "owner", "e-mail", "lives in", "fingerprint"], rows);
}

fn held(out: &mut Output, keys: &[AgentKeyView]) {
    if keys.is_empty() {
        out.say("ssh-agent holds no key, or is locked. Add one: ssh-add FILE; unlock: ssh-add -X");
        return;
    }
    let rows = keys
        .iter()
        .map(|key| {
            let state = match &key.here {
                Some(name) => format!("is the key {name}"),
                None if key.usable => "can sign here".to_owned(),
                None => "of a type that cannot sign here".to_owned(),
            };
            let (kind, comment) = (plain(&key.algorithm), plain(&key.comment));
            vec![strong(&key.fingerprint), kind, comment, plain(state)]
        })
        .collect();
    out.table(&["fingerprint", "type", "comment", ""], rows);
    out.say("Use one: countersign key use-agent FINGERPRINT --owner NAME --email E-MAIL");
}
