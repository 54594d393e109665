//! `kill -9` in the middle of appending: what was acknowledged is there, and nothing is torn.

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use countersign_ledger::Ledger;

use crate::support::{Place, check, now, project, signed};

/// Set in the process that is to be killed: the ledger to append to.
const VICTIM: &str = "COUNTERSIGN_TEST_APPEND_UNTIL_KILLED";

#[test]
fn what_was_acknowledged_survives_kill_nine() {
    if let Ok(path) = env::var(VICTIM) {
        append_until_killed(&path);
    }
    let place = Place::new();
    let shop = project("shop");
    let mut acknowledged = BTreeSet::new();
    for (round, kill_after) in [7, 23, 40].into_iter().enumerate() {
        let mut victim = Command::new(env::current_exe().expect("own path"))
            .args(["--exact", "crash::what_was_acknowledged_survives_kill_nine", "--nocapture"])
            .env(VICTIM, place.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("victim starts");
        let mut lines = BufReader::new(victim.stdout.take().expect("pipe")).lines();
        let mut seen = 0;
        while let Some(Ok(line)) = lines.next() {
            let Some(id) = line.strip_prefix("acknowledged ") else { continue };
            acknowledged.insert(id.to_owned());
            seen += 1;
            if seen == kill_after {
                // SIGKILL on unix: no handler, no destructor, no flush runs.
                victim.kill().expect("kill");
            }
        }
        assert!(seen >= kill_after, "the victim ended by itself after {seen} events");
        let status = victim.wait().expect("reaped");
        assert!(!status.success());
        #[cfg(unix)]
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9));

        let ledger = place.open();
        let stored: BTreeSet<_> =
            ledger.events(&shop).expect("read").iter().map(|e| e.id().to_string()).collect();
        let lost: Vec<_> = acknowledged.difference(&stored).collect();
        assert!(lost.is_empty(), "round {round}: lost {lost:?}");
        assert_eq!(check(&ledger), [], "round {round}");
        assert_eq!(ledger.heads(&shop).expect("heads").len(), 1, "still one chain");
    }
}

fn append_until_killed(path: &str) -> ! {
    let ledger = Ledger::open(path).expect("open");
    let shop = project("shop");
    let mut out = std::io::stdout().lock();
    for n in 0_u64.. {
        let parents = ledger.heads(&shop).expect("heads");
        let event = signed(&shop, &parents, &format!("append {n}"));
        let id = ledger.append(&event, now()).expect("append").id().clone();
        writeln!(out, "acknowledged {id}").and_then(|()| out.flush()).expect("pipe");
    }
    unreachable!("2^64 appends")
}
