//! A full disk, a folder that may not be written, a newer schema, a broken page.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use countersign_tests::{Ran, run};

use crate::alone::{Alone, tick};

/// The exit code for trouble with a file, the ledger or this machine.
const MACHINE: i32 = 74;

fn says(ran: &Ran, parts: &[&str]) -> Result<()> {
    for part in parts {
        ensure!(ran.stderr.contains(part), "{part:?} is not in: {}", ran.stderr);
    }
    Ok(())
}

/// The shell lets the file grow no further; ignoring the signal makes it an error of the
/// write, as on a disk or a quota that is full.
#[test]
fn no_room_for_another_byte_is_told_and_nothing_acknowledged_is_lost() -> Result<()> {
    let alone = Alone::begin()?;
    alone.cli.succeed(&tick(0, "before"))?;
    let ledger = alone.ledger_path();
    let blocks = std::fs::metadata(&ledger)?.size() / 512;
    let mut told = 0;
    // In blocks of 512 bytes. The limit holds for what the program says too, so it is not 0.
    for (number, room) in [8, 16, 64, blocks].into_iter().enumerate() {
        let inner = alone.cli.command(&tick(1, &format!("without room {number}")));
        let mut limited = Command::new("sh");
        limited
            .args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "sh"])
            .arg(room.to_string())
            .arg(inner.get_program())
            .args(inner.get_args())
            .env_clear()
            .envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ran = run(&mut limited, Duration::from_secs(60))?;
        if ran.code != Some(0) {
            ensure!(ran.code == Some(MACHINE), "{:?}: {}", ran.code, ran.stderr);
            says(&ran, &["again"])?;
            told += 1;
        }
        alone.is_whole()?;
        let there = alone.notes()?;
        ensure!(there.contains("before"), "lost: {there:?}");
        let acknowledged = ran.code == Some(0);
        ensure!(
            there.contains(&format!("without room {number}")) == acknowledged,
            "with room for {room} blocks: acknowledged {acknowledged}, there: {there:?}"
        );
    }
    ensure!(told > 0, "it never ran out of room");
    alone.cli.succeed(&tick(1, "after"))?;
    Ok(())
}

/// The command as somebody runs it who may not write into the home. Root may write
/// anywhere, so there it runs as nobody, from a copy: a build folder may be closed to others.
fn as_one_who_may_not_write(alone: &Alone, folder: &Path, line: &[String]) -> Result<Command> {
    let command = alone.cli.command(line);
    if !rustix::process::geteuid().is_root() {
        return Ok(command);
    }
    const NOBODY: u32 = 65_534;
    fn give(path: &Path) -> Result<()> {
        chown(path, Some(NOBODY), Some(NOBODY))?;
        if path.is_dir() {
            for entry in std::fs::read_dir(path)? {
                give(&entry?.path())?;
            }
        }
        Ok(())
    }
    let program = folder.join("countersign");
    std::fs::copy(alone.cli.program(), &program)?;
    let mut copied = Command::new(&program);
    copied.args(command.get_args()).env_clear().uid(NOBODY).gid(NOBODY);
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            copied.env(name, value);
        }
    }
    give(folder)?;
    give(alone.cli.home())?;
    Ok(copied)
}

#[test]
fn a_folder_that_may_not_be_written_is_named_with_the_cure() -> Result<()> {
    let alone = Alone::begin()?;
    alone.cli.succeed(&tick(0, "before"))?;
    let folder = tempfile::tempdir()?;
    let line = tick(0, "into a closed folder");
    let mut command = as_one_who_may_not_write(&alone, folder.path(), &line)?;
    let home = alone.cli.home();
    let mode =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
    mode(&alone.ledger_path(), 0o400)?;
    mode(home, 0o500)?;
    let ran = run(&mut command, Duration::from_secs(60));
    mode(home, 0o700)?;
    mode(&alone.ledger_path(), 0o600)?;
    let ran = ran?;
    ensure!(ran.code == Some(MACHINE), "{:?}: {}", ran.code, ran.stderr);
    says(&ran, &["ledger.sqlite", "permission"])?;
    ensure!(alone.notes()?.len() == 1, "nothing came in, and nothing was lost");
    Ok(())
}

#[test]
fn a_ledger_of_a_newer_program_is_left_alone_and_the_message_says_update() -> Result<()> {
    let alone = Alone::begin()?;
    // The user version lies at byte 60, big-endian (sqlite.org/fileformat.html, 1.3).
    let mut bytes = std::fs::read(alone.ledger_path())?;
    let version = bytes.get_mut(60..64).context("a header")?;
    version.copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(alone.ledger_path(), &bytes)?;
    for arguments in [&["gate"][..], &["project", "list"], &["attest", "a.0", "--done"]] {
        let ran = alone.cli.run(arguments)?;
        ensure!(ran.code == Some(MACHINE), "{arguments:?}: {:?}: {}", ran.code, ran.stderr);
        says(&ran, &["schema version 99", "update Countersign"])?;
    }
    ensure!(std::fs::read(alone.ledger_path())? == bytes, "the file was changed");
    Ok(())
}

#[test]
fn a_broken_page_anywhere_is_told_and_never_taken_for_a_good_ledger() -> Result<()> {
    let alone = Alone::begin()?;
    for number in 0..12 {
        alone.cli.succeed(&tick(number, &format!("{number} {}", "long words ".repeat(60))))?;
    }
    let good = std::fs::read(alone.ledger_path())?;
    let page = 4096;
    ensure!(good.len() >= 8 * page, "{} bytes", good.len());
    for at in (page..good.len()).step_by(page) {
        let mut bad = good.clone();
        for byte in bad.iter_mut().skip(at).take(page) {
            *byte = 0xA5;
        }
        std::fs::write(alone.ledger_path(), &bad)?;
        let ran = alone.cli.run(&["project", "check"])?;
        ensure!(
            matches!(ran.code, Some(1 | MACHINE)),
            "page {}: {:?}: {}{}",
            at / page,
            ran.code,
            ran.stdout,
            ran.stderr
        );
        let told = format!("{}{}", ran.stdout, ran.stderr);
        ensure!(told.contains("backup"), "page {}: no way out in: {told}", at / page);
    }
    std::fs::write(alone.ledger_path(), &good)?;
    alone.is_whole()
}
