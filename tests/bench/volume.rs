//! What a long life costs: the record of a project with many events verified beside the bare
//! signature checks in it, and such a project opened with and without what was kept.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chrono::{TimeDelta, Utc};
use countersign_domain::event::{Body, ENVELOPE_VERSION, Envelope, NAMESPACE, Tick};
use countersign_domain::id::{ItemId, ProjectId, ReleaseId};
use countersign_ledger::Ledger;
use countersign_ledger::keys::UnlockedKey;
use countersign_workflow::view::{OpenRelease, VerifyCode};
use countersign_workflow::{Format, Home, ProjectFile, World};
use ssh_key::{PublicKey, SshSig};
use zeroize::Zeroizing;

/// Events of the record that is verified.
const RECORD: usize = 10_000;
/// Events of the project that is opened.
const PROJECT: usize = 100_000;
/// Events of the release that is printed.
const RELEASE: usize = 300;
/// Repetitions; the median is printed.
const ROUNDS: usize = 7;

/// Measures and prints.
pub(crate) fn measure(out: &mut dyn Write) -> Result<()> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (ours, bare) = verification(threads)?;
    writeln!(
        out,
        "verification of a bundle of {RECORD} events: {:.0} ms; its bare Ed25519 checks on the \
         same {threads} core(s): {:.0} ms; ratio {:.2}",
        ours.as_secs_f64() * 1e3,
        bare.as_secs_f64() * 1e3,
        bare.as_secs_f64() / ours.as_secs_f64()
    )?;
    let opened = opening()?;
    writeln!(
        out,
        "a project of {PROJECT} events: opened in {:.0} ms with every signature verified, in \
         {:.0} ms by what was verified before; looked at again in {:.0} ms",
        opened.cold.as_secs_f64() * 1e3,
        opened.warm.as_secs_f64() * 1e3,
        opened.again.as_secs_f64() * 1e3
    )?;
    let (pdf, events) = typesetting()?;
    writeln!(
        out,
        "PDF/A-3 of a release of {events} events with every item of the checklist: {:.0} ms",
        pdf.as_secs_f64() * 1e3
    )?;
    Ok(())
}

/// How long `export --format pdf` takes, its program's start included.
fn typesetting() -> Result<(Duration, usize)> {
    let folder = tempfile::tempdir()?;
    let (project, releases, _) = grown(folder.path(), RELEASE, 1)?;
    let release = releases.first().context("a release")?;
    let home = Home::open(folder.path(), World::real())?;
    home.project(&project)?;
    let path = folder.path().join("record.pdf");
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let clock = Instant::now();
        home.export_as(&project, release, Format::Pdf, Some(&path))?;
        took.push(clock.elapsed());
    }
    Ok((median(took), RELEASE))
}

/// How long looks at a project take.
struct Opened {
    /// The first in a process, with nothing known of earlier ones.
    cold: Duration,
    /// The first in a process, after another one had verified the project.
    warm: Duration,
    /// Looks after that.
    again: Duration,
}

fn opening() -> Result<Opened> {
    let folder = tempfile::tempdir()?;
    let (project, releases, _) = grown(folder.path(), PROJECT, 20)?;
    let release = releases.last().context("a release")?;
    let look = |home: &Home| -> Result<()> {
        let view = home.project(&project)?;
        home.release(&project, release)?;
        ensure!(view.events as usize >= PROJECT, "{} events", view.events);
        Ok(())
    };
    let open = || -> Result<(Home, Duration)> {
        let clock = Instant::now();
        let home = Home::open(folder.path(), World::real())?;
        look(&home)?;
        Ok((home, clock.elapsed()))
    };
    let known = folder.path().join("verified.json");
    let (mut cold, mut warm, mut again) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..3 {
        if known.exists() {
            std::fs::remove_file(&known)?;
        }
        cold.push(open()?.1);
        ensure!(known.exists(), "what was verified is kept");
        let (home, took) = open()?;
        warm.push(took);
        let clock = Instant::now();
        look(&home)?;
        again.push(clock.elapsed());
    }
    Ok(Opened { cold: median(cold), warm: median(warm), again: median(again) })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A whole verification, and every signature of the same bundle checked on as many threads
/// with nothing around it: key and signatures are read beforehand.
fn verification(threads: usize) -> Result<(Duration, Duration)> {
    let folder = tempfile::tempdir()?;
    let (project, releases, public_key) = grown(folder.path(), RECORD, 1)?;
    let release = releases.first().context("a release")?;
    let home = Home::open(folder.path(), World::real())?;
    let path = folder.path().join("bundle.zip");
    home.export_bundle(&project, release, Some(&path))?;
    let bytes = std::fs::read(&path)?;
    let events = Ledger::open_read_only(home.ledger_path())?.events(&project)?;
    ensure!(events.len() >= RECORD, "{} events", events.len());
    let public = PublicKey::from_openssh(&public_key)?;
    let pairs = events
        .iter()
        .map(|event| Ok((&event.bytes[..], SshSig::from_pem(&event.signature)?)))
        .collect::<Result<Vec<_>>>()?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let clock = Instant::now();
        let found = countersign_export::verify(&bytes, &Default::default());
        ours.push(clock.elapsed());
        ensure!(found.steps.iter().all(|step| step.good), "{}", found.summary);
        let clock = Instant::now();
        let all = std::thread::scope(|scope| {
            let check = |part: &[(&[u8], SshSig)]| {
                part.iter().all(|(bytes, one)| public.verify(NAMESPACE, bytes, one).is_ok())
            };
            let parts = pairs.chunks(pairs.len().div_ceil(threads));
            let running: Vec<_> = parts.map(|part| scope.spawn(move || check(part))).collect();
            running.into_iter().all(|one| one.join().unwrap_or(false))
        });
        bare.push(clock.elapsed());
        ensure!(all, "a signature does not hold");
    }
    Ok((median(ours), median(bare)))
}

/// A home whose one project has `length` events, spread over `releases` releases.
fn grown(
    folder: &Path,
    length: usize,
    releases: usize,
) -> Result<(ProjectId, Vec<ReleaseId>, String)> {
    let home = Home::open(folder, World::real())?;
    let passphrase = Zeroizing::new("bench passphrase".to_owned());
    let view = home.create_key(None, "Bench", "bench@example.invalid", &passphrase)?;
    let key = home.unlock(&view.fingerprint, &passphrase)?;
    let text = "[project]\nname = \"Bench\"\n[[environment]]\nname = \"staging\"\n";
    let project = home.create_project(&key, ProjectFile::parse(text, home.path())?, &[])?;
    let mut opened = Vec::new();
    let mut items = Vec::new();
    for number in 0..releases {
        let release = home.open_release(
            &key,
            &OpenRelease {
                project: project.id.clone(),
                version: format!("1.{number}"),
                environment: "staging".into(),
                template: None,
                artifacts: Vec::new(),
                ticket: String::new(),
                reason: String::new(),
                planned_for: None,
            },
        )?;
        opened.push(ReleaseId::parse(&release.row.id)?);
        items = release
            .sections
            .iter()
            .flat_map(|section| &section.items)
            .filter(|item| item.verify == VerifyCode::Person)
            .map(|item| Ok(ItemId::parse(&item.id)?))
            .collect::<Result<Vec<_>>>()?;
    }
    let project = ProjectId::parse(&project.id)?;
    tick(&home, &key, &project, &opened, &items, length)?;
    Ok((project, opened, view.public_key))
}

/// Ticks, one after the other, until the ledger holds `length` events.
fn tick(
    home: &Home,
    key: &UnlockedKey,
    project: &ProjectId,
    releases: &[ReleaseId],
    items: &[ItemId],
    length: usize,
) -> Result<()> {
    let ledger = Ledger::open(home.ledger_path())?;
    let mut parents = ledger.heads(project)?;
    let mut at = Utc::now();
    let known = usize::try_from(ledger.count(project)?)?;
    let mut signed = Vec::new();
    for number in known..length {
        at += TimeDelta::milliseconds(1);
        let event = key.sign_event(&Envelope {
            version: ENVELOPE_VERSION,
            project: project.clone(),
            parents,
            author: key.fingerprint().clone(),
            at,
            body: Body::ItemAttested {
                release: releases[number * releases.len() / length].clone(),
                item: items[number % items.len()].clone(),
                tick: if number % 2 == 0 { Tick::Done } else { Tick::NotDone },
                note: format!("looked at it for the {number}th time and wrote down what was there"),
            },
        })?;
        parents = vec![event.id()];
        signed.push(event);
    }
    ledger.append_batch(&signed, Utc::now())?;
    Ok(())
}
