//! What `countersign export --format` writes, read by programs that are not ours: each must
//! take what we write, see in it what happened, and refuse a copy that was broken.

use anyhow::{Context, Result, ensure};
use countersign_tests::{ARTIFACT, Ran, Signed, Validators, path_text};
use serde_json::{Value, json};

fn refused(sentence: &str, ran: &Ran) -> Result<()> {
    ensure!(ran.code.is_some_and(|code| code != 0), "{sentence}: {}", ran.stdout);
    Ok(())
}

fn each(value: &Value, field: &str) -> Vec<Value> {
    value.as_array().into_iter().flatten().map(|one| one[field].clone()).collect()
}

#[test]
fn others_read_what_is_exported_and_refuse_what_was_broken() -> Result<()> {
    let validators = Validators::install()?;
    let signed = Signed::new()?;
    oscal(&validators, &signed)?;
    hdf(&validators, &signed)?;
    dsse(&validators, &signed)?;
    bundled(&signed)?;
    ci(&validators, &signed)
}

fn oscal(validators: &Validators, signed: &Signed) -> Result<()> {
    let path = signed.export("oscal")?;
    let read = validators.oscal(&path)?.with_code(0)?.json()?;
    for (item, state, reason, methods, risks) in [
        ("a.good", "satisfied", "pass", json!(["TEST"]), json!([])),
        ("b.bad", "not-satisfied", "other", json!(["TEST"]), json!(["deviation-approved"])),
        ("b.unsure", "satisfied", "pass", json!(["EXAMINE", "EXAMINE", "TEST", "TEST"]), json!([])),
        ("b.person", "satisfied", "pass", json!(["EXAMINE"]), json!([])),
        ("b.other", "satisfied", "other", json!(["EXAMINE"]), json!([])),
        ("c.unsure", "not-satisfied", "other", json!(["TEST", "TEST"]), json!([])),
        ("c.never", "not-satisfied", "other", json!([]), json!([])),
    ] {
        let wanted =
            json!({ "state": state, "reason": reason, "methods": methods, "risks": risks });
        ensure!(read["findings"][item] == wanted, "{item}: {:#}", read["findings"][item]);
    }
    let actions = &read["actions"];
    let kinds = ["request-changes", "approval", "approval", "approval"];
    ensure!(each(actions, "type") == kinds, "{actions:#}");
    ensure!(each(actions, "role") == ["security", "security", "devops", "management"]);
    ensure!(each(actions, "by") == ["Ana Ortiz", "Ana Ortiz", "Ben Okoro", "Mia Sand"]);
    ensure!(read["controls"] == json!(["cp-9", "ia-5.7", "sc-8"]), "{read:#}");
    ensure!(read["deadlines"].as_array().is_some_and(|all| all.len() == 1), "{read:#}");
    for (sentence, from, to) in [
        ("a state that OSCAL does not know", "\"state\":\"satisfied\"", "\"state\":\"partly\""),
        ("no plan", "\"import-ap\"", "\"import-app\""),
        ("a role that nobody defined", "{\"id\":\"security\"", "{\"id\":\"king\""),
        ("a name that is no UUID", "\"observation-uuid\":\"", "\"observation-uuid\":\"x"),
        ("an observation without a time", "\"collected\"", "\"collect\""),
        ("another version", "\"oscal-version\":\"1.1.3\"", "\"oscal-version\":\"1.0.0\""),
    ] {
        refused(sentence, &validators.oscal(&signed.broken(&path, from, to)?)?)?;
    }
    for held in validators.oscal_schemas(&path)? {
        held.with_code(0)?;
    }
    for (sentence, from, to) in [
        ("an outcome that OSCAL does not know", "\"state\":\"satisfied\"", "\"state\":\"partly\""),
        ("no plan", "\"import-ap\"", "\"import-app\""),
        ("a time that is none", "\"collected\":\"20", "\"collected\":\"x20"),
    ] {
        for held in validators.oscal_schemas(&signed.broken(&path, from, to)?)? {
            refused(sentence, &held)?;
        }
    }
    Ok(())
}

/// What a pipeline reads of a run, by the schemas of those who read it.
fn ci(validators: &Validators, signed: &Signed) -> Result<()> {
    let folder = signed.folder.path();
    let (junit, sarif) = (folder.join("run.xml"), folder.join("run.sarif"));
    let reports = ["--junit", path_text(&junit)?, "--sarif", path_text(&sarif)?];
    let check = ["--key", "ben@example.org", "--release", "1.0", "check", "--after"];
    let check = [&check[..], &reports[..]].concat();
    signed.cli.run(&check)?.with_code(1)?;
    validators.junit(&junit)?.with_code(0)?;
    validators.sarif(&sarif)?.with_code(0)?;
    for (sentence, from, to) in [
        ("a case without a name", "<testcase name=", "<testcase title="),
        ("a property of a case", "</testcase>", "<properties/></testcase>"),
        ("an element that is none", "<testcase name=", "<note/><testcase name="),
    ] {
        refused(sentence, &validators.junit(&signed.broken(&junit, from, to)?)?)?;
    }
    for (sentence, from, to) in [
        ("another version", "\"version\": \"2.1.0\"", "\"version\": \"2.0.0\""),
        ("a level that SARIF does not know", "\"level\": \"error\"", "\"level\": \"bad\""),
        ("no driver", "\"driver\"", "\"drivers\""),
    ] {
        refused(sentence, &validators.sarif(&signed.broken(&sarif, from, to)?)?)?;
    }
    Ok(())
}

fn hdf(validators: &Validators, signed: &Signed) -> Result<()> {
    let path = signed.export("hdf")?;
    let read = validators.hdf(&path)?.with_code(0)?.json()?;
    for (item, status, severity, attested, is_waived) in [
        ("a.good", "Passed", "critical", None, false),
        ("b.bad", "Failed", "high", None, true),
        ("b.unsure", "Passed", "high", Some("passed"), false),
        ("b.person", "Passed", "high", Some("passed"), false),
        ("b.other", "Not Applicable", "high", None, false),
        ("c.unsure", "Profile Error", "medium", None, false),
        ("c.never", "Not Reviewed", "medium", None, false),
    ] {
        let found = &read[item];
        ensure!(found["status"] == status, "{item}: {found}");
        ensure!(found["severity"] == severity, "{item}: {found}");
        ensure!(found["attested"] == json!(attested), "{item}: {found}");
        ensure!(found["waived"].is_string() == is_waived, "{item}: {found}");
    }
    ensure!(read["a.good"]["nist"] == json!(["IA-5(7)", "SC-8"]), "{}", read["a.good"]);
    ensure!(read["c.never"]["nist"] == json!(["UM-1"]), "{}", read["c.never"]);
    for (sentence, from, to) in [
        ("a status that HDF does not know", "\"status\":\"passed\"", "\"status\":\"fine\""),
        ("no platform", "\"platform\"", "\"platforms\""),
        ("a control without an impact", "\"impact\"", "\"impacts\""),
        ("a waiver that is a text", "\"waiver_data\":{", "\"waiver_data\":\"no\",\"was\":{"),
    ] {
        refused(sentence, &validators.hdf(&signed.broken(&path, from, to)?)?)?;
    }
    Ok(())
}

fn dsse(validators: &Validators, signed: &Signed) -> Result<()> {
    let path = signed.export("dsse")?;
    let keys = signed.cli.json(&["key", "list"])?;
    let key = |email: &str| -> Result<(String, String)> {
        let mut keys = keys.as_array().into_iter().flatten();
        let key = keys.find(|key| key["email"] == email).context("a key")?;
        let field = |name: &str| key[name].as_str().map(str::to_owned).context("a field");
        Ok((field("public_key")?, field("fingerprint")?))
    };
    let (mia, print) = key("mia@example.org")?;
    let read = validators.dsse(&path, &mia, &print)?.with_code(0)?.json()?;
    let subject = json!([{ "name": "app.tar", "digest": { "sha256": ARTIFACT } }]);
    ensure!(read["subject"] == subject, "{read:#}");
    let predicate = &read["predicate"];
    ensure!(predicate["gate"]["verdict"] == "go", "{predicate:#}");
    let roles = ["security", "devops", "management"];
    ensure!(each(&predicate["signOffs"], "role") == roles, "{predicate:#}");
    ensure!(each(&predicate["signOffs"], "standing") == ["signed"; 3], "{predicate:#}");
    ensure!(each(&predicate["exceptions"], "state") == ["approved"], "{predicate:#}");

    let (ana, of_ana) = key("ana@example.org")?;
    refused("the key of somebody else", &validators.dsse(&path, &ana, &print)?)?;
    refused("another name of the key", &validators.dsse(&path, &mia, &of_ana)?)?;
    for (sentence, from, to) in [
        ("another payload", "\"payload\":\"ey", "\"payload\":\"eX"),
        ("another payload type", "vnd.in-toto+json", "vnd.in-toto+yaml"),
        ("another signature", "\"sig\":\"", "\"sig\":\"AAAA"),
    ] {
        let broken = signed.broken(&path, from, to)?;
        refused(sentence, &validators.dsse(&broken, &mia, &print)?)?;
    }

    signed.open("1.1", &[])?;
    let arguments = ["--key", "mia@example.org", "export", "--format", "dsse"];
    let none = signed.cli.run(&arguments)?.with_code(65)?;
    ensure!(none.stderr.contains("--artifact"), "{}", none.stderr);
    Ok(())
}

/// The bundle holds the same two documents, and is refused when one of them was changed.
fn bundled(signed: &Signed) -> Result<()> {
    let path = signed.folder.path().join("bundle.zip");
    signed.by("mia", &["--release", "1.0", "export", "--out", path_text(&path)?])?;
    signed.cli.succeed(&["verify", path_text(&path)?])?;
    let mut bundle = zip::ZipArchive::new(std::fs::File::open(&path)?)?;
    for (member, format) in [("oscal.json", "oscal"), ("hdf.json", "hdf")] {
        let mut held = String::new();
        std::io::Read::read_to_string(&mut bundle.by_name(member)?, &mut held)?;
        let out = signed.folder.path().join(member);
        let export = ["--release", "1.0", "export", "--format", format, "--out", path_text(&out)?];
        signed.by("mia", &export)?;
        ensure!(held == std::fs::read_to_string(&out)?, "{member} is another");
    }
    Ok(())
}
