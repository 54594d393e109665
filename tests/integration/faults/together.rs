//! Two windows and a command line on one ledger at once.

use std::collections::BTreeSet;
use std::thread;

use anyhow::{Context, Result, ensure};
use countersign_domain::id::{ItemId, ProjectId, ReleaseId};
use countersign_workflow::view::{Attest, TickCode};
use countersign_workflow::{Home, World};
use zeroize::Zeroizing;

use crate::alone::{Alone, ITEMS, tick};

/// Ticks of each window; the command line makes a fourth of them.
const EACH: usize = 40;

/// What a window's process does: its own handle on the folder, for as long as it is open.
fn window(alone: &Alone, name: &str) -> Result<BTreeSet<String>> {
    let home = Home::open(alone.cli.home(), World::real())?;
    let board = home.board()?;
    let row = board.projects.first().context("the project")?;
    let project = ProjectId::parse(&row.id)?;
    let release = row.releases.first().context("the release")?.id.clone();
    let key = home.key_list()?.first().context("the key")?.fingerprint.clone();
    let key = home.unlock(&key, &Zeroizing::new("a passphrase for tests".to_owned()))?;
    let mut said = BTreeSet::new();
    for number in 0..EACH {
        let note = format!("{name} {number}");
        let item = format!("a.{}", number % ITEMS);
        home.attest(
            &key,
            &Attest {
                project: project.to_string(),
                release: release.clone(),
                item: item.clone(),
                tick: TickCode::Done,
                note: note.clone(),
            },
        )?;
        let id = ReleaseId::parse(&release)?;
        let shown = home.item(&project, &id, &ItemId::parse(&item)?)?;
        ensure!(!shown.history.is_empty(), "what was just said is not shown");
        said.insert(note);
    }
    Ok(said)
}

#[test]
fn two_windows_and_a_command_line_write_at_once_and_nothing_is_lost() -> Result<()> {
    let alone = Alone::begin()?;
    let said = thread::scope(|scope| -> Result<BTreeSet<String>> {
        let windows = ["left", "right"].map(|name| scope.spawn(|| window(&alone, name)));
        let mut said = BTreeSet::new();
        for number in 0..EACH / 4 {
            let note = format!("command {number}");
            alone.cli.succeed(&tick(number, &note))?;
            said.insert(note);
        }
        for window in windows {
            let ended = window.join().map_err(|_| anyhow::anyhow!("a window panicked"))?;
            said.extend(ended?);
        }
        Ok(said)
    })?;
    ensure!(said.len() == 2 * EACH + EACH / 4, "{} were said", said.len());
    ensure!(alone.notes()? == said, "what is there is not what was said");
    let whole = alone.cli.json(&["project", "check"])?;
    ensure!(whole["problems"] == serde_json::json!([]), "{whole}");
    Ok(())
}
