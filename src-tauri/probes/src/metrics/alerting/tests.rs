//! The verdicts over what Prometheus may say of itself.

use std::collections::BTreeMap;

use super::*;

fn rule(name: &str) -> Rule {
    Rule { name: name.to_owned(), ..Rule::default() }
}

fn target(job: &str, value: f64) -> Series {
    Series { labels: BTreeMap::from([("job".to_owned(), job.to_owned())]), value }
}

fn good(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = Facts {
        rules: vec![rule("ApiDown"), rule("TooManyErrors")],
        managers: 1,
        up: vec![target("api", 1.0), target("prometheus", 1.0)],
        undelivered: Some(0.0),
        jobs: vec!["api".to_owned()],
    };
    change(&mut facts);
    facts
}

#[test]
fn only_rules_that_run_and_reach_somebody_pass() {
    use Outcome::{Fail, Pass};
    const OPEN: Outcome = Outcome::Inconclusive(Reason::Unexpected);
    let cases: Vec<(&str, Facts, Outcome, &str)> = vec![
        ("all of it", good(|_| {}), Pass, "2 alert rules"),
        ("no rule", good(|facts| facts.rules.clear()), Fail, "no alert rule"),
        ("nobody to tell", good(|facts| facts.managers = 0), Fail, "no Alertmanager"),
        ("a broken rule", good(|facts| facts.rules[1].broken = true), Fail, "TooManyErrors"),
        ("a rule that sleeps", good(|facts| facts.rules[0].idle = true), OPEN, "ApiDown"),
        ("the application is down", good(|facts| facts.up[0].value = 0.0), Fail, "\"api\""),
        (
            "one instance of two is down",
            good(|facts| facts.up.push(target("api", 0.0))),
            Fail,
            "\"api\"",
        ),
        ("the application is not scraped", good(|facts| drop(facts.up.remove(0))), Fail, "\"api\""),
        (
            "nothing is scraped",
            good(|facts| {
                facts.up.clear();
                facts.jobs.clear();
            }),
            Fail,
            "Nothing that",
        ),
        ("alerts got lost", good(|facts| facts.undelivered = Some(3.2)), Fail, "About 3 alerts"),
    ];
    for (case, facts, outcome, word) in cases {
        let judged = Alerting::judge(&facts, &Params {});
        assert_eq!(judged.outcome, outcome, "{case}: {}", judged.summary);
        assert!(judged.summary.contains(word), "{case}: {}", judged.summary);
    }
}

#[test]
fn reservations_are_told_beside_a_pass() {
    let facts = good(|facts| {
        facts.rules[0].firing = true;
        facts.jobs.clear();
        facts.up.push(target("cron", 0.0));
        facts.undelivered = None;
    });
    let judged = Alerting::judge(&facts, &Params {});
    assert_eq!(judged.outcome, Outcome::Pass);
    let codes: Vec<_> = judged.notes.iter().map(|note| note.code.as_str()).collect();
    assert_eq!(codes, ["alerts-firing", "job-unnamed", "targets-down", "delivery-unseen"]);
    assert!(Alerting::judge(&good(|_| {}), &Params {}).notes.is_empty());
}
