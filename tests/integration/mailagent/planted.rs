//! The table of faults: how each is planted, and which items must fail for it. Items that
//! no probe looks at yet are left out of the comparison by themselves.

use countersign_tests::{Fault, Leaf, LeafOptions, PlainHttp, RedisOptions, replace};

/// One fault and what it must be found by.
pub(crate) struct Planted {
    /// What is wrong, as a sentence.
    pub(crate) case: &'static str,
    /// How.
    pub(crate) fault: Fault,
    /// The items that fail, and no others.
    pub(crate) fails: &'static [&'static str],
}

const fn planted(case: &'static str, fault: Fault, fails: &'static [&'static str]) -> Planted {
    Planted { case, fault, fails }
}

const CONTACTS: &str = "backend/src/modules/contacts/controllers/contacts.controller.ts";
const CALENDAR: &str = "backend/src/modules/calendar/controllers/calendar.controller.ts";
const GUARDS: &str = "@UseGuards(JwtAuthGuard, TenantGuard)\n";

/// In the running application.
pub(crate) const APPLICATION: &[Planted] = &[
    planted("any origin is echoed", Fault::App("cors-reflect"), &["cors.no-wildcard"]),
    planted(
        "the wildcard is allowed, with credentials",
        Fault::App("cors-wildcard"),
        &["cors.origin", "cors.no-wildcard", "cors.credentials", "deployed.cors"],
    ),
    planted("no credentials", Fault::App("cors-no-credentials"), &["cors.credentials"]),
    planted("more methods than needed", Fault::App("cors-all-methods"), &["cors.methods"]),
    planted(
        "another front end is allowed",
        Fault::App("cors-other-origin"),
        &["cors.origin", "cors.credentials", "cors.methods", "deployed.cors"],
    ),
    planted("no content policy", Fault::App("no-csp"), &["headers.csp"]),
    planted("no HSTS", Fault::App("no-hsts"), &["tls.hsts", "headers.hsts"]),
    planted("framing is open", Fault::App("no-frame-options"), &["headers.frame-options"]),
    planted("sniffing is open", Fault::App("no-nosniff"), &["headers.content-type-options"]),
    planted("no token is needed", Fault::App("guard-open"), &["deployed.authentication"]),
    planted("no token is good enough", Fault::App("guard-closed"), &["deployed.authentication"]),
    planted(
        "signatures are not looked at",
        Fault::App("any-token"),
        &["deployed.authentication", "websocket.jwt"],
    ),
    planted(
        "a token that has run out is good enough",
        Fault::App("expired-token"),
        &["deployed.authentication", "websocket.jwt"],
    ),
    planted("passwords can be guessed", Fault::App("login-unlimited"), &["deployed.rate-limit"]),
    planted(
        "whoever names another address may guess on",
        Fault::App("login-trusts-forwarded"),
        &["deployed.rate-limit"],
    ),
    planted("the service says degraded", Fault::App("health-degraded"), &["deployed.health"]),
    planted("a socket needs no token", Fault::App("ws-any-token"), &["websocket.jwt"]),
    planted("a socket is put out only after it was let in", Fault::App("ws-late-refusal"), &[]),
    planted("a socket from any page is let in", Fault::App("ws-any-origin"), &["websocket.jwt"]),
    planted(
        "any tenant's room can be joined",
        Fault::App("ws-foreign-rooms"),
        &["websocket.tenant-rooms", "websocket.room-names"],
    ),
    planted(
        "joining is refused in words only",
        Fault::App("ws-refuses-and-joins"),
        &["websocket.tenant-rooms", "websocket.room-names"],
    ),
    planted("no pool", Fault::App("db-no-pool"), &["database.pooling"]),
];

/// Browsers take no HSTS from a server that they don't trust.
const UNTRUSTED: &[&str] = &["tls.certificate", "tls.hsts", "headers.hsts"];

/// In the proxy.
pub(crate) const PROXY: &[Planted] = &[
    planted(
        "old TLS versions",
        Fault::Proxy(|nginx, _| {
            nginx.protocols = "TLSv1 TLSv1.1 TLSv1.2".into();
            nginx.ciphers = "ALL:@SECLEVEL=0".into();
            Ok(())
        }),
        &["tls.https"],
    ),
    planted(
        "the certificate has ended",
        Fault::Proxy(|nginx, ca| {
            nginx.certificate = ca.expired()?;
            Ok(())
        }),
        UNTRUSTED,
    ),
    planted(
        "the certificate is for another name",
        Fault::Proxy(|nginx, ca| {
            let names = vec!["other.test".to_owned()];
            nginx.certificate = ca.issue(&LeafOptions { names, ..LeafOptions::default() })?;
            Ok(())
        }),
        UNTRUSTED,
    ),
    planted(
        "nobody signed the certificate",
        Fault::Proxy(|nginx, _| {
            nginx.certificate = Leaf::self_signed()?;
            Ok(())
        }),
        UNTRUSTED,
    ),
    planted(
        "served in the clear",
        Fault::Proxy(|nginx, _| {
            nginx.plain = PlainHttp::Serve;
            Ok(())
        }),
        &["tls.redirect", "deployed.https"],
    ),
    planted(
        "only the root is redirected",
        Fault::Proxy(|nginx, _| {
            nginx.plain = PlainHttp::RedirectRootOnly;
            Ok(())
        }),
        &["tls.redirect", "deployed.https"],
    ),
];

/// Gives the directive that starts so other words.
fn set(redis: &mut RedisOptions, start: &str, words: &str) {
    redis.directives.retain(|line| !line.starts_with(start));
    redis.directives.push(format!("{start}{words}"));
}

/// In Redis and PostgreSQL.
pub(crate) const STORES: &[Planted] = &[
    planted(
        "Redis lets anybody in",
        Fault::Redis(|redis| set(redis, "user default ", "on nopass ~* &* +@all")),
        &["redis-auth.configured", "redis-auth.ping-without-password"],
    ),
    planted(
        "the application may run any command",
        Fault::Redis(|redis| {
            set(redis, "user app ", "on >${REDIS_PASSWORD} ~* &* +@all");
        }),
        &["redis-hardening.commands"],
    ),
    planted(
        "everything is kept in memory only",
        Fault::Redis(|redis| {
            set(redis, "save ", "\"\"");
            set(redis, "appendonly ", "no");
        }),
        &["redis-hardening.persistence", "redis-hardening.aof"],
    ),
    planted(
        "the application may give itself any command",
        Fault::Redis(|redis| {
            set(redis, "user app ", "on >${REDIS_PASSWORD} ~* &* +@all -@dangerous +acl|setuser");
        }),
        &["redis-hardening.commands"],
    ),
    planted(
        "no snapshots",
        Fault::Redis(|redis| set(redis, "save ", "\"\"")),
        &["redis-hardening.persistence"],
    ),
    planted(
        "no append-only file",
        Fault::Redis(|redis| set(redis, "appendonly ", "no")),
        &["redis-hardening.aof"],
    ),
    planted(
        "the database knows no TLS",
        Fault::Postgres(|postgres| {
            postgres.tls = None;
            postgres.tls_required = false;
        }),
        &["database.tls"],
    ),
    planted(
        "TLS is an offer",
        Fault::Postgres(|postgres| postgres.tls_required = false),
        &["database.tls"],
    ),
    planted(
        "the role may make databases",
        Fault::Database("ALTER ROLE app CREATEDB"),
        &["database.least-privilege", "database.no-createdb"],
    ),
    planted(
        "the role is a superuser",
        Fault::Database("ALTER ROLE app SUPERUSER"),
        &["database.least-privilege", "database.no-createdb"],
    ),
    planted(
        "the role owns its database",
        Fault::Database("ALTER DATABASE {database} OWNER TO app"),
        &["database.least-privilege", "database.no-createdb"],
    ),
    planted(
        "the role reads everything",
        Fault::Database("GRANT pg_read_all_data TO app"),
        &["database.least-privilege"],
    ),
];

/// Values of secrets.
pub(crate) const SECRETS: &[Planted] = &[
    planted(
        "a short key for tokens",
        Fault::Secret("JWT_SECRET", "3b1c7f0e9d5a48629f7e6d5c4b3a2910"),
        &["secrets.jwt-secret"],
    ),
    planted(
        "a key that is no hex",
        Fault::Secret("ENCRYPTION_KEY", "correct horse battery staple of forty chars"),
        &["secrets.encryption-key"],
    ),
    planted(
        "a guessable password",
        Fault::Secret("REDIS_PASSWORD", "redis123"),
        &["secrets.redis-password"],
    ),
];

/// In the source tree.
pub(crate) const SOURCE: &[Planted] = &[
    planted(
        "the guards are commented out",
        Fault::Source(|tree| replace(tree, CALENDAR, GUARDS, &format!("// {GUARDS}"))),
        &["guards.calendar"],
    ),
    planted(
        "the guards are imported and not applied",
        Fault::Source(|tree| replace(tree, CONTACTS, GUARDS, "")),
        &["guards.contacts"],
    ),
    planted(
        "one guard of two",
        Fault::Source(|tree| replace(tree, CONTACTS, GUARDS, "@UseGuards(JwtAuthGuard)\n")),
        &["guards.contacts"],
    ),
    planted(
        "nobody asks whose provider it is",
        Fault::Source(|tree| {
            let asked = "await this.providers.findOne({ where: { id: providerId, tenantId: user.tenantId } });\n    \
                         if (!provider) throw new NotFoundException('No such provider');";
            let blind = "{ id: providerId, tenant_id: '', kind: 'mail' };";
            replace(tree, CALENDAR, asked, blind)
        }),
        &["guards.calendar"],
    ),
    planted(
        ".env is tracked in spite of its rule",
        Fault::Source(|tree| {
            tree.write("backend/.env", "PORT=3000\n")?;
            tree.git(&["add", "--force", "backend/.env"]).map(|_| ())
        }),
        // What is tracked belongs to the source, and the deployment's .env holds its secrets.
        &["secrets.env-ignored", "secrets.outside-code", "secret-store.not-committed"],
    ),
    planted(
        ".env was committed once",
        Fault::Source(|tree| {
            tree.write("backend/.env", "PORT=3000\n")?;
            tree.git(&["add", "--force", "backend/.env"])?;
            tree.git(&["commit", "--quiet", "--message", "Settings"])?;
            tree.git(&["rm", "--quiet", "backend/.env"]).map(|_| ())
        }),
        &["secret-store.not-committed"],
    ),
    planted(
        "no rule ignores .env",
        Fault::Source(|tree| tree.write(".gitignore", "node_modules\ndist\n").map(|_| ())),
        &["secrets.env-ignored", "secrets.outside-code", "secret-store.not-committed"],
    ),
    planted(
        "a fallback for a missing secret",
        Fault::Source(|tree| {
            let file = "backend/src/common/secrets.ts";
            let fallback = "process.env.JWT_SECRET ?? 'mailagent-jwt-2024-x7'";
            replace(tree, file, "required('JWT_SECRET')", fallback)
        }),
        &["secrets.outside-code", "secret-store.not-committed"],
    ),
    planted(
        "Helmet is imported and not used",
        Fault::Source(|tree| {
            replace(tree, "backend/src/app.ts", "  app.use(\n    helmet(", "  void (\n    (")
        }),
        &["headers.helmet"],
    ),
];

/// In what the backend's own tests see, each with the items to run.
pub(crate) const TESTS: &[(Planted, &[&str])] = &[
    (
        planted(
            "a type is wrong",
            Fault::Source(|tree| {
                replace(tree, "backend/src/common/settings.ts", "return value;", "return 42;")
            }),
            &["tests.typescript"],
        ),
        &["tests.typescript", "tests.unit"],
    ),
    (
        planted(
            "a unit test fails",
            Fault::Source(|tree| {
                replace(tree, "backend/src/modules/live/rooms.ts", "/^tenant", "/tenant")
            }),
            &["tests.unit"],
        ),
        &["tests.unit", "tests.e2e"],
    ),
    (
        planted(
            "an end-to-end test fails",
            Fault::Source(|tree| {
                let file = "backend/src/modules/health/health.controller.ts";
                replace(tree, file, "'ok'", "'fine'")
            }),
            &["tests.e2e"],
        ),
        &["tests.e2e", "tests.api-scan"],
    ),
    (
        planted(
            "the scan finds something",
            Fault::Source(|tree| replace(tree, "backend/src/app.ts", "31_536_000", "300")),
            &["tests.api-scan"],
        ),
        &["tests.api-scan", "tests.penetration"],
    ),
    (
        planted(
            "an attack works",
            Fault::Source(|tree| replace(tree, "backend/src/app.ts", ": 1);", ": true);")),
            &["tests.penetration"],
        ),
        &["tests.api-scan", "tests.penetration"],
    ),
];
