//! The schedule of a secret, as a table: what the store says beside what the team declares.

use super::*;
use crate::store::look::Entry;

const DAY: i64 = 86_400;
const NOW: i64 = 1_750_000_000;

fn ago(days: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(NOW - days * DAY, 0)
}

fn on(every_days: Option<i64>, last: Option<i64>, next: Option<i64>) -> Kept {
    let rotation = Rotation::On {
        every_days,
        last: last.and_then(ago),
        next: next.and_then(|days| ago(-days)),
    };
    Kept { created: ago(400), rotation, ..Kept::default() }
}

fn aged(days: i64, expires_in: Option<i64>) -> Kept {
    let expires = expires_in.and_then(|days| ago(-days));
    Kept { created: ago(400), replaced: ago(days), expires, ..Kept::default() }
}

fn judge(found: Vec<Result<Found, Doubt>>, declared: Option<i64>) -> Judgement {
    let entries = found.into_iter().map(|found| Entry { name: "app/jwt".into(), found }).collect();
    let at = ago(0).expect("a time");
    let facts = Facts { look: Arc::new(Look { store: "a store", entries, at }), declared };
    RotationScheduled::judge(&facts, &Params::default())
}

#[test]
fn a_schedule_must_be_there_be_kept_and_be_short_enough() {
    let person = Outcome::Inconclusive(Reason::NeedsPerson);
    let young = Kept { created: ago(3), ..on(Some(30), None, Some(27)) };
    for (case, kept, declared, outcome, word) in [
        ("on and kept", on(Some(30), Some(10), Some(20)), None, Outcome::Pass, "10 days ago"),
        ("a little late", on(Some(30), Some(32), Some(1)), None, Outcome::Pass, "32 days ago"),
        ("too late", on(Some(30), Some(33), Some(1)), None, Outcome::Fail, "interval is 30"),
        ("overdue", on(Some(30), Some(10), Some(-3)), None, Outcome::Fail, "was due"),
        ("on and never done", on(Some(30), None, Some(5)), None, Outcome::Fail, "never happened"),
        ("on and not done yet", young, None, Outcome::Pass, "due on"),
        (
            "longer than declared",
            on(Some(365), Some(1), Some(9)),
            Some(90),
            Outcome::Fail,
            "`rotation_days` is 90",
        ),
        ("cron, due", on(None, Some(10), Some(20)), None, Outcome::Pass, "10 days ago"),
        ("cron, nothing due", on(None, Some(10), None), None, person, "no interval"),
        (
            "cron, too old for the declared",
            on(None, Some(100), Some(20)),
            Some(90),
            Outcome::Fail,
            "interval is 90",
        ),
        ("rotated tomorrow", on(Some(30), Some(-3), Some(20)), None, person, "has not come"),
        (
            "off",
            Kept { rotation: Rotation::Off, ..aged(1, None) },
            Some(90),
            Outcome::Fail,
            "not enabled",
        ),
        ("no schedule, young", aged(10, None), None, person, "no `rotation_days`"),
        ("no schedule, old", aged(100, None), None, person, "usual 90"),
        ("declared, young", aged(90, Some(5)), Some(90), Outcome::Pass, "90 days"),
        ("declared, old", aged(91, None), Some(90), Outcome::Fail, "91 days old"),
        ("expired", aged(1, Some(-1)), Some(90), Outcome::Fail, "ran out"),
        ("no date", Kept::default(), Some(90), person, "no date"),
        ("made tomorrow", aged(-3, None), Some(90), person, "has not come"),
    ] {
        let judgement = judge(vec![Ok(Found::There(kept))], declared);
        assert_eq!(judgement.outcome, outcome, "{case}: {judgement:?}");
        assert!(judgement.observed.contains(word), "{case}: {}", judgement.observed);
    }
}

#[test]
fn a_pass_that_rests_on_the_teams_word_says_so() {
    let codes = |kept: Kept, declared| -> Vec<String> {
        let judgement = judge(vec![Ok(Found::There(kept))], declared);
        judgement.notes.into_iter().map(|note| note.code).collect()
    };
    assert_eq!(codes(aged(10, None), Some(90)), ["schedule-declared"]);
    assert_eq!(codes(on(Some(120), Some(10), Some(20)), None), ["interval-long"]);
    let young = Kept { created: ago(3), ..on(Some(30), None, Some(27)) };
    assert_eq!(codes(young, None), ["not-rotated-yet"]);
    assert!(codes(on(Some(30), Some(10), Some(20)), Some(30)).is_empty());
}

#[test]
fn a_secret_that_is_not_there_or_not_told_leaves_it_open() {
    let good = || Ok(Found::There(on(Some(30), Some(10), Some(20))));
    for (case, found, reason) in [
        ("missing", Ok(Found::Gone("no".into())), Reason::NotConfigured),
        ("denied", Err(Doubt::new(Reason::Refused, "no")), Reason::Refused),
    ] {
        let outcome = judge(vec![good(), found], None).outcome;
        assert_eq!(outcome, Outcome::Inconclusive(reason), "{case}");
    }
}
