//! The verdicts over what a pooler, the measurement and the URL may say.

use super::console::Pool;
use super::slope::Count;
use super::*;

fn round(sessions: i64, transactions: i64) -> Round {
    let busy = Count { sessions, transactions, queries: 0 };
    Round { gets: 12, quiet: Count::default(), busy }
}

fn measured(rounds: Vec<Round>) -> Facts {
    Facts {
        application: Some(("app".into(), "shop".into())),
        console: None,
        rounds: Ok(rounds),
        url: UrlPool::default(),
        activity: Some(Activity { max: 100, all: 5, own: Vec::new() }),
    }
}

fn console(change: impl FnOnce(&mut Console)) -> Facts {
    let pool = Pool {
        database: "shop".into(),
        user: "app".into(),
        mode: "transaction".into(),
        clients: 3,
        servers: 1,
    };
    let mut console = Console {
        version: "PgBouncer 1.18.0".into(),
        mode: "session".into(),
        pool_size: Some(20),
        pools: vec![pool],
        ..Console::default()
    };
    change(&mut console);
    Facts { console: Some(Ok(console)), ..measured(Vec::new()) }
}

fn limited(limit: i64, facts: Facts) -> Facts {
    Facts { url: UrlPool { limit: Some(limit), words: Vec::new() }, ..facts }
}

#[test]
fn only_what_was_seen_to_pool_passes() {
    use Outcome::{Fail, Inconclusive, Pass};
    let person = Inconclusive(Reason::NeedsPerson);
    let doubt = || Doubt::new(Reason::Unreachable, "down");
    let (pooled, unpooled) = (round(0, 9), round(12, 12));
    let nobody = |console: &mut Console| console.pools.clear();
    let cases: Vec<(&str, Facts, Outcome, &[&str])> = vec![
        ("a pool", measured(vec![pooled; 2]), Pass, &["pool-limit-unseen"]),
        ("a pool of a known size", limited(10, measured(vec![pooled; 2])), Pass, &[]),
        ("no pool", measured(vec![unpooled; 2]), Fail, &[]),
        ("no pool, whatever the URL says", limited(10, measured(vec![unpooled; 2])), Fail, &[]),
        ("a pool beyond the server", limited(100, measured(vec![pooled; 2])), Fail, &[]),
        ("no database", measured(vec![round(0, 0); 2]), person, &[]),
        ("rounds that differ", measured(vec![pooled, unpooled]), person, &[]),
        (
            "not measured, and only the URL speaks",
            limited(10, Facts { rounds: Err(doubt()), ..measured(Vec::new()) }),
            Inconclusive(Reason::Unreachable),
            &[],
        ),
        ("PgBouncer, by transaction", console(|_| {}), Pass, &[]),
        (
            "PgBouncer, by session",
            console(|console| console.pools[0].mode = "session".into()),
            Pass,
            &["pool-mode-session"],
        ),
        ("PgBouncer, unused", console(nobody), person, &[]),
        (
            "PgBouncer on the way, now idle",
            console(|console| {
                nobody(console);
                console.on_the_way = true;
            }),
            Pass,
            &["pool-mode-session"],
        ),
        (
            "PgBouncer for somebody else",
            console(|console| console.pools[0].user = "cron".into()),
            person,
            &[],
        ),
        (
            "PgBouncer with too large a pool",
            console(|console| console.pool_size = Some(500)),
            Fail,
            &[],
        ),
        (
            "a console that tells no size",
            console(|console| console.pool_size = None),
            Inconclusive(Reason::Unexpected),
            &[],
        ),
        (
            "PgBouncer before an unknown server",
            Facts { activity: None, ..console(|_| {}) },
            Pass,
            &["max-connections-unseen"],
        ),
        (
            "a console that is down, beside a measured pool",
            Facts { console: Some(Err(doubt())), ..measured(vec![pooled; 2]) },
            Inconclusive(Reason::Unreachable),
            &[],
        ),
        (
            "a server that is nearly full",
            Facts {
                activity: Some(Activity { max: 100, all: 95, own: Vec::new() }),
                ..console(|_| {})
            },
            Pass,
            &["near-max-connections"],
        ),
    ];
    for (name, facts, expected, codes) in cases {
        let judged = Pooled::judge(&facts, &Params::default());
        assert_eq!(judged.outcome, expected, "{name}: {}", judged.summary);
        let seen: Vec<_> = judged.notes.iter().map(|note| note.code.as_str()).collect();
        assert_eq!(seen, codes, "{name}");
    }
}
