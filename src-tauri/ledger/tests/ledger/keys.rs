//! The key folder: what it makes, lists, opens and refuses.

use std::fs;
use std::process::Command;
use std::time::Instant;

use countersign_domain::event::Body;
use countersign_ledger::keys::{KeyError, KeyFolder, OsRng, SEALING_ROUNDS};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::support::{PASSPHRASE, envelope, mara, new_key, passphrase, project, temp};

fn folder() -> (TempDir, KeyFolder) {
    let place = temp();
    let keys = KeyFolder::open(place.path().join("keys")).expect("key folder");
    (place, keys)
}

fn ssh_keygen(args: &[&str]) {
    let output = Command::new("ssh-keygen").args(args).output().expect("ssh-keygen runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_new_key_is_listed_found_and_opened_and_only_its_owner_can_read_it() {
    let (_place, keys) = folder();
    assert_eq!(keys.list().expect("list"), []);
    let made = keys.create("mara", "mara@example.org", &passphrase(), &mut OsRng).expect("made");
    assert_eq!(keys.list().expect("list"), std::slice::from_ref(&made));
    assert_eq!(keys.find("mara").expect("by name"), made);
    assert_eq!(keys.find(made.fingerprint.as_str()).expect("by fingerprint"), made);
    assert_eq!(made.comment, "mara@example.org");
    assert!(made.public_key.starts_with("ssh-ed25519 AAAA") && !made.public_key.ends_with(' '));
    let started = Instant::now();
    let open = keys.unlock(&made, &passphrase()).expect("opened");
    let seconds = started.elapsed().as_secs_f64();
    assert!(seconds > 0.02, "{SEALING_ROUNDS} rounds in {seconds} s would not slow a guesser down");
    assert_eq!(open.fingerprint(), &made.fingerprint);
    assert_eq!(open.public_key(), made.public_key);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| {
            fs::metadata(path).expect("is there").permissions().mode() & 0o777
        };
        assert_eq!(mode(keys.path()), 0o700);
        assert_eq!(mode(&keys.path().join("mara")), 0o600);
    }
    let files: Vec<_> = fs::read_dir(keys.path()).expect("folder").collect();
    assert_eq!(files.len(), 2, "no temporary file stays");
}

#[test]
fn a_wrong_passphrase_is_told_apart_from_any_other_trouble() {
    let (_place, keys) = folder();
    let made = keys.create("mara", "", &passphrase(), &mut OsRng).expect("made");
    for wrong in ["", "quite another one", &format!("{PASSPHRASE} "), &PASSPHRASE.to_uppercase()] {
        let error = keys.unlock(&made, &Zeroizing::new(wrong.to_owned())).expect_err("wrong");
        assert!(matches!(&error, KeyError::WrongPassphrase { name } if name == "mara"), "{error}");
        assert!(wrong.is_empty() || !error.to_string().contains(wrong), "{error}");
    }
}

#[test]
fn a_passphrase_that_is_short_or_cannot_be_typed_makes_no_key() {
    let (_place, keys) = folder();
    let table = [
        ("seven characters", "1234567".to_owned(), "at least 8 characters"),
        ("seven that are more than seven bytes", "äöüäöüä".to_owned(), "at least 8 characters"),
        ("empty", String::new(), "at least 8 characters"),
        ("a line break", "12345678\n".to_owned(), "line break"),
        ("endless", "x".repeat(1001), "1000 bytes"),
    ];
    for (story, text, words) in table {
        let error = keys.create("mara", "", &Zeroizing::new(text), &mut OsRng).expect_err(story);
        assert!(error.to_string().contains(words), "{story}: {error}");
    }
    assert_eq!(fs::read_dir(keys.path()).expect("folder").count(), 0);
    let eight = Zeroizing::new("äöüäöüäö".to_owned());
    let made = keys.create("mara", "", &eight, &mut OsRng).expect("eight characters");
    keys.unlock(&made, &eight).expect("opened");
}

#[test]
fn a_name_that_is_more_than_a_name_is_refused_everywhere() {
    let (_place, keys) = folder();
    let mut entry = keys.create("mara", "", &passphrase(), &mut OsRng).expect("made");
    for name in [
        "",
        ".",
        "..",
        "../mara",
        "a/b",
        "a\\b",
        "/etc/passwd",
        "-f",
        ".hidden",
        "mara.pub",
        "MARA.PUB",
        "mara.",
        "mara lind",
        "mara\n",
        "mära",
        "a\0b",
        &"a".repeat(65),
    ] {
        let error = keys.create(name, "", &passphrase(), &mut OsRng).expect_err(name);
        assert!(matches!(error, KeyError::Name { .. }), "{name:?}: {error}");
        let import = keys.import(name, &keys.path().join("mara")).expect_err(name);
        assert!(matches!(import, KeyError::Name { .. }), "{name:?}: {import}");
        let find = keys.find(name).expect_err(name);
        assert!(matches!(find, KeyError::NotFound { .. }), "{name:?}: {find}");
        entry.name = name.to_owned();
        let unlock = keys.unlock(&entry, &passphrase()).expect_err(name);
        assert!(matches!(unlock, KeyError::Name { .. }), "{name:?}: {unlock}");
    }
}

#[test]
fn a_comment_of_two_lines_is_refused() {
    let (_place, keys) = folder();
    for comment in ["mara\nssh-ed25519 AAAA", "tab\there", &"x".repeat(201)] {
        let error = keys.create("mara", comment, &passphrase(), &mut OsRng).expect_err(comment);
        assert!(matches!(error, KeyError::Comment), "{error}");
    }
}

#[test]
fn nothing_is_ever_overwritten() {
    let (_place, keys) = folder();
    keys.create("mara", "first", &passphrase(), &mut OsRng).expect("made");
    fs::write(keys.path().join("jo.pub"), "somebody's notes").expect("write");
    let before = fs::read(keys.path().join("mara")).expect("bytes");
    for name in ["mara", "jo"] {
        let error = keys.create(name, "second", &passphrase(), &mut OsRng).expect_err(name);
        assert!(matches!(&error, KeyError::NameTaken { name: n, .. } if n == name), "{error}");
    }
    assert_eq!(fs::read(keys.path().join("mara")).expect("bytes"), before);
    assert_eq!(fs::read(keys.path().join("jo.pub")).expect("bytes"), b"somebody's notes");
    assert!(!keys.path().join("jo").exists());
}

#[test]
fn a_key_from_elsewhere_is_copied_as_it_is_and_signs() {
    let (place, keys) = folder();
    let file = place.path().join("id_ed25519");
    let path = file.to_str().expect("utf-8");
    for (number, cipher) in
        ["aes256-ctr", "aes256-cbc", "aes256-gcm@openssh.com"].iter().enumerate()
    {
        ssh_keygen(&[
            "-q", "-t", "ed25519", "-C", "jo@work", "-N", PASSPHRASE, "-Z", cipher, "-f", path,
        ]);
        let name = format!("jo{number}");
        let entry = keys.import(&name, &file).expect(cipher);
        assert_eq!(entry.comment, "jo@work");
        let copied = fs::read(keys.path().join(&name)).expect("copy");
        assert_eq!(copied, fs::read(&file).expect("original"));
        assert!(matches!(
            keys.unlock(&entry, &Zeroizing::new("wrong passphrase".to_owned())),
            Err(KeyError::WrongPassphrase { .. })
        ));
        let open = keys.unlock(&entry, &passphrase()).expect(cipher);
        let mut own = envelope(&project("shop"), &[], "sign");
        own.author = open.fingerprint().clone();
        open.sign_event(&own).expect("signs").verify().expect("verifies");
        let again = keys.import("again", &file).expect_err("twice");
        assert!(matches!(&again, KeyError::AlreadyHere { name: n } if *n == name), "{again}");
        fs::remove_file(&file).expect("remove");
        fs::remove_file(format!("{path}.pub")).expect("remove");
    }
    assert_eq!(keys.list().expect("list").len(), 3);
}

#[test]
fn a_key_that_cannot_serve_is_refused_with_the_way_out() {
    let (place, keys) = folder();
    let table: [(&str, &[&str], &str); 6] = [
        ("no passphrase", &["-t", "ed25519", "-N", ""], "ssh-keygen -p -f"),
        ("RSA", &["-t", "rsa", "-b", "2048", "-N", PASSPHRASE], "ssh-keygen -t ed25519"),
        ("ECDSA", &["-t", "ecdsa", "-N", PASSPHRASE], "ssh-keygen -t ed25519"),
        ("PEM", &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", PASSPHRASE], "ssh-keygen -p"),
        ("a weak cipher", &["-t", "ed25519", "-Z", "3des-cbc", "-N", PASSPHRASE], "-Z aes256-ctr"),
        (
            "another cipher",
            &["-t", "ed25519", "-Z", "chacha20-poly1305@openssh.com", "-N", PASSPHRASE],
            "-Z aes256-ctr",
        ),
    ];
    for (story, args, words) in table {
        let file = place.path().join(story);
        let mut all = vec!["-q", "-f", file.to_str().expect("utf-8")];
        all.extend_from_slice(args);
        ssh_keygen(&all);
        let error = keys.import("jo", &file).expect_err(story).to_string();
        assert!(error.contains(words) && error.contains(story), "{story}: {error}");
    }
    let text = place.path().join("notes");
    fs::write(&text, "no key at all").expect("write");
    let huge = place.path().join("huge");
    fs::write(&huge, vec![b'-'; 100_000]).expect("write");
    let table = [
        (&text, "BEGIN OPENSSH PRIVATE KEY"),
        (&huge, "larger than"),
        (&place.path().join("missing"), "No such file"),
    ];
    for (file, words) in table {
        let error = keys.import("jo", file).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(keys.list().expect("list"), []);
}

#[test]
fn one_bad_file_does_not_hide_the_other_keys_and_is_explained() {
    let (_place, keys) = folder();
    let made = keys.create("mara", "m", &passphrase(), &mut OsRng).expect("made");
    fs::write(keys.path().join("broken"), "-----BEGIN OPENSSH PRIVATE KEY-----\nx").expect("write");
    fs::write(keys.path().join("mara.pub"), mara().public_key()).expect("another key's");
    let listed = keys.list().expect("list");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].public_key, made.public_key, "the private file says which key it is");
    assert_eq!(listed[0].comment, "", "a .pub of another key is not believed");
    let unusable = keys.unusable().expect("scan");
    assert_eq!(unusable.len(), 1);
    assert!(unusable[0].to_string().contains("broken"), "{}", unusable[0]);
    assert!(matches!(keys.find("broken"), Err(KeyError::Form { .. })));
    assert!(matches!(keys.find("nobody"), Err(KeyError::NotFound { .. })));
}

#[test]
fn a_key_file_exchanged_after_listing_is_not_opened() {
    let (_place, keys) = folder();
    let mara = keys.create("mara", "", &passphrase(), &mut OsRng).expect("made");
    keys.create("eve", "", &passphrase(), &mut OsRng).expect("made");
    fs::copy(keys.path().join("eve"), keys.path().join("mara")).expect("exchange");
    let error = keys.unlock(&mara, &passphrase()).expect_err("exchanged");
    assert!(matches!(error, KeyError::Replaced { .. }), "{error}");
}

#[test]
fn a_key_signs_only_for_itself_and_only_what_a_ledger_would_take() {
    let eve = new_key("eve");
    let shop = project("shop");
    let error = eve.sign_event(&envelope(&shop, &[], "sign")).expect_err("mara's event");
    assert!(matches!(&error, KeyError::OtherAuthor { own, .. } if own == eve.fingerprint()));
    let mut newer = envelope(&shop, &[], "sign");
    newer.version = 2;
    let mut huge = envelope(&shop, &[], "sign");
    huge.body = Body::AttemptRefused {
        release: None,
        action: "x".repeat(300_000),
        code: String::new(),
        reason: String::new(),
    };
    for (story, case, words) in [("newer", newer, "version 2"), ("huge", huge, "at most")] {
        let error = mara().sign_event(&case).expect_err(story);
        assert!(error.to_string().contains(words), "{story}: {error}");
    }
    assert!(matches!(mara().sign("", b"message"), Err(KeyError::Crypto(_))), "no namespace");
}

#[test]
fn only_what_dsse_encodes_is_signed_without_a_namespace() {
    let key = mara();
    let pae = b"DSSEv1 4 text 2 hi";
    let signature = key.sign_dsse(pae).expect("signed");
    let public = ssh_key::PublicKey::from_openssh(key.public_key()).expect("a public key");
    let point = public.key_data().ed25519().expect("Ed25519").0;
    let verifier = ed25519_dalek::VerifyingKey::from_bytes(&point).expect("a point");
    let signature = ed25519_dalek::Signature::from_slice(&signature).expect("64 bytes");
    assert!(verifier.verify_strict(pae, &signature).is_ok());
    assert!(verifier.verify_strict(b"DSSEv1 4 text 2 ho", &signature).is_err());
    for other in [&b"SSHSIG\x00\x00\x00\x04file"[..], b"", b"DSSEv1", b"{\"format\":1}"] {
        assert!(matches!(key.sign_dsse(other), Err(KeyError::NotDsse)), "{other:?}");
    }
}

#[test]
fn what_is_printed_of_a_key_shows_no_secret() {
    let shown = format!("{:?}", mara());
    assert_eq!(shown, format!("UnlockedKey {{ fingerprint: {:?}, .. }}", mara().fingerprint()));
}

#[test]
fn a_key_set_aside_is_neither_listed_nor_lost_however_often_its_name_comes_again() {
    let (place, keys) = folder();
    let mut kept = Vec::new();
    for _ in 0..3 {
        let made = keys.create("mara", "mara@example.org", &passphrase(), &mut OsRng).expect("new");
        kept.push((keys.set_aside(&made).expect("set aside"), made.fingerprint));
        assert_eq!(keys.list().expect("list"), []);
    }
    let back = KeyFolder::open(place.path().join("other")).expect("another folder");
    for (number, (file, fingerprint)) in kept.iter().enumerate() {
        let found = back.import(&format!("mara{number}"), file).expect("still sealed, still whole");
        assert_eq!((&found.fingerprint, found.comment.as_str()), (fingerprint, "mara@example.org"));
    }
}
