//! Redis clients with and without a password, and with one that everybody can read.

use serde_json::json;

use super::super::trial::{ask, tree};
use super::*;

/// A sentence, the import, and the code behind it.
type Case = (&'static str, &'static str, &'static str);

const NODE: &str = "import { createClient } from 'redis';\n";
const IO: &str = "import Redis from 'ioredis';\n";
const BULL: &str = "import { BullModule } from '@nestjs/bullmq';\n";

/// The password comes from outside.
const FROM_OUTSIDE: &[Case] = &[
    (
        "from the environment",
        NODE,
        "createClient({ host: 'h', password: process.env.REDIS_PASSWORD })",
    ),
    (
        "from the configuration",
        NODE,
        "createClient({ password: this.config.getOrThrow('REDIS_PASSWORD') })",
    ),
    (
        "from a constant that is from the environment",
        NODE,
        "const password = process.env.P; createClient({ password })",
    ),
    (
        "taken out of the environment",
        NODE,
        "const { REDIS_PASSWORD } = process.env; createClient({ password: REDIS_PASSWORD })",
    ),
    (
        "in settings of their own",
        IO,
        "const options = { host: 'h', password: process.env.P }; new Redis(options)",
    ),
    ("after port and host", IO, "new Redis(6379, 'h', { password: env.P })"),
    ("in a URL", NODE, "createClient({ url: `redis://:${process.env.P}@h:6379` })"),
    (
        "made by a factory",
        BULL,
        "BullModule.forRootAsync({ useFactory: (config) => ({ connection: { host: 'h', password: config.get('P') } }) })",
    ),
    ("nothing to fall back to", NODE, "createClient({ password: process.env.P ?? undefined })"),
    (
        "by require",
        "const redis = require('redis');\n",
        "redis.createClient({ password: process.env.P })",
    ),
];

/// There is none, or everybody can read it.
const OPEN: &[Case] = &[
    ("written out", NODE, "createClient({ password: 'hunter2hunter2' })"),
    (
        "written out in a constant",
        NODE,
        "const secret = 'hunter2hunter2'; createClient({ password: secret })",
    ),
    (
        "written out to fall back to",
        NODE,
        "createClient({ password: process.env.P || 'hunter2hunter2' })",
    ),
    (
        "written out as the configuration's default",
        NODE,
        "createClient({ password: config.get('P', 'hunter2hunter2') })",
    ),
    ("written out in a URL", IO, "new Redis('redis://:hunter2hunter2@h:6379')"),
    (
        "written out in a URL to fall back to",
        IO,
        "new Redis(process.env.URL || 'redis://:hunter2hunter2@h')",
    ),
    (
        "written out beside a user from outside",
        NODE,
        "createClient({ url: `redis://${process.env.U}:hunter2hunter2@h` })",
    ),
    ("none", IO, "new Redis()"),
    ("none for a host", NODE, "createClient({ socket: { host: 'h' } })"),
    ("empty", NODE, "createClient({ host: 'h', password: '' })"),
    ("undefined", NODE, "createClient({ host: 'h', password: undefined })"),
    ("commented out", NODE, "createClient({ host: 'h', /* password: process.env.P */ })"),
    ("in a URL without one", IO, "new Redis('redis://h:6379')"),
    (
        "a second client without",
        IO,
        "new Redis({ password: process.env.P }); new Redis({ host: 'h' })",
    ),
    ("a queue without", BULL, "BullModule.forRoot({ connection: { host: 'h', port: 6379 } })"),
];

/// The code does not tell.
const UNTOLD: &[Case] = &[
    ("in a URL from outside", IO, "new Redis(process.env.REDIS_URL)"),
    ("in settings from elsewhere", NODE, "createClient({ ...defaults(), host: 'h' })"),
    ("settings that are handed in", IO, "export const make = (options) => new Redis(options)"),
    ("a client that is never made", NODE, "// createClient({ password: process.env.P })"),
    ("a client in dead code", NODE, "if (false) { createClient({ password: process.env.P }) }"),
    (
        "another library's client",
        "import { createClient } from 'other';\n",
        "createClient({ password: process.env.P })",
    ),
    (
        "a client of one's own",
        "",
        "function createClient(x) {} createClient({ password: process.env.P })",
    ),
];

/// No code at all.
const BROKEN: &[Case] =
    &[("does not parse", NODE, "createClient({ password: process.env.P }); class {")];

async fn all_are(outcome: Outcome, cases: &[Case]) {
    for (sentence, head, code) in cases {
        let code = format!("{head}{code}\n");
        let folder = tree(&[
            ("src/redis.ts", &code),
            ("src/a.spec.ts", "import R from 'ioredis'; new R();"),
        ]);
        let finding = ask(folder.path(), "code.redis-password", json!({})).await;
        assert_eq!(finding.outcome, outcome, "{sentence}: {finding:#?}");
        assert!(!format!("{finding:?}").contains("hunter2"), "never shown: {sentence}");
    }
}

#[tokio::test]
async fn each_client_is_judged_by_where_its_password_comes_from() {
    all_are(Outcome::Pass, FROM_OUTSIDE).await;
    all_are(Outcome::Fail, OPEN).await;
    all_are(Outcome::Inconclusive(Reason::NeedsPerson), UNTOLD).await;
    all_are(Outcome::Inconclusive(Reason::Unexpected), BROKEN).await;
    let gone = ask(Path::new("/nowhere"), "code.redis-password", json!({})).await;
    assert_eq!(gone.outcome, Outcome::Inconclusive(Reason::NotConfigured));
}
