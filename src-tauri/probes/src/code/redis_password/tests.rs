//! Redis clients with and without a password, and with one that everybody can read.

use serde_json::json;

use super::super::trial::{ask, tree};
use super::*;

#[tokio::test]
async fn each_client_is_judged_by_where_its_password_comes_from() {
    use Outcome::{Fail, Inconclusive, Pass};
    let person = Inconclusive(Reason::NeedsPerson);
    let node = "import { createClient } from 'redis';\n";
    let io = "import Redis from 'ioredis';\n";
    let bull = "import { BullModule } from '@nestjs/bullmq';\n";
    for (sentence, head, code, outcome) in [
        (
            "from the environment",
            node,
            "createClient({ host: 'h', password: process.env.REDIS_PASSWORD })",
            Pass,
        ),
        (
            "from the configuration",
            node,
            "createClient({ password: this.config.getOrThrow('REDIS_PASSWORD') })",
            Pass,
        ),
        (
            "from a constant that is from the environment",
            node,
            "const password = process.env.P; createClient({ password })",
            Pass,
        ),
        (
            "taken out of the environment",
            node,
            "const { REDIS_PASSWORD } = process.env; createClient({ password: REDIS_PASSWORD })",
            Pass,
        ),
        (
            "in settings of their own",
            io,
            "const options = { host: 'h', password: process.env.P }; new Redis(options)",
            Pass,
        ),
        ("after port and host", io, "new Redis(6379, 'h', { password: env.P })", Pass),
        ("in a URL", node, "createClient({ url: `redis://:${process.env.P}@h:6379` })", Pass),
        (
            "made by a factory",
            bull,
            "BullModule.forRootAsync({ useFactory: (config) => ({ connection: { host: 'h', password: config.get('P') } }) })",
            Pass,
        ),
        (
            "nothing to fall back to",
            node,
            "createClient({ password: process.env.P ?? undefined })",
            Pass,
        ),
        (
            "by require",
            "const redis = require('redis');\n",
            "redis.createClient({ password: process.env.P })",
            Pass,
        ),
        ("written out", node, "createClient({ password: 'hunter2hunter2' })", Fail),
        (
            "written out in a constant",
            node,
            "const secret = 'hunter2hunter2'; createClient({ password: secret })",
            Fail,
        ),
        (
            "written out to fall back to",
            node,
            "createClient({ password: process.env.P || 'hunter2hunter2' })",
            Fail,
        ),
        (
            "written out as the configuration's default",
            node,
            "createClient({ password: config.get('P', 'hunter2hunter2') })",
            Fail,
        ),
        ("written out in a URL", io, "new Redis('redis://:hunter2hunter2@h:6379')", Fail),
        (
            "written out in a URL to fall back to",
            io,
            "new Redis(process.env.URL || 'redis://:hunter2hunter2@h')",
            Fail,
        ),
        (
            "written out beside a user from outside",
            node,
            "createClient({ url: `redis://${process.env.U}:hunter2hunter2@h` })",
            Fail,
        ),
        ("none", io, "new Redis()", Fail),
        ("none for a host", node, "createClient({ socket: { host: 'h' } })", Fail),
        ("empty", node, "createClient({ host: 'h', password: '' })", Fail),
        ("undefined", node, "createClient({ host: 'h', password: undefined })", Fail),
        ("commented out", node, "createClient({ host: 'h', /* password: process.env.P */ })", Fail),
        ("in a URL without one", io, "new Redis('redis://h:6379')", Fail),
        (
            "a second client without",
            io,
            "new Redis({ password: process.env.P }); new Redis({ host: 'h' })",
            Fail,
        ),
        (
            "a queue without",
            bull,
            "BullModule.forRoot({ connection: { host: 'h', port: 6379 } })",
            Fail,
        ),
        ("in a URL from outside", io, "new Redis(process.env.REDIS_URL)", person),
        ("in settings from elsewhere", node, "createClient({ ...defaults(), host: 'h' })", person),
        (
            "settings that are handed in",
            io,
            "export const make = (options) => new Redis(options)",
            person,
        ),
        (
            "a client that is never made",
            node,
            "// createClient({ password: process.env.P })",
            person,
        ),
        (
            "a client in dead code",
            node,
            "if (false) { createClient({ password: process.env.P }) }",
            person,
        ),
        (
            "another library's client",
            "import { createClient } from 'other';\n",
            "createClient({ password: process.env.P })",
            person,
        ),
        (
            "a client of one's own",
            "",
            "function createClient(x) {} createClient({ password: process.env.P })",
            person,
        ),
        (
            "does not parse",
            node,
            "createClient({ password: process.env.P }); class {",
            Inconclusive(Reason::Unexpected),
        ),
    ] {
        let code = format!("{head}{code}\n");
        let folder = tree(&[
            ("src/redis.ts", &code),
            ("src/a.spec.ts", "import R from 'ioredis'; new R();"),
        ]);
        let finding = ask(folder.path(), "code.redis-password", json!({})).await;
        assert_eq!(finding.outcome, outcome, "{sentence}: {finding:#?}");
        assert!(!format!("{finding:?}").contains("hunter2"), "never shown: {sentence}");
    }
    let gone = ask(Path::new("/nowhere"), "code.redis-password", json!({})).await;
    assert_eq!(gone.outcome, Inconclusive(Reason::NotConfigured));
}
