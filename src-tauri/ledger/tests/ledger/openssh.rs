//! Stock OpenSSH believes our keys and signatures, without our program.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use countersign_domain::event::NAMESPACE;
use countersign_domain::member::Member;
use countersign_ledger::allowed_signers;
use countersign_ledger::keys::{KeyFolder, OsRng, UnlockedKey};
use zeroize::Zeroizing;

use crate::allowed_signers::member;
use crate::support::{PASSPHRASE, mara, passphrase, project, signed, temp};

fn run(args: &[&str], input: Option<&Path>) -> Output {
    let mut command = Command::new("ssh-keygen");
    command.args(args);
    if let Some(path) = input {
        command.stdin(File::open(path).expect("input"));
    }
    command.output().expect("ssh-keygen runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Whether `ssh-keygen -Y verify` accepts the signature by `key`, with the roster as we
/// write it.
pub(crate) fn verifies(key: &UnlockedKey, namespace: &str, message: &[u8], armor: &str) -> bool {
    let place = temp();
    let at = |name: &str| place.path().join(name).to_str().expect("utf-8").to_owned();
    let member = Member {
        name: "Mara Lind".to_owned(),
        email: "mara@example.org".to_owned(),
        fingerprint: key.fingerprint().clone(),
        public_key: key.public_key().to_owned(),
        roles: Vec::new(),
    };
    fs::write(at("signers"), allowed_signers(&[member]).expect("signers")).expect("write");
    fs::write(at("message"), message).expect("write");
    fs::write(at("sig"), armor).expect("write");
    let (signers, sig) = (at("signers"), at("sig"));
    let who = "mara@example.org";
    let args = ["-Y", "verify", "-f", &signers, "-I", who, "-n", namespace, "-s", &sig];
    run(&args, Some(at("message").as_ref())).status.success()
}

#[test]
fn ssh_keygen_verifies_an_event_and_nothing_but_that_event() {
    let place = temp();
    let at = |name: &str| place.path().join(name).to_str().expect("utf-8").to_owned();
    let event = signed(&project("shop"), &[], "sign");
    let signers = allowed_signers(&[member("mara@example.org")]).expect("signers");
    fs::write(at("signers"), signers).expect("write");
    fs::write(at("event"), &event.bytes).expect("write");
    fs::write(at("event.sig"), &event.signature).expect("write");
    let mut changed = event.bytes.clone();
    let last = changed.len() - 1;
    changed[last] = b' ';
    fs::write(at("changed"), changed).expect("write");
    let mail = mara().sign("file", &event.bytes).expect("signature");
    fs::write(at("file.sig"), mail).expect("write");
    let table = [
        ("the event", "mara@example.org", NAMESPACE, "event", "event.sig", true),
        ("a changed byte", "mara@example.org", NAMESPACE, "changed", "event.sig", false),
        ("another signer", "eve@example.org", NAMESPACE, "event", "event.sig", false),
        ("another purpose", "mara@example.org", "file", "event", "event.sig", false),
        ("a key beyond its namespace", "mara@example.org", "file", "event", "file.sig", false),
    ];
    for (story, who, namespace, message, signature, is_good) in table {
        let (signers, signature) = (at("signers"), at(signature));
        let args = ["-Y", "verify", "-f", &signers, "-I", who, "-n", namespace, "-s", &signature];
        let output = run(&args, Some(at(message).as_ref()));
        assert_eq!(output.status.success(), is_good, "{story}: {}", text(&output));
    }
}

#[test]
fn ssh_keygen_opens_our_key_and_we_open_it_after_a_new_passphrase() {
    let place = temp();
    let keys = KeyFolder::open(place.path()).expect("folder");
    let made = keys.create("mara", "Mara Lind", &passphrase(), &mut OsRng).expect("made");
    let path = keys.path().join("mara");
    let path = path.to_str().expect("utf-8");

    let public = run(&["-y", "-P", PASSPHRASE, "-f", path], None);
    assert_eq!(text(&public).trim_end(), format!("{} Mara Lind", made.public_key));
    let wrong = run(&["-y", "-P", "wrong passphrase", "-f", path], None);
    assert!(!wrong.status.success() && text(&wrong).contains("incorrect passphrase"));
    let listed = text(&run(&["-l", "-f", &format!("{path}.pub")], None));
    assert!(listed.contains(made.fingerprint.as_str()) && listed.contains("Mara Lind"), "{listed}");

    let args = ["-q", "-p", "-P", PASSPHRASE, "-N", "another passphrase", "-f", path];
    let changed = run(&args, None);
    assert!(changed.status.success(), "{}", text(&changed));
    assert!(keys.unlock(&made, &passphrase()).is_err(), "the old passphrase");
    let another = Zeroizing::new("another passphrase".to_owned());
    keys.unlock(&made, &another).expect("the new passphrase");
}

#[test]
fn we_verify_what_ssh_keygen_signs() {
    let place = temp();
    let key = place.path().join("jo");
    let key = key.to_str().expect("utf-8");
    let made = run(&["-q", "-t", "ed25519", "-N", "", "-f", key], None);
    assert!(made.status.success(), "{}", text(&made));
    let message = place.path().join("message");
    fs::write(&message, "{}").expect("write");
    let signed = run(&["-Y", "sign", "-q", "-f", key, "-n", NAMESPACE], Some(&message));
    let public = fs::read_to_string(format!("{key}.pub")).expect("public key");
    let author = countersign_domain::sshsig::fingerprint(&public).expect("fingerprint");
    let verify = |message: &[u8]| {
        countersign_domain::sshsig::verify(&author, NAMESPACE, message, &text(&signed))
    };
    assert_eq!(verify(b"{}"), Ok(()));
    assert!(verify(b"[]").is_err());
}
