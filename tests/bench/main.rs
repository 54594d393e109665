//! Ratios that tell whether the program is as fast as what it stands on: each of ours is
//! measured beside the bare operation under it, or beside a program that does the same, in
//! the same run, on the same machine.

mod corpus;
mod peers;
mod scan;
mod tls;
mod volume;

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use chrono::Utc;
use countersign_domain::event::{Body, Envelope, SignedEvent};
use countersign_domain::id::{EventId, Fingerprint, ProjectId, ReleaseId};
use countersign_ledger::Ledger;
use countersign_ledger::keys::{KeyFolder, OsRng};
use countersign_tests::{Opened, open_release};
use countersign_workflow::check::Selection;
use countersign_workflow::view::{Attest, TickCode, VerifyCode};
use countersign_workflow::{Home, World};
use ssh_key::{PublicKey, SshSig};
use zeroize::Zeroizing;

/// Events of the append and verification measures.
const EVENTS: usize = 1_000;
/// Repetitions; the median is printed.
const ROUNDS: usize = 5;

/// Measures and prints.
type Measure = fn(&mut dyn Write) -> Result<()>;

/// Every measure by the name that picks it.
const MEASURES: [(&str, Measure); 6] = [
    ("append", append),
    ("bundle", bundle),
    ("check", check),
    ("volume", volume::measure),
    ("tls", tls::measure),
    ("scan", scan::measure),
];

/// Takes the measures that are named, or all of them.
fn main() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let names = MEASURES.map(|(name, _)| name);
    if let Some(other) = wanted.iter().find(|one| !names.contains(&one.as_str())) {
        bail!("there is no measure {other:?}: name some of {}", names.join(", "));
    }
    let mut out = std::io::stdout().lock();
    for (name, measure) in MEASURES {
        if wanted.is_empty() || wanted.iter().any(|one| one == name) {
            measure(&mut out)?;
        }
    }
    Ok(())
}

fn append(out: &mut dyn Write) -> Result<()> {
    let (appends, syncs) = appends()?;
    writeln!(
        out,
        "append: {:.0} events/s; bare fsync: {:.0}/s; ratio {:.2}",
        appends,
        syncs,
        appends / syncs
    )?;
    Ok(())
}

fn bundle(out: &mut dyn Write) -> Result<()> {
    let (bundle, raw) = verification()?;
    writeln!(
        out,
        "bundle verification: {:.0} events/s; raw Ed25519 verification: {:.0}/s; ratio {:.2}",
        bundle,
        raw,
        bundle / raw
    )?;
    Ok(())
}

fn check(out: &mut dyn Write) -> Result<()> {
    let (wall, slowest) = tokio::runtime::Runtime::new()?.block_on(demo_run())?;
    writeln!(
        out,
        "check run of the demo: {} ms; its slowest probe: {} ms; ratio {:.2}",
        wall.as_millis(),
        slowest.as_millis(),
        wall.as_secs_f64() / slowest.as_secs_f64().max(0.001)
    )?;
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Events appended per second, and fsyncs of as many bytes per second.
fn appends() -> Result<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    let events = chain(folder.path(), EVENTS)?;
    let mut ours = Vec::new();
    let mut bare = Vec::new();
    for round in 0..ROUNDS {
        let ledger = Ledger::open(folder.path().join(format!("{round}.sqlite")))?;
        let clock = Instant::now();
        for event in &events {
            ledger.append(event, Utc::now())?;
        }
        ours.push(EVENTS as f64 / clock.elapsed().as_secs_f64());
        let mut file = std::fs::File::create(folder.path().join(format!("{round}.raw")))?;
        let clock = Instant::now();
        for event in &events {
            file.write_all(&event.bytes)?;
            file.sync_data()?;
        }
        bare.push(EVENTS as f64 / clock.elapsed().as_secs_f64());
    }
    Ok((median(ours), median(bare)))
}

/// Events of a bundle verified per second, and bare signature checks per second.
fn verification() -> Result<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    let home = Home::open(folder.path(), World::real())?;
    let (project, release, public_key) = ticked(&home)?;
    let path = folder.path().join("bundle.zip");
    home.export_bundle(&project, &release, Some(&path))?;
    let bytes = std::fs::read(&path)?;
    let events = Ledger::open_read_only(home.ledger_path())?.events(&project)?;
    let public = PublicKey::from_openssh(&public_key)?;
    let parsed: Vec<SshSig> =
        events.iter().map(|event| SshSig::from_pem(&event.signature)).collect::<Result<_, _>>()?;
    let mut ours = Vec::new();
    let mut bare = Vec::new();
    for _ in 0..ROUNDS {
        let clock = Instant::now();
        let found = countersign_export::verify(&bytes, &Default::default());
        ours.push(events.len() as f64 / clock.elapsed().as_secs_f64());
        ensure!(found.steps.iter().all(|step| step.good), "{}", found.summary);
        let clock = Instant::now();
        for (event, signature) in events.iter().zip(&parsed) {
            public.verify(countersign_domain::event::NAMESPACE, &event.bytes, signature)?;
        }
        bare.push(events.len() as f64 / clock.elapsed().as_secs_f64());
    }
    Ok((median(ours), median(bare)))
}

/// A release whose first item was ticked over and over.
fn ticked(home: &Home) -> Result<(ProjectId, ReleaseId, String)> {
    let text = "[project]\nname = \"Bench\"\n[[environment]]\nname = \"staging\"\n";
    let Opened { author, key, release } = open_release(home, text, home.path())?;
    let item = release
        .sections
        .iter()
        .flat_map(|section| &section.items)
        .find(|item| item.verify == VerifyCode::Person)
        .context("an item that a person ticks")?;
    for number in 0..EVENTS {
        home.attest(
            &key,
            &Attest {
                project: release.row.project.clone(),
                release: release.row.id.clone(),
                item: item.id.clone(),
                tick: TickCode::Done,
                note: format!("seen for the {number}th time"),
            },
        )?;
    }
    let project = ProjectId::parse(&release.row.project)?;
    Ok((project, ReleaseId::parse(&release.row.id)?, author.public_key))
}

/// Wall time of a whole check run, and the time of its slowest probe.
async fn demo_run() -> Result<(Duration, Duration)> {
    let folder = tempfile::tempdir()?;
    let home = Arc::new(Home::open(folder.path(), World::real())?);
    let demo = home.start_demo().await?;
    let key = home.unlock(
        &demo.key.fingerprint,
        &Zeroizing::new(countersign_workflow::demo::PASSPHRASE.to_owned()),
    )?;
    let mut runs = Vec::new();
    for _ in 0..ROUNDS {
        let selection = Selection { allow_active: true, ..Selection::default() };
        let run = home.check(&key, &demo.project, &demo.release, selection, |_| {}).await?;
        let view = home.release(&demo.project, &demo.release)?;
        let mut slowest = 0;
        for item in view.sections.iter().flat_map(|section| &section.items) {
            let id = countersign_domain::id::ItemId::parse(&item.id)?;
            let detail = home.item(&demo.project, &demo.release, &id)?;
            slowest = detail
                .findings
                .iter()
                .map(|finding| finding.took_ms)
                .max()
                .unwrap_or(0)
                .max(slowest);
        }
        runs.push((Duration::from_millis(run.took_ms), Duration::from_millis(slowest)));
    }
    runs.sort();
    Ok(runs[runs.len() / 2])
}

/// A chain of small events of one author.
fn chain(folder: &std::path::Path, length: usize) -> Result<Vec<SignedEvent>> {
    let keys = KeyFolder::open(folder.join("keys"))?;
    let passphrase = Zeroizing::new("bench passphrase".to_owned());
    let entry = keys.create("bench", "Bench <bench@example.invalid>", &passphrase, &mut OsRng)?;
    let key = keys.unlock(&entry, &passphrase)?;
    let author: Fingerprint = key.fingerprint().clone();
    let mut parents: Vec<EventId> = Vec::new();
    let mut events = Vec::with_capacity(length);
    for number in 0..length {
        let signed = key.sign_event(&Envelope {
            version: countersign_domain::event::ENVELOPE_VERSION,
            project: ProjectId::parse("bench")?,
            parents,
            author: author.clone(),
            at: Utc::now(),
            body: Body::AttemptRefused {
                release: None,
                action: format!("event {number}"),
                code: "bench".into(),
                reason: "a body of ordinary size, with a reason in words for people".into(),
            },
        })?;
        parents = vec![signed.id()];
        events.push(signed);
    }
    Ok(events)
}
