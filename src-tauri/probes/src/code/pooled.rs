//! Claim: the code opens its database connections through a pool with a limit.

use std::path::Path;
use std::time::Duration;

use countersign_domain::finding::{Outcome, Reason};
use serde::Deserialize;

use super::language::Node;
use super::names::Names;
use super::settings::object;
use super::source::{self, Left, calls};
use super::syntax::{arguments, bare, callee, is, is_function, line, literal, one_line, value};
use crate::context::Context;
use crate::offload::Abandoned;
use crate::probe::{Definition, Doubt, Judgement, Observation, Probe};

/// Where a library keeps the size of its pool, as paths of keys in its settings.
type Limits = &'static [&'static [&'static str]];

/// What makes a pool: module, name, and where its size stands.
const POOLS: [(&str, &str, Limits); 8] = [
    ("pg", "Pool", &[&["max"]]),
    ("pg-pool", "pg-pool", &[&["max"]]),
    ("@prisma/client", "PrismaClient", &[]),
    ("typeorm", "DataSource", &[&["poolSize"], &["extra", "max"]]),
    ("@nestjs/typeorm", "forRoot", &[&["poolSize"], &["extra", "max"]]),
    ("@nestjs/typeorm", "forRootAsync", &[&["poolSize"], &["extra", "max"]]),
    ("knex", "knex", &[&["pool", "max"]]),
    ("sequelize", "Sequelize", &[&["pool", "max"]]),
];

/// `code.pooled`
pub struct Pooled;

/// Nothing to set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Params {}

/// Something that opens connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opens {
    /// Where: `src/db.ts:12`.
    pub at: String,
    /// What: `Pool`, `PrismaClient`, `Client`.
    pub what: String,
    /// How it opens them.
    pub how: How,
    /// Whether it is made again each time a function runs.
    pub again: Option<String>,
}

/// How connections are opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// By a pool of this size, as it is written.
    Limited(String),
    /// By a pool of the library's own size.
    Default,
    /// One by one.
    Single,
}

/// What the code opens.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Each place.
    pub opens: Vec<Opens>,
    /// What was not read.
    pub left: Left,
}

impl Probe for Pooled {
    type Params = Params;
    type Facts = Facts;

    const DEFINITION: Definition = Definition {
        name: "code.pooled",
        rules: 1,
        claim: "The code opens its database connections through a pool.",
        why: "A connection for each request exhausts the server's under load, and everybody waits.",
        how: "Parses the source tree (tests left out) for what opens PostgreSQL connections: pg, \
              Prisma, TypeORM, Knex, Sequelize, and reads the size that is given. Nothing is run \
              or sent.",
        blind: "Whether the sizes of all instances together stay below the server's limit, and a \
                pooler in front of the server: that shows on the server.",
        remedy: "Make one `new Pool({ max: 10 })` when the application starts, and use it \
                 everywhere. 30 minutes.",
        active: false,
    };

    fn expected(_: &Params) -> String {
        "one pool, made once, with a size of its own".to_owned()
    }

    fn deadline(_: &Params) -> Duration {
        Duration::from_secs(60)
    }

    async fn observe(cx: &Context, _: &Params) -> Observation<Facts> {
        let mut seen = source::look(cx, look).await;
        if let (Ok(facts), Some(limit)) = (&mut seen.facts, url_limit(cx)) {
            let of_prisma = |one: &&mut Opens| one.what == "PrismaClient";
            facts.opens.iter_mut().filter(of_prisma).for_each(|one| one.how = limit.clone());
        }
        if let Ok(facts) = &seen.facts {
            seen.transcript = facts.opens.iter().map(shown).collect();
        }
        let search = "grep -rnE 'new (Pool|Client|PrismaClient|DataSource)' --include='*.ts' .";
        seen.reproduce = Some(search.to_owned());
        seen
    }

    fn judge(facts: &Facts, params: &Params) -> Judgement {
        let pool = facts.opens.iter().find(|one| one.how != How::Single);
        let single = facts.opens.iter().find(|one| one.how == How::Single);
        let again = facts.opens.iter().find(|one| one.how != How::Single && one.again.is_some());
        let person = Outcome::Inconclusive(Reason::NeedsPerson);
        let (outcome, summary) = match (pool, single, again) {
            (None, None, _) => {
                (person, "The code opens no connection with a library that is known".to_owned())
            }
            (None, Some(one), _) => (
                Outcome::Fail,
                format!("{} opens single connections, and there is no pool", one.at),
            ),
            (Some(_), _, Some(one)) => {
                let function = one.again.as_deref().unwrap_or_default();
                (person, format!("{} makes a pool each time {function} runs", one.at))
            }
            (Some(_), Some(one), _) => {
                (person, format!("{} opens a single connection beside the pool", one.at))
            }
            (Some(one), None, None) => (Outcome::Pass, format!("{} at {} pools", one.what, one.at)),
        };
        let observed: Vec<_> = facts.opens.iter().map(shown).collect();
        let observed = format!("{} files read; {}", facts.left.read, observed.join("; "));
        let judgement = Judgement::new(outcome, summary, Self::expected(params), observed)
            .notes(facts.left.note());
        let default = facts.opens.iter().find(|one| one.how == How::Default);
        match default.filter(|_| outcome == Outcome::Pass) {
            Some(one) => {
                let text = format!("The pool at {} has its library's own size", one.at);
                judgement.note("pool-size-default", text)
            }
            None => judgement,
        }
    }
}

/// The size that the declared URL gives to Prisma's pool (`connection_limit`, Prisma's
/// connection reference).
fn url_limit(cx: &Context) -> Option<How> {
    let url = cx.environment().targets.database.as_deref()?;
    let (_, query) = url.split_once('?')?;
    let limit = query.split('&').find_map(|part| part.strip_prefix("connection_limit="))?;
    let is_size = limit.parse::<u32>().is_ok_and(|size| size > 0);
    is_size.then(|| How::Limited(format!("{limit} (connection_limit of `database`)")))
}

fn shown(opens: &Opens) -> String {
    let how = match &opens.how {
        How::Limited(limit) => format!("pool of {limit}"),
        How::Default => "pool of the library's own size".to_owned(),
        How::Single => "single connection".to_owned(),
    };
    format!("{}  {}  {how}", opens.at, opens.what)
}

fn look(root: &Path, abandoned: &Abandoned) -> Result<Facts, Doubt> {
    let mut facts = Facts::default();
    let words = ["pg", "prisma", "typeorm", "knex", "sequelize", "postgres"];
    let left = calls(root, abandoned, &words, |path, names, call| {
        if let Some((what, how)) = opens(names, call) {
            let at = format!("{path}:{}", line(call));
            facts.opens.push(Opens { at, what, how, again: made_again(call) });
        }
    })?;
    facts.left = left;
    Ok(facts)
}

fn opens<'t>(names: &Names<'t>, call: &Node<'t>) -> Option<(String, How)> {
    let called = callee(call)?;
    let named = names.resolve(&called)?;
    let module = named.origin.module()?;
    let is_new = is(call, "new_expression");
    if module == "pg" && named.name == "Client" && is_new {
        return Some((named.name, How::Single));
    }
    let given = arguments(call);
    // `postgres(url, { max })` is a function under a name of the importer's own.
    if module == "postgres" && is(&called, "identifier") {
        return Some(("postgres".to_owned(), size(given.get(1), &[&["max"]], names)));
    }
    let (_, _, limits) = POOLS.iter().find(|(own, name, _)| {
        let by_default = matches!(*own, "knex" | "pg-pool") && is(&called, "identifier");
        *own == module && (*name == named.name || by_default)
    })?;
    let settings = given.iter().rfind(|one| object(one, names).is_some());
    Some((named.name.clone(), size(settings, limits, names)))
}

/// The size that the settings give to a pool.
fn size<'t>(settings: Option<&Node<'t>>, limits: Limits, names: &Names<'t>) -> How {
    let Some(settings) = settings.and_then(|settings| object(settings, names)) else {
        return How::Default;
    };
    let made = value(&settings, "useFactory").and_then(|factory| object(&factory, names));
    let settings = made.unwrap_or(settings);
    for path in limits {
        let mut node = Some(settings.clone());
        for name in *path {
            node = node.and_then(|node| value(&node, name)).map(|node| bare(&node));
        }
        let given = node.filter(|node| !matches!(node.text().as_ref(), "undefined" | "null"));
        if let Some(node) = given {
            let text = one_line(&node);
            return How::Limited(literal(&node).unwrap_or(text));
        }
    }
    How::Default
}

/// The function that makes it each time it runs; what runs once at start does not count.
fn made_again(call: &Node<'_>) -> Option<String> {
    let once = [
        "constructor",
        "onModuleInit",
        "onApplicationBootstrap",
        "useFactory",
        "bootstrap",
        "main",
    ];
    let function = call.ancestors().find(is_function)?;
    let named = function
        .field("name")
        .or_else(|| function.parent().and_then(|above| above.field("name").or(above.field("key"))));
    let name = named.map_or_else(|| "a function".to_owned(), |name| one_line(&name));
    (!once.contains(&name.as_str())).then_some(name)
}

#[cfg(test)]
mod tests {
    use countersign_domain::environment::Targets;
    use serde_json::json;

    use super::super::trial::{ask, ask_with, tree};
    use super::*;

    #[tokio::test]
    async fn a_pool_counts_when_it_is_made_once() {
        use Outcome::{Fail, Inconclusive, Pass};
        let person = Inconclusive(Reason::NeedsPerson);
        let pg = "import { Pool, Client } from 'pg';\n";
        let orm = "import { TypeOrmModule } from '@nestjs/typeorm';\n";
        for (sentence, head, code, outcome, note) in [
            ("a pool with its size", pg, "const pool = new Pool({ max: 20 });", Pass, ""),
            ("a size from outside", pg, "new Pool({ max: Number(process.env.POOL) });", Pass, ""),
            ("the library's size", pg, "new Pool();", Pass, "pool-size-default"),
            ("an undefined size", pg, "new Pool({ max: undefined });", Pass, "pool-size-default"),
            ("through the module", "import pg from 'pg';\n", "new pg.Pool({ max: 5 });", Pass, ""),
            ("by require", "const { Pool } = require('pg');\n", "new Pool({ max: 5 });", Pass, ""),
            (
                "TypeORM",
                orm,
                "TypeOrmModule.forRoot({ type: 'postgres', extra: { max: 10 } });",
                Pass,
                "",
            ),
            (
                "TypeORM by a factory",
                orm,
                "TypeOrmModule.forRootAsync({ useFactory: () => ({ poolSize: 10 }) });",
                Pass,
                "",
            ),
            (
                "Prisma",
                "import { PrismaClient } from '@prisma/client';\n",
                "class S { c = new PrismaClient(); }",
                Pass,
                "pool-size-default",
            ),
            (
                "Knex",
                "import knex from 'knex';\n",
                "knex({ client: 'pg', pool: { min: 1, max: 7 } });",
                Pass,
                "",
            ),
            (
                "postgres.js",
                "import postgres from 'postgres';\n",
                "const sql = postgres(url, { max: 7 });",
                Pass,
                "",
            ),
            (
                "in a provider's factory",
                pg,
                "const p = { provide: 'DB', useFactory: () => new Pool({ max: 5 }) };",
                Pass,
                "",
            ),
            (
                "single connections only",
                pg,
                "async function get() { const c = new Client(); await c.connect(); }",
                Fail,
                "",
            ),
            ("a pool in a comment", pg, "// new Pool({ max: 20 });\nnew Client();", Fail, ""),
            (
                "a single connection beside it",
                pg,
                "new Pool({ max: 2 }); function q() { new Client(); }",
                person,
                "",
            ),
            (
                "a pool for each request",
                pg,
                "class A { get() { return new Pool({ max: 5 }).query(''); } }",
                person,
                "",
            ),
            ("imported only", pg, "start();", person, ""),
            ("in a string", pg, "log('new Pool({ max: 3 })');", person, ""),
            ("never made", pg, "if (false) { new Pool({ max: 3 }); }", person, ""),
            (
                "another pool",
                "import { Pool } from './workers'; // pg\n",
                "new Pool({ max: 3 });",
                person,
                "",
            ),
            (
                "another client",
                "import { Client } from '@elastic/pg';\n",
                "new Client();",
                person,
                "",
            ),
        ] {
            let folder = tree(&[("src/db.ts", &format!("{head}{code}\n"))]);
            let finding = ask(folder.path(), "code.pooled", json!({})).await;
            assert_eq!(finding.outcome, outcome, "{sentence}: {finding:#?}");
            let notes: Vec<_> = finding.notes.iter().map(|note| note.code.as_str()).collect();
            assert_eq!(notes.join(" "), note, "{sentence}");
        }
        let prisma = "import { PrismaClient } from '@prisma/client';\nnew PrismaClient();";
        let folder = tree(&[("src/db.ts", prisma)]);
        for (url, notes) in [("postgres://a@h/d?connection_limit=5", 0), ("postgres://a@h/d", 1)] {
            let targets = Targets {
                source: Some(folder.path().to_string_lossy().into_owned()),
                database: Some(url.into()),
                ..Targets::default()
            };
            let finding = ask_with(targets, "code.pooled", json!({})).await;
            assert_eq!((finding.outcome, finding.notes.len()), (Pass, notes), "{url}");
        }
        let gone = ask(Path::new("/nowhere"), "code.pooled", json!({})).await;
        assert_eq!(gone.outcome, Inconclusive(Reason::NotConfigured));
    }
}
