//! Keys that live in an ssh-agent: what the real one signs holds for stock `ssh-keygen`, and
//! what any agent may do wrong ends in an error that says what to do.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use countersign_domain::event::{Envelope, NAMESPACE};
use countersign_domain::sshsig::{self, BadSignature};
use countersign_ledger::keys::{
    Agent, AgentError, Held, KeyEntry, KeyError, KeyFolder, UnlockedKey,
};
use ssh_key::{Algorithm, PublicKey, Signature};
use tempfile::TempDir;

use crate::agents::{RealAgent, Reply, data_of, listed, signed, stand_in, text};
use crate::openssh::verifies;
use crate::soft_key::{SoftKey, TOUCHED};
use crate::support::{envelope, mara, passphrase, project, temp};

const PATIENCE: Duration = Duration::from_secs(20);

fn agent(socket: &Path) -> Agent {
    Agent::at(Some(socket.to_owned()), PATIENCE)
}

/// A folder that refers to the first key of the agent.
fn referred(agent: &Agent) -> (TempDir, KeyFolder, KeyEntry) {
    let place = temp();
    let keys = KeyFolder::open(place.path()).expect("folder");
    let held = agent.keys().expect("listed");
    let entry = keys.refer("mara", "Mara Lind <mara@example.org>", &held[0]).expect("referred");
    (place, keys, entry)
}

fn reached(agent: &Agent) -> UnlockedKey {
    let (_place, keys, entry) = referred(agent);
    keys.reach(&entry, agent).expect("held")
}

fn event_by(key: &UnlockedKey) -> Envelope {
    let author = key.fingerprint().clone();
    Envelope { author, ..envelope(&project("shop"), &[], "sign") }
}

fn failure(key: &UnlockedKey) -> AgentError {
    match key.sign_event(&event_by(key)).expect_err("not signed") {
        KeyError::Agent(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn what_the_agent_signs_holds_for_stock_ssh_keygen() {
    let real = RealAgent::new();
    let line = real.add("ed25519", &[]);
    let key = reached(&agent(&real.socket()));
    assert!(line.starts_with(key.public_key()) && key.is_in_agent() && !key.needs_touch());
    let event = key.sign_event(&event_by(&key)).expect("signed");
    assert!(verifies(&key, NAMESPACE, &event.bytes, &event.signature));
    assert!(!verifies(&key, NAMESPACE, b"{}", &event.signature));
    let other = Envelope { author: mara().fingerprint().clone(), ..event_by(&key) };
    assert!(matches!(key.sign_event(&other), Err(KeyError::OtherAuthor { .. })));

    let pae = b"DSSEv1 4 text 2 hi";
    let raw = key.sign_dsse(pae).expect("signed");
    let point = PublicKey::from_openssh(&line).expect("a key").key_data().ed25519().expect("it").0;
    let point = ed25519_dalek::VerifyingKey::from_bytes(&point).expect("a point");
    let raw = ed25519_dalek::Signature::from_slice(&raw).expect("64 bytes");
    assert!(point.verify_strict(pae, &raw).is_ok());
    assert!(matches!(key.sign_dsse(b"SSHSIG"), Err(KeyError::NotDsse)));
}

#[test]
fn a_reference_is_listed_like_a_key_and_holds_no_secret() {
    let real = RealAgent::new();
    real.add("ed25519", &[]);
    real.add("rsa", &[]);
    let agent = agent(&real.socket());
    let held = agent.keys().expect("listed");
    let told: Vec<_> = held.iter().map(|key| (&*key.algorithm, &*key.comment)).collect();
    assert_eq!(told, [("ssh-ed25519", "Mara at work"), ("ssh-rsa", "Mara at work")]);

    let (_place, keys, entry) = referred(&agent);
    assert_eq!((entry.held, &*entry.comment), (Held::Agent, "Mara Lind <mara@example.org>"));
    let again = keys.find("mara").expect("by name");
    assert_eq!(again, entry);
    assert_eq!(keys.find(entry.fingerprint.as_str()).expect("by fingerprint"), entry);
    assert_eq!(
        (keys.list().expect("list"), keys.unusable().expect("scan").len()),
        (vec![again], 0)
    );
    let line = format!("{} Mara Lind <mara@example.org>\n", entry.public_key);
    for file in ["mara", "mara.pub"] {
        assert_eq!(std::fs::read_to_string(keys.path().join(file)).expect("a file"), line);
    }

    let rsa = keys.refer("rsa", "", &held[1]).expect_err("of no use");
    assert!(rsa.to_string().contains("of the type ssh-rsa") && held[1].public_key.is_none());
    let refused = |name| keys.refer(name, "", &held[0]).expect_err(name);
    assert!(matches!(refused("again"), KeyError::AlreadyHere { .. }));
    assert!(matches!(refused("mara"), KeyError::NameTaken { .. }));
    assert!(matches!(refused("../mara"), KeyError::Name { .. }));
    let broken = keys.refer("ben", "two\nlines", &held[0]).expect_err("a comment");
    assert!(matches!(broken, KeyError::Comment));
    assert!(keys.unlock(&entry, &passphrase()).is_err(), "there is nothing to unseal");

    std::fs::write(keys.path().join("mara"), mara().public_key()).expect("exchanged");
    assert!(matches!(keys.reach(&entry, &agent), Err(KeyError::Replaced { .. })));
    keys.set_aside(&entry).expect("set aside");
    assert_eq!(keys.list().expect("list"), []);
}

#[test]
fn each_trouble_with_the_real_agent_says_what_to_do() {
    let mut real = RealAgent::new();
    let line = real.add("ed25519", &[]);
    let agent = agent(&real.socket());
    let (place, keys, entry) = referred(&agent);
    let key = keys.reach(&entry, &agent).expect("held");
    let says = |error: &AgentError, words: &str| {
        assert!(error.to_string().contains(words), "{error}");
    };

    real.ssh_add(&["-x"]);
    says(&failure(&key), "unlock it with: ssh-add -X");
    real.ssh_add(&["-X"]);
    key.sign_event(&event_by(&key)).expect("unlocked again");

    let public = place.path().join("away.pub");
    std::fs::write(&public, line).expect("written");
    real.add("ecdsa", &[]);
    real.ssh_add(&["-d", public.to_str().expect("utf-8")]);
    let gone = failure(&key);
    assert!(matches!(gone, AgentError::Gone { .. }));
    says(&gone, "add it with: ssh-add FILE");
    assert!(matches!(keys.reach(&entry, &agent), Err(KeyError::Agent(AgentError::Gone { .. }))));

    real.kill();
    let dead = failure(&key);
    assert!(matches!(dead, AgentError::Unreachable { .. }));
    says(&dead, "eval \"$(ssh-agent)\"");
    for socket in [None, Some(PathBuf::new())] {
        let none = Agent::at(socket, PATIENCE).keys().expect_err("none");
        assert!(matches!(none, AgentError::NotSet));
        says(&none, "SSH_AUTH_SOCK is not set");
    }
}

#[test]
fn a_confirmation_that_is_declined_is_no_signature() {
    let real = RealAgent::new();
    real.add("ed25519", &["-c"]);
    let key = reached(&agent(&real.socket()));
    key.sign_event(&event_by(&key)).expect("confirmed");
    real.will_confirm(false);
    let refused = failure(&key);
    assert!(matches!(refused, AgentError::Refused { .. }), "{refused}");
    assert!(refused.to_string().contains("confirmation was declined"), "{refused}");
    real.will_confirm(true);
    key.sign_event(&event_by(&key)).expect("confirmed");
}

/// An agent that lists Mara's key and signs as `reply` says.
fn listing_mara(reply: impl Fn(&[u8]) -> Reply + Send + 'static) -> (TempDir, PathBuf) {
    let place = temp();
    let socket = place.path().join("agent");
    let blob = PublicKey::from_openssh(mara().public_key()).and_then(|key| key.to_bytes());
    let blob = blob.expect("a blob");
    stand_in(&socket, move |question| match question {
        [11] => Reply::Bytes(listed(&[&blob])),
        other => reply(other),
    });
    (place, socket)
}

#[test]
fn an_agent_that_never_answers_is_not_waited_for() {
    const SLOW: Duration = Duration::from_millis(50);
    let patience = Duration::from_millis(300);
    for story in ["silent", "one byte now and then"] {
        let (_place, socket) = listing_mara(move |_| match story {
            "silent" => Reply::Silence,
            _ => Reply::Slowly([&[0, 0, 0, 90, 14][..], &[0; 60]].concat(), SLOW),
        });
        let key = reached(&Agent::at(Some(socket), patience));
        let began = Instant::now();
        let error = failure(&key);
        assert!(matches!(error, AgentError::TimedOut { .. }), "{story}: {error}");
        assert!(began.elapsed() < Duration::from_secs(2), "{story}: {:?}", began.elapsed());
    }
}

#[test]
fn an_agent_that_returns_anything_else_is_not_believed() {
    let signature =
        |bytes: &[u8]| signed(&Signature::new(Algorithm::Ed25519, bytes).expect("64 bytes"));
    let other_type = text(b"ssh-rsa").into_iter().chain(text(&[1; 64])).collect::<Vec<_>>();
    for (story, answer, words) in [
        ("garbage", b"GET / HTTP/1.1\r\n\r\n".to_vec(), "huge length"),
        ("a huge length", vec![0xff; 9], "huge length"),
        ("no length", vec![0; 5], "huge length"),
        ("cut off", vec![0, 0, 0, 9, 14], "no ssh-agent answers"),
        ("nothing at all", Vec::new(), "no ssh-agent answers"),
        ("success instead", vec![0, 0, 0, 1, 6], "another question"),
        ("the list instead", listed(&[]), "another question"),
        ("no signature", text(&[14]), "signature cannot be read"),
        ("another type", text(&[&[14][..], &text(&other_type)].concat()), "cannot be read"),
        ("bytes behind it", text(&[&signature(&[1; 64])[4..], b"x"].concat()), "cannot be read"),
        ("a made-up signature", signature(&[1; 64]), "does not match the bytes"),
    ] {
        let (_place, socket) = listing_mara(move |_| Reply::Bytes(answer.clone()));
        let error = failure(&reached(&agent(&socket)));
        assert!(error.to_string().contains(words), "{story}: {error}");
    }
    for (story, answer) in [
        ("more keys than there are", text(&[12, 0, 0, 0, 1])),
        ("more keys than anybody has", text(&[12, 0xff, 0xff, 0xff, 0xff])),
        ("a key longer than the list", text(&[12, 0, 0, 0, 1, 0, 0, 0, 9, 1])),
        ("bytes behind the list", text(&[12, 0, 0, 0, 0, 1])),
        ("a refusal to list", text(&[5])),
    ] {
        let place = temp();
        let socket = place.path().join("agent");
        stand_in(&socket, move |_| Reply::Bytes(answer.clone()));
        let error = agent(&socket).keys().expect_err(story);
        assert!(matches!(error, AgentError::Garbled { .. }), "{story}: {error}");
    }
}

#[test]
fn a_key_that_cannot_be_read_does_not_hide_the_others() {
    let place = temp();
    let socket = place.path().join("agent");
    let blob = PublicKey::from_openssh(mara().public_key()).and_then(|key| key.to_bytes());
    let blob = blob.expect("a blob");
    let cut = text(b"ssh-ed25519");
    let longer = [&blob[..], b"x"].concat();
    let odd = text("\u{1b}[2Jx".repeat(200).as_bytes());
    stand_in(&socket, move |_| Reply::Bytes(listed(&[&cut, &longer, &odd, &blob])));
    let keys = agent(&socket).keys().expect("listed");
    let usable: Vec<_> = keys.iter().map(|key| key.public_key.is_some()).collect();
    assert_eq!(usable, [false, false, false, true]);
    assert_eq!(keys[3].fingerprint, *mara().fingerprint());
    assert_eq!(keys[2].algorithm.chars().count(), 64, "bounded");
}

#[test]
fn a_signature_by_another_key_or_over_other_bytes_is_refused() {
    for (story, namespace, message) in
        [("an old signature", NAMESPACE, &b"{}"[..]), ("another purpose", "file", b"[]")]
    {
        let armor = mara().sign(namespace, message).expect("signed");
        let signature = ssh_key::SshSig::from_pem(&armor).expect("armor").signature().clone();
        let (_place, socket) = listing_mara(move |_| Reply::Bytes(signed(&signature)));
        let error = failure(&reached(&agent(&socket)));
        assert!(matches!(error, AgentError::Signature(BadSignature::Mismatch)), "{story}: {error}");
    }
}

#[test]
fn a_security_key_signs_when_it_was_touched_and_not_otherwise() {
    let place = temp();
    let socket = place.path().join("agent");
    let flags = Arc::new(Mutex::new(TOUCHED));
    let (now, soft) = (flags.clone(), SoftKey::new());
    let blob = PublicKey::from(soft.data()).to_bytes().expect("a blob");
    stand_in(&socket, move |question| match question {
        [11] => Reply::Bytes(listed(&[&blob])),
        other => {
            let flags = *now.lock().expect("flags");
            let bytes = soft.over(data_of(other), flags, flags);
            Reply::Bytes(signed(&Signature::new(Algorithm::SkEd25519, bytes).expect("one")))
        }
    });
    let key = reached(&agent(&socket));
    assert!(key.needs_touch() && key.public_key() == SoftKey::new().line());
    assert_eq!(*key.fingerprint(), SoftKey::new().author());
    let event = key.sign_event(&event_by(&key)).expect("touched");
    let (bytes, armor) = (&event.bytes, &event.signature);
    assert_eq!(sshsig::verify(key.fingerprint(), NAMESPACE, bytes, armor), Ok(()));
    assert!(verifies(&key, NAMESPACE, bytes, armor), "stock");
    let raw = key.sign_dsse(b"DSSEv1 4 text 2 hi").expect_err("DSSE knows no flags");
    assert!(raw.to_string().contains("security key cannot sign a DSSE"), "{raw}");

    *flags.lock().expect("flags") = 0;
    let error = failure(&key);
    assert!(matches!(error, AgentError::Signature(BadSignature::NoPresence)), "{error}");
}
