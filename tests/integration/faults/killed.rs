//! `kill -9` at two hundred random points of a journey of ticks.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use countersign_domain::id::Digest;

use crate::alone::{Alone, tick};

/// Kills, spread over the time that one command takes from start to end.
const KILLS: usize = 200;

/// A number from 0 to 1 that looks like chance and is the same in every run.
fn share(number: usize) -> f64 {
    let digest = Digest::of(format!("kill {number}").as_bytes());
    let digits = u32::from_str_radix(digest.as_str().get(..8).unwrap_or("0"), 16);
    f64::from(digits.unwrap_or_default()) / f64::from(u32::MAX)
}

#[test]
fn nothing_that_was_acknowledged_is_lost_to_two_hundred_kills() -> Result<()> {
    let alone = Alone::begin()?;
    let clock = Instant::now();
    alone.cli.succeed(&tick(0, "the first"))?;
    let whole = clock.elapsed();
    let mut acknowledged = BTreeSet::from(["the first".to_owned()]);
    let (mut cut, mut possible) = (0, acknowledged.clone());
    for number in 0..KILLS {
        let note = format!("tick {number}");
        let log = alone.cli.home().join("said");
        let mut child = alone
            .cli
            .command(&tick(number, &note))
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(&log)?)
            .stderr(Stdio::null())
            .spawn()?;
        // A little beyond the end, so that some are never reached by their kill.
        sleep(whole.mul_f64(share(number) * 1.1).min(Duration::from_secs(10)));
        child.kill()?;
        let ended = child.wait()?.success();
        possible.insert(note.clone());
        if ended || !std::fs::read_to_string(&log)?.is_empty() {
            acknowledged.insert(note);
        } else {
            cut += 1;
        }
        if number % 50 == 49 {
            alone.is_whole()?;
        }
    }
    let there = alone.notes()?;
    let lost: Vec<_> = acknowledged.difference(&there).collect();
    ensure!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let invented: Vec<_> = there.difference(&possible).collect();
    ensure!(invented.is_empty(), "never asked for: {invented:?}");
    ensure!(cut > KILLS / 4, "only {cut} kills came before the end");
    alone.is_whole()?;
    alone.cli.succeed(&tick(0, "and work goes on"))?;
    Ok(())
}
