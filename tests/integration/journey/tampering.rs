//! The journey by script, then its bundle in the hands of somebody who wants it to say
//! something else, and who puts the checksums right afterwards.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_ledger::keys::{KeyFolder, OsRng, UnlockedKey};
use countersign_tests::{Cli, Ran, run};
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

const SCRIPT_LIMIT: Duration = Duration::from_secs(600);
const SUMS: &str = "SHA256SUMS";

type Members = BTreeMap<String, Vec<u8>>;

#[test]
fn the_journey_ends_in_a_record_that_nobody_can_change_unseen() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let work = folder.path().join("work");
    let cli = Cli::new()?;
    let script = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("journey/journey.sh");
    let mut journey = Command::new("sh");
    journey.arg(script).arg(&work).env("COUNTERSIGN_CLI", cli.program());
    run(&mut journey, SCRIPT_LIMIT)?.with_code(0).context("the journey by script")?;

    let bytes = std::fs::read(work.join("bundle.zip"))?;
    let bundle = Bundle { cli, scratch: folder.path().join("changed.zip"), members: read(&bytes)? };
    ensure!(write(&bundle.members)? == bytes, "unpacked and packed, it must be the same file");
    bundle.untouched_is_good()?;
    bundle.every_changed_byte_is_named()?;
    bundle.every_changed_byte_is_seen_when_the_checksums_fit()?;
    bundle.a_dropped_event_is_missed()?;
    bundle.two_swapped_events_are_seen()?;
    bundle.a_cut_tail_is_seen()?;
    bundle.forged_signatures_are_seen(&intruder(folder.path())?)
}

struct Bundle {
    cli: Cli,
    scratch: std::path::PathBuf,
    members: Members,
}

impl Bundle {
    fn verify(&self, members: &Members) -> Result<Ran> {
        std::fs::write(&self.scratch, write(members)?)?;
        let file = self.scratch.to_str().context("a temporary path is UTF-8")?;
        self.cli.run(&["verify", file, "--require", "security,devops,management"])
    }

    fn breaks(&self, case: &str, members: &Members, named: &str) -> Result<()> {
        let ran = self.verify(members)?.with_code(1).with_context(|| case.to_owned())?;
        ensure!(ran.stdout.contains(named), "{case}: {named:?} is not named in\n{}", ran.stdout);
        ensure!(ran.stdout.contains("DOES NOT HOLD"), "{case}: {}", ran.stdout);
        Ok(())
    }

    fn changed(&self, change: impl FnOnce(&mut Members) -> Result<()>) -> Result<Members> {
        let mut members = self.members.clone();
        change(&mut members)?;
        Ok(sealed(members))
    }

    /// The names of the events without their ends, in order.
    fn events(&self) -> Vec<String> {
        let names = self.members.keys();
        names
            .filter_map(|name| name.strip_prefix("events/")?.strip_suffix(".json"))
            .map(|stem| format!("events/{stem}"))
            .collect()
    }

    fn untouched_is_good(&self) -> Result<()> {
        self.verify(&self.members)?.with_code(0).context("not touched")?;
        self.verify(&sealed(self.members.clone()))?.with_code(0).context("sealed as it was")?;
        Ok(())
    }

    fn every_changed_byte_is_named(&self) -> Result<()> {
        for name in self.members.keys() {
            let mut members = self.members.clone();
            flip(&mut members, name)?;
            self.breaks(&format!("one byte of {name}"), &members, name)?;
        }
        Ok(())
    }

    fn every_changed_byte_is_seen_when_the_checksums_fit(&self) -> Result<()> {
        for name in self.members.keys().filter(|name| *name != SUMS) {
            let members = self.changed(|members| flip(members, name))?;
            // An event and its signature go by the event's number.
            let stem = name.strip_suffix(".sig").unwrap_or(name);
            let case = format!("one byte of {name}, with its checksum");
            self.breaks(&case, &members, stem)?;
        }
        Ok(())
    }

    fn a_dropped_event_is_missed(&self) -> Result<()> {
        let events = self.events();
        let stem = &events[events.len() / 2];
        let members = self.changed(|members| {
            members.remove(&format!("{stem}.json")).context("the event")?;
            members.remove(&format!("{stem}.sig")).context("its signature")?;
            Ok(())
        })?;
        let number = &stem["events/".len()..][..6];
        self.breaks("a dropped event", &members, &format!("event {number} is missing"))
    }

    fn two_swapped_events_are_seen(&self) -> Result<()> {
        let events = self.events();
        let (one, other) = (&events[4], &events[5]);
        let (number_one, id_one) = one.split_once('-').context("NUMBER-ID")?;
        let (number_other, id_other) = other.split_once('-').context("NUMBER-ID")?;
        let members = self.changed(|members| {
            for end in ["json", "sig"] {
                let first = members.remove(&format!("{one}.{end}")).context("first")?;
                let second = members.remove(&format!("{other}.{end}")).context("second")?;
                members.insert(format!("{number_other}-{id_one}.{end}"), first);
                members.insert(format!("{number_one}-{id_other}.{end}"), second);
            }
            Ok(())
        })?;
        self.breaks("two swapped events", &members, "events were moved")
    }

    fn a_cut_tail_is_seen(&self) -> Result<()> {
        let events = self.events();
        let last = events.last().context("there are events")?;
        let members = self.changed(|members| {
            members.remove(&format!("{last}.json")).context("the event")?;
            members.remove(&format!("{last}.sig")).context("its signature")?;
            Ok(())
        })?;
        self.breaks("a cut tail", &members, "the end was cut off")
    }

    fn forged_signatures_are_seen(&self, intruder: &UnlockedKey) -> Result<()> {
        let events = self.events();
        let stem = &events[events.len() - 3];
        let event = &self.members[&format!("{stem}.json")];
        let forged = intruder.sign("countersign-event-v1", event)?;
        let members = self.changed(|members| {
            members.insert(format!("{stem}.sig"), forged.into_bytes());
            Ok(())
        })?;
        self.breaks("signed by somebody else", &members, "made by SHA256:")?;

        let other = &events[events.len() - 2];
        let members = self.changed(|members| {
            let signature = members[&format!("{other}.sig")].clone();
            members.insert(format!("{stem}.sig"), signature);
            Ok(())
        })?;
        self.breaks("the signature of another event", &members, stem)
    }
}

fn intruder(folder: &Path) -> Result<UnlockedKey> {
    let keys = KeyFolder::open(folder.join("intruder"))?;
    let passphrase = "not on any roster".to_owned().into();
    let entry = keys.create("mal", "Mal <mal@example.org>", &passphrase, &mut OsRng)?;
    Ok(keys.unlock(&entry, &passphrase)?)
}

fn flip(members: &mut Members, name: &str) -> Result<()> {
    let bytes = members.get_mut(name).context("the member")?;
    let middle = bytes.len() / 2;
    *bytes.get_mut(middle).with_context(|| format!("{name} is empty"))? ^= 1;
    Ok(())
}

/// With the list of checksums as the members are now.
fn sealed(mut members: Members) -> Members {
    members.remove(SUMS);
    let line = |(name, bytes): (&String, &Vec<u8>)| {
        format!("{}  {name}\n", hex::encode(Sha256::digest(bytes)))
    };
    let sums: String = members.iter().map(line).collect();
    members.insert(SUMS.to_owned(), sums.into_bytes());
    members
}

fn read(bytes: &[u8]) -> Result<Members> {
    let mut zip = ZipArchive::new(Cursor::new(bytes))?;
    let mut members = Members::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        members.insert(file.name().to_owned(), content);
    }
    Ok(members)
}

fn write(members: &Members) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .system(zip::System::Unix);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(name.as_str(), options)?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}
