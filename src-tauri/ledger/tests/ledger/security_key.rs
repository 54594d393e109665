//! Signatures of security keys: what ours and the stock verifier accept. No hardware here: a
//! software key makes the bytes that such a key would (PROTOCOL.u2f, SSH U2F signatures).

use std::fs::{self, File};
use std::process::Command;

use countersign_domain::event::NAMESPACE;
use countersign_domain::member::Member;
use countersign_domain::sshsig::{self, BadSignature, Checker};
use countersign_ledger::allowed_signers;
use ssh_key::{Algorithm, HashAlg, LineEnding, Signature, SshSig};

use crate::soft_key::{SoftKey, TOUCHED};
use crate::support::temp;

const MESSAGE: &[u8] = b"{}";
const EMAIL: &str = "mara@example.org";
/// User present, and user verified by a PIN besides.
const TOUCHED_AND_PIN: u8 = 0x05;

/// The signature proper over the message, flags and counter behind it.
fn trailed(key: &SoftKey, signed_flags: u8, claimed: u8) -> Vec<u8> {
    let blob = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, MESSAGE).expect("a blob");
    key.over(&blob, signed_flags, claimed)
}

fn armor(key: &SoftKey, algorithm: Algorithm, bytes: Vec<u8>) -> String {
    let signature = Signature::new(algorithm, bytes).expect("a signature");
    let whole = SshSig::new(key.data(), NAMESPACE, HashAlg::Sha512, signature);
    whole.and_then(|whole| whole.to_pem(LineEnding::LF)).expect("armor")
}

fn signature(key: &SoftKey, flags: u8) -> String {
    armor(key, Algorithm::SkEd25519, trailed(key, flags, flags))
}

/// What stock OpenSSH says of it, with the roster as we write it.
fn ssh_keygen_says(key: &SoftKey, armor: &str) -> Option<String> {
    let place = temp();
    let at = |name: &str| place.path().join(name);
    let member = Member {
        name: "Mara Lind".to_owned(),
        email: EMAIL.to_owned(),
        fingerprint: key.author(),
        public_key: key.line(),
        roles: Vec::new(),
    };
    fs::write(at("signers"), allowed_signers(&[member]).expect("signers")).expect("write");
    fs::write(at("message"), MESSAGE).expect("write");
    fs::write(at("sig"), armor).expect("write");
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "verify", "-n", NAMESPACE, "-I", EMAIL, "-f"]).arg(at("signers"));
    command.arg("-s").arg(at("sig")).stdin(File::open(at("message")).expect("message"));
    let output = command.output().expect("ssh-keygen runs");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the touch check of the printed recipe accepts what `ssh-keygen` accepted.
fn recipe_accepts(said: &str, armor: &str) -> bool {
    let recipe = include_str!("../../../export/src/recipe.md");
    let from = recipe.find("  case $result in\n    *\" with ED25519-SK").expect("the check");
    let check = recipe[from..].split("\ndone").next().expect("its end");
    let place = temp();
    let sig = place.path().join("sig");
    fs::write(&sig, armor).expect("write");
    let from = recipe.find("touched() {").expect("how a touch is read");
    let touched = recipe[from..].split("\nfor ").next().expect("its end");
    let script = format!("fail() {{ echo \"$1\"; exit 1; }}\n{touched}\nevent=e; {check}");
    let mut command = Command::new("sh");
    command.args(["-eu", "-c", &script]).env("sig", sig).env("result", said);
    let output = command.output().expect("sh runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() || told.contains("nobody touched"), "{output:?}");
    output.status.success()
}

#[test]
fn a_touched_security_key_signs_and_an_untouched_one_does_not() {
    let key = SoftKey::new();
    let flags_changed = armor(&key, Algorithm::SkEd25519, trailed(&key, 0, TOUCHED));
    let another_name = "made-up@example.org".parse().expect("an algorithm");
    let renamed = armor(&key, another_name, trailed(&key, TOUCHED, TOUCHED));
    // The last column: stock ssh-keygen does not ask for a touch, so we have to.
    for (story, armor, ours, stock) in [
        ("touched", signature(&key, TOUCHED), Ok(()), true),
        ("touched, with its PIN", signature(&key, TOUCHED_AND_PIN), Ok(()), true),
        ("nobody touched it", signature(&key, 0), Err(BadSignature::NoPresence), true),
        ("a PIN is no touch", signature(&key, 0x04), Err(BadSignature::NoPresence), true),
        ("a touch that was not signed", flags_changed, Err(BadSignature::Mismatch), false),
        ("another kind of signature", renamed, Err(BadSignature::Form), false),
    ] {
        let verify = |message| sshsig::verify(&key.author(), NAMESPACE, message, &armor);
        assert_eq!(verify(MESSAGE), ours, "{story}");
        let quick = Checker::default().verify(&key.author(), NAMESPACE, MESSAGE, &armor);
        assert_eq!(quick.map(|_| ()), ours, "{story}: one of many");
        assert!(verify(b"[]").is_err(), "{story}: over other bytes");
        let said = ssh_keygen_says(&key, &armor);
        assert_eq!(said.is_some(), stock, "{story}: stock");
        if let Some(said) = said {
            assert_eq!(recipe_accepts(&said, &armor), ours.is_ok(), "{story}: the recipe");
        }
    }
}

#[test]
fn a_checker_that_saw_a_touch_asks_for_the_next_one_too() {
    let key = SoftKey::new();
    let mut checker = Checker::default();
    let touched = checker.verify(&key.author(), NAMESPACE, MESSAGE, &signature(&key, TOUCHED));
    assert_eq!(touched, Ok(true), "and it is spelled the one way");
    let untouched = checker.verify(&key.author(), NAMESPACE, MESSAGE, &signature(&key, 0));
    assert_eq!(untouched, Err(BadSignature::NoPresence));
}
