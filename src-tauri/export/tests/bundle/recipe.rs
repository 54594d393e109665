//! VERIFY.md, run as it stands by a shell with stock tools.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{Members, fix_sums, good_bundle, pack, people, unpack};

fn script(members: &Members) -> String {
    let text = String::from_utf8(members["VERIFY.md"].clone()).expect("text");
    let blocks: Vec<_> = text
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split_once("```").expect("a closed block").0.to_owned())
        .collect();
    assert_eq!(blocks.len(), 7, "each step has its block");
    blocks.concat()
}

fn run(script: &str, bundle: &[u8]) -> Output {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("bundle.zip"), bundle).expect("bundle");
    run_in(folder.path(), script)
}

/// The programs that the recipe names, and no other, are there for it to call.
fn run_in(folder: &Path, script: &str) -> Output {
    let tools = tempfile::tempdir().expect("folder");
    for tool in ["ssh-keygen", "sha256sum", "unzip", "jq"] {
        symlink(installed(tool), tools.path().join(tool)).expect("link");
    }
    let mut sh = Command::new(installed("sh"));
    sh.args(["-euc", script]).current_dir(folder).env("PATH", tools.path()).output().expect("sh")
}

fn installed(tool: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("PATH");
    let found = std::env::split_paths(&path).map(|folder| folder.join(tool));
    found.into_iter().find(|file| file.is_file()).unwrap_or_else(|| panic!("{tool} is missing"))
}

fn told(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn the_recipe_accepts_a_good_bundle() {
    let output = run(&script(&unpack(good_bundle())), good_bundle());
    let told = told(&output);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("Good \"countersign-event-v1\" signature for dev@example.org"), "{told}");
    assert!(told.contains("signed by a key that was never on the roster"), "{told}");
    assert!(told.contains("security approve by SHA256:"), "{told}");
    assert!(told.contains("Every check of this recipe holds."), "{told}");
}

#[test]
fn the_recipe_refuses_what_was_tampered_with() {
    let good = unpack(good_bundle());
    let script = script(&good);
    let events: Vec<_> =
        good.keys().filter(|name| name.ends_with(".json") && name.starts_with("events/")).collect();
    type Tamper<'a> = &'a dyn Fn(&mut Members);
    let cases: [(&str, &str, Tamper<'_>); 7] = [
        ("a changed report", "report.html: FAILED", &|members| {
            members.get_mut("report.html").expect("report")[99] ^= 1;
        }),
        ("an added file", "names other files", &|members| {
            members.insert("extra.txt".into(), b"x".to_vec());
        }),
        ("a changed event", "its bytes hash to", &|members| {
            let bytes = members.get_mut(events[7]).expect("event");
            *bytes = String::from_utf8_lossy(bytes).replace("2025", "2024").into_bytes();
            fix_sums(members);
        }),
        ("a forged signature", "signed by a key other than", &|members| {
            let signature = people().max.sign(&members[events[7]]);
            members.insert(events[7].replace(".json", ".sig"), signature.into_bytes());
            fix_sums(members);
        }),
        ("a signature over other bytes", "its signature does not match", &|members| {
            let signature = people().dev.sign(b"other");
            members.insert(events[7].replace(".json", ".sig"), signature.into_bytes());
            fix_sums(members);
        }),
        ("a dropped event", "missing events", &|members| {
            members.remove(events[7]);
            members.remove(&events[7].replace(".json", ".sig"));
            fix_sums(members);
        }),
        ("a truncated tail", "the chain ends at", &|members| {
            let last = events.last().expect("events");
            members.remove(*last);
            members.remove(&last.replace(".json", ".sig"));
            fix_sums(members);
        }),
    ];
    for (case, expected, tamper) in cases {
        let mut bad = good.clone();
        tamper(&mut bad);
        let output = run(&script, &pack(&bad));
        let told = told(&output);
        assert!(!output.status.success(), "{case} was accepted: {told}");
        assert!(told.contains(expected), "{case}: {told}");
    }
}
