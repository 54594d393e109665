// A checklist like the built-in one, cut down to what the screens need to be tried with,
// and what a first run against the demo target would see.

import type { OutcomeCode, PhaseCode, SeverityCode, VerifyCode } from "../wire.gen";

/** What the fake probe sees on its first and on later runs. */
export interface Seen {
  outcome: OutcomeCode;
  reason?: string;
  summary: string;
  expected?: string;
  observed?: string;
  reproduce?: string;
  transcript?: string[];
  note?: string;
}

export interface FakeItem {
  id: string;
  title: string;
  verify: VerifyCode;
  probe?: string;
  active?: boolean;
  first?: Seen;
  /** What later runs see; the same as the first when absent. */
  later?: Seen;
}

export interface FakeSection {
  id: string;
  title: string;
  severity: SeverityCode;
  phase: PhaseCode;
  minutes?: [number, number];
  risk: string;
  guidance: string;
  controls: string[];
  items: FakeItem[];
}

const pass = (summary: string, expected = "", observed = ""): Seen => ({
  outcome: "pass",
  summary,
  expected,
  observed,
});

export const CHECKLIST: FakeSection[] = [
  {
    id: "secrets",
    title: "Generate strong secrets",
    severity: "critical",
    phase: "before",
    minutes: [2, 2],
    risk: "Whoever guesses a signing key becomes any user: the whole system is theirs.",
    guidance: [
      "Make each secret from a cryptographic random source, once per environment.",
      "",
      "```bash",
      "openssl rand -hex 64    # JWT_SECRET",
      "openssl rand -hex 32    # ENCRYPTION_KEY",
      "openssl rand -base64 32 # REDIS_PASSWORD",
      "```",
      "",
      "Keep them in the environment or a vault; **never** in the source tree. See [ASVS 5.0](https://owasp.org/asvs) chapter 11.",
    ].join("\n"),
    controls: ["ASVS 11.5.1", "NIST IA-5(1)", "PCI 8.6.2"],
    items: [
      {
        id: "secrets.jwt-length",
        title: "JWT_SECRET is 64 random bytes, 128 hex characters",
        verify: "probe",
        probe: "secrets.jwt-secret-strong",
        first: {
          outcome: "fail",
          summary: "JWT_SECRET has 32 characters, 128 bits",
          expected: "128 hexadecimal characters (512 bits)",
          observed: "32 hexadecimal characters (about 128 bits)",
          reproduce: 'printf %s "$JWT_SECRET" | wc -c',
          transcript: ["reference env:JWT_SECRET: found", "length 32, alphabet hex, value not kept"],
        },
        later: pass("128 hex characters", "128 hexadecimal characters", "128 hexadecimal characters"),
      },
      {
        id: "secrets.encryption-key",
        title: "ENCRYPTION_KEY is 32 random bytes, 64 hex characters",
        verify: "probe",
        probe: "secrets.encryption-key-strong",
        first: pass("64 hex characters", "64 hexadecimal characters", "64 hexadecimal characters"),
      },
      {
        id: "secrets.redis-password",
        title: "REDIS_PASSWORD is set and strong",
        verify: "probe",
        probe: "secrets.redis-password-strong",
        first: pass("44 base64 characters, 256 bits", "at least 128 bits", "about 256 bits"),
      },
      {
        id: "secrets.not-in-code",
        title: "Secrets come from the environment, not from code",
        verify: "both",
        probe: "secrets.none-in-source",
        first: pass("412 files read, no secret found", "no secret in the source tree", "none in 412 files"),
      },
      {
        id: "secrets.env-ignored",
        title: ".env is ignored by git",
        verify: "probe",
        probe: "git.dotenv-ignored",
        first: pass(".env matched by .gitignore line 7", ".env ignored and not tracked", "ignored by .gitignore:7"),
      },
    ],
  },
  {
    id: "redis-auth",
    title: "Require a password on Redis",
    severity: "critical",
    phase: "before",
    minutes: [5, 5],
    risk: "Anybody who reaches the port can read sessions, poison caches and run commands.",
    guidance: [
      "Set the password in `redis.conf` and give it to the application by reference.",
      "",
      "```conf",
      "requirepass <from your vault>",
      "```",
      "",
      "1. Restart Redis.",
      "2. `PING` without a password must answer `NOAUTH`.",
      "3. `PING` with it must answer `PONG`.",
    ].join("\n"),
    controls: ["ASVS 13.2.1", "NIST IA-2", "SOC2 CC6.1"],
    items: [
      {
        id: "redis.requirepass",
        title: "redis.conf sets requirepass",
        verify: "probe",
        probe: "redis.requirepass-set",
        first: {
          outcome: "inconclusive",
          reason: "not-configured",
          summary: "The environment names no redis.conf",
          expected: "a requirepass line with a value",
          observed: "no path to redis.conf under targets",
        },
        later: pass("requirepass is set", "a requirepass line", "requirepass with a value (not kept)"),
      },
      {
        id: "redis.app-password",
        title: "The application connects with the password",
        verify: "person",
      },
      {
        id: "redis.ping-auth",
        title: "PING with the password answers PONG",
        verify: "probe",
        probe: "redis.password-accepted",
        first: pass("PONG after AUTH", "+PONG", "+PONG"),
      },
      {
        id: "redis.ping-noauth",
        title: "PING without a password is refused",
        verify: "probe",
        probe: "redis.password-required",
        first: {
          outcome: "fail",
          summary: "Answered PONG without a password",
          expected: "-NOAUTH Authentication required.",
          observed: "+PONG",
          reproduce: "redis-cli -h 127.0.0.1 -p 41873 PING",
          transcript: ["> PING", "< +PONG", "> QUIT", "< +OK"],
        },
        later: {
          outcome: "pass",
          summary: "NOAUTH without a password",
          expected: "-NOAUTH Authentication required.",
          observed: "-NOAUTH Authentication required.",
          reproduce: "redis-cli -h 127.0.0.1 -p 41873 PING",
        },
      },
    ],
  },
  {
    id: "fixes",
    title: "Verify that the security fixes are in",
    severity: "critical",
    phase: "before",
    minutes: [5, 5],
    risk: "One tenant reads another tenant's contacts and calendars.",
    guidance:
      "Both controllers carry the JWT and the tenant guard, and `syncProvider()` checks who owns the provider.\n\n- `contacts.controller.ts`\n- `calendar.controller.ts`",
    controls: ["ASVS 8.2.2", "NIST AC-3", "ISO A.8.3"],
    items: [
      {
        id: "fixes.contacts",
        title: "contacts.controller.ts is guarded and checks ownership",
        verify: "both",
        probe: "source.guards-present",
        first: pass("Both guards found, line 22", "JwtAuthGuard and TenantGuard", "both on ContactsController"),
      },
      {
        id: "fixes.calendar",
        title: "calendar.controller.ts is guarded and checks ownership",
        verify: "both",
        probe: "source.guards-present",
        first: {
          outcome: "fail",
          summary: "TenantGuard is missing",
          expected: "@UseGuards(JwtAuthGuard, TenantGuard)",
          observed: "@UseGuards(JwtAuthGuard)",
          reproduce: "grep -n UseGuards backend/src/modules/calendar/controllers/calendar.controller.ts",
        },
        later: pass("Both guards found, line 19", "JwtAuthGuard and TenantGuard", "both on CalendarController"),
      },
    ],
  },
  {
    id: "database",
    title: "Database security",
    severity: "high",
    phase: "before",
    minutes: [15, 15],
    risk: "Credentials and rows travel in the clear, and one injection drops the database.",
    guidance:
      "Ask for TLS in the connection string, and give the application's role only what it needs.\n\n```sql\nSELECT rolcreatedb, rolsuper FROM pg_roles WHERE rolname = current_user;\n```",
    controls: ["ASVS 12.3.1", "NIST SC-8", "PCI 4.2.1"],
    items: [
      {
        id: "database.tls",
        title: "Connections to the database use TLS",
        verify: "probe",
        probe: "postgres.tls-required",
        first: pass("TLS 1.3, certificate verified", "TLS 1.2 or newer", "TLS 1.3"),
      },
      {
        id: "database.least-privilege",
        title: "The application's role has the least permissions",
        verify: "both",
        probe: "postgres.role-minimal",
        first: {
          outcome: "fail",
          summary: "Role app owns schema public",
          expected: "no ownership, no superuser",
          observed: "app owns schema public",
          reproduce: "psql \"$DATABASE_URL\" -c '\\dn+'",
        },
        later: {
          outcome: "fail",
          summary: "Role app owns schema public",
          expected: "no ownership, no superuser",
          observed: "app owns schema public",
          reproduce: "psql \"$DATABASE_URL\" -c '\\dn+'",
        },
      },
      {
        id: "database.no-createdb",
        title: "The role may not create or drop databases",
        verify: "probe",
        probe: "postgres.no-createdb",
        first: pass("rolcreatedb is false", "rolcreatedb = f", "rolcreatedb = f"),
      },
      { id: "database.pooling", title: "Connection pooling is configured", verify: "person" },
    ],
  },
  {
    id: "redis-hardening",
    title: "Harden Redis",
    severity: "high",
    phase: "before",
    minutes: [10, 10],
    risk: "One stray FLUSHALL empties every queue and session.",
    guidance: "Rename the dangerous commands away, bind to the private address, choose a persistence.",
    controls: ["NIST CM-7", "CIS Redis 3.2"],
    items: [
      {
        id: "redis.commands",
        title: "Dangerous commands are disabled",
        verify: "probe",
        probe: "redis.dangerous-commands-disabled",
        first: {
          outcome: "inconclusive",
          reason: "timed-out",
          summary: "No answer within 5 s",
          expected: "FLUSHALL, FLUSHDB, CONFIG, SHUTDOWN unknown",
          observed: "no answer to COMMAND INFO",
          reproduce: "redis-cli -h 127.0.0.1 -p 41873 COMMAND INFO flushall",
        },
        later: pass("All four are unknown", "unknown commands", "nil for all four"),
      },
      {
        id: "redis.bind",
        title: "Redis is bound to the right address",
        verify: "probe-or-person",
        probe: "redis.bind-private",
        first: pass("127.0.0.1 only", "a private address", "127.0.0.1"),
      },
      {
        id: "redis.persistence",
        title: "Persistence is as intended",
        verify: "probe-or-person",
        probe: "redis.persistence",
        first: { outcome: "not-applicable", summary: "Declared as a pure cache", expected: "save lines", observed: "appendonly = no, by project facts" },
      },
    ],
  },
  {
    id: "websocket",
    title: "WebSocket authentication",
    severity: "high",
    phase: "before",
    minutes: [30, 30],
    risk: "A stranger listens to every tenant's events.",
    guidance:
      "Connect once with a wrong token and once with a right one.\n\n```js\nio('wss://api.example.test', { auth: { token: 'invalid' } }) // must be refused\n```",
    controls: ["ASVS 4.4.1", "NIST AC-3"],
    items: [
      {
        id: "ws.jwt",
        title: "A connection without a valid token is refused",
        verify: "probe",
        probe: "websocket.token-required",
        first: pass("44 {\"message\":\"unauthorized\"}", "44 (connect error)", "44 unauthorized"),
      },
      {
        id: "ws.rooms",
        title: "Users join rooms of their own tenant only",
        verify: "both",
        probe: "websocket.tenant-rooms",
        first: {
          outcome: "inconclusive",
          reason: "needs-credentials",
          summary: "USER_B_TOKEN was not found",
          expected: "joining a foreign room is refused",
          observed: "reference env:USER_B_TOKEN has no value here",
        },
        later: pass("Foreign room refused", "refused", "refused"),
      },
    ],
  },
  {
    id: "tls",
    title: "HTTPS and TLS",
    severity: "recommended",
    phase: "before",
    minutes: [20, 20],
    risk: "Passwords and tokens can be read on the way.",
    guidance: "Offer TLS 1.2 and 1.3 only, redirect plain HTTP, send HSTS for a year.\n\n```nginx\nssl_protocols TLSv1.2 TLSv1.3;\nadd_header Strict-Transport-Security \"max-age=31536000\" always;\n```",
    controls: ["ASVS 12.1.1", "NIST SC-8(1)", "PCI 4.2.1"],
    items: [
      {
        id: "tls.versions",
        title: "HTTPS with TLS 1.2 or newer",
        verify: "probe",
        probe: "tls.legacy-versions-refused",
        first: pass("1.0 and 1.1 refused", "TLS 1.0 and 1.1 refused", "handshake_failure for both"),
      },
      {
        id: "tls.certificate",
        title: "The certificate is valid and not self-signed",
        verify: "probe",
        probe: "tls.certificate-valid",
        first: { ...pass("Valid for 21 more days", "trusted chain, right name, 14 days left", "trusted, api.demo.test, 21 days"), note: "Expires in 21 days: renew before the next release." },
      },
      {
        id: "tls.redirect",
        title: "Plain HTTP redirects to HTTPS",
        verify: "probe",
        probe: "http.redirects-to-https",
        first: pass("301 to https://", "301 or 308 to https", "301"),
      },
      {
        id: "tls.hsts",
        title: "HSTS is sent",
        verify: "probe",
        probe: "headers.hsts",
        first: {
          outcome: "fail",
          summary: "max-age is 86400, one day",
          expected: "max-age of at least 31536000",
          observed: "max-age=86400",
          reproduce: "curl -sI https://api.demo.test/health | grep -i strict",
        },
        later: pass("max-age=31536000", "max-age of at least 31536000", "max-age=31536000"),
      },
    ],
  },
  {
    id: "cors",
    title: "CORS",
    severity: "recommended",
    phase: "before",
    minutes: [5, 5],
    risk: "Any web page acts with the visitor's session.",
    guidance: "Name one origin. Never reflect the caller's.",
    controls: ["ASVS 3.4.2"],
    items: [
      {
        id: "cors.origin",
        title: "Only the production front end is allowed",
        verify: "probe",
        probe: "cors.foreign-origin-refused",
        first: {
          outcome: "fail",
          summary: "Reflects https://evil.example",
          expected: "no Access-Control-Allow-Origin for a foreign origin",
          observed: "access-control-allow-origin: https://evil.example",
          reproduce: "curl -sI -H 'Origin: https://evil.example' https://api.demo.test/health",
        },
        later: pass("Foreign origin refused", "no header", "no header"),
      },
      {
        id: "cors.wildcard",
        title: "No wildcard origin",
        verify: "probe",
        probe: "cors.no-wildcard",
        first: pass("No *", "not *", "not *"),
      },
      { id: "cors.methods", title: "Methods are restricted to those needed", verify: "person" },
    ],
  },
  {
    id: "headers",
    title: "Security headers",
    severity: "recommended",
    phase: "before",
    minutes: [10, 10],
    risk: "Scripts can be injected and pages framed.",
    guidance: "Install a header middleware and send a Content-Security-Policy.",
    controls: ["ASVS 3.4.3", "ASVS 3.4.6"],
    items: [
      {
        id: "headers.csp",
        title: "A Content-Security-Policy is sent",
        verify: "probe",
        probe: "headers.csp",
        first: pass("default-src 'self'", "a policy without unsafe-inline for scripts", "default-src 'self'"),
      },
      {
        id: "headers.frame",
        title: "X-Frame-Options is set",
        verify: "probe",
        probe: "headers.frame-options",
        first: pass("DENY", "DENY or SAMEORIGIN", "DENY"),
      },
      {
        id: "headers.nosniff",
        title: "X-Content-Type-Options is nosniff",
        verify: "probe",
        probe: "headers.nosniff",
        first: pass("nosniff", "nosniff", "nosniff"),
      },
    ],
  },
  {
    id: "vault",
    title: "Secret management",
    severity: "recommended",
    phase: "before",
    minutes: [30, 60],
    risk: "Secrets on disk outlive the people who knew about them.",
    guidance: "Use the vault of your cloud, and write down when each secret is rotated.",
    controls: ["ASVS 13.3.1", "NIST SC-12"],
    items: [
      { id: "vault.stored", title: "Secrets live in a vault", verify: "person" },
      { id: "vault.rotation", title: "A rotation schedule is written down", verify: "person" },
    ],
  },
  {
    id: "tests",
    title: "Test results",
    severity: "critical",
    phase: "tests",
    minutes: [10, 20],
    risk: "What nobody ran, nobody knows.",
    guidance: "Run every suite against the exact commit that goes out.",
    controls: ["NIST SA-11"],
    items: [
      {
        id: "tests.tsc",
        title: "TypeScript compiles without errors",
        verify: "probe",
        probe: "command.tsc",
        first: pass("exit 0", "exit 0", "exit 0"),
      },
      {
        id: "tests.unit",
        title: "Unit tests pass",
        verify: "probe",
        probe: "command.unit-tests",
        first: pass("212 passed", "exit 0", "exit 0, 212 passed"),
      },
      {
        id: "tests.pentest",
        title: "Penetration tests score 100 %",
        verify: "probe",
        probe: "command.penetration-test",
        active: true,
        first: {
          outcome: "inconclusive",
          reason: "not-configured",
          summary: "Active probes were not allowed in this run",
          expected: "score 100",
          observed: "not run",
        },
        later: pass("score 100", "score 100", "score 100"),
      },
    ],
  },
  {
    id: "final",
    title: "Final checklist",
    severity: "critical",
    phase: "sign-off",
    risk: "",
    guidance: "These lines follow from the rest, or are the last words of a person.",
    controls: [],
    items: [
      { id: "final.critical", title: "All critical items are completed", verify: "computed" },
      { id: "final.rollback", title: "The rollback plan is known to everybody on call", verify: "person" },
    ],
  },
  {
    id: "after",
    title: "Deployment verification",
    severity: "high",
    phase: "after",
    minutes: [10, 10],
    risk: "The right build with the wrong configuration looks fine until it does not.",
    guidance: "Look at the deployed system, not at the build.\n\n```bash\ncurl https://api.example.test/health\n```",
    controls: ["NIST CM-4(2)"],
    items: [
      {
        id: "after.health",
        title: "The health check answers ok",
        verify: "probe",
        probe: "http.health",
        first: pass('{"status":"ok"}', "200 and status ok", "200 ok"),
      },
      {
        id: "after.auth",
        title: "Authentication works: 401 without, 200 with a token",
        verify: "probe",
        probe: "auth.token-required",
        first: pass("401, then 200", "401, then 200", "401, then 200"),
      },
      {
        id: "after.rate-limit",
        title: "The sixth login in a row is limited",
        verify: "probe",
        probe: "http.login-rate-limited",
        active: true,
        first: pass("429 on the 6th", "429 on the 6th request", "429 on the 6th"),
      },
    ],
  },
  {
    id: "watch",
    title: "Monitoring, 48 hours",
    severity: "recommended",
    phase: "watch",
    minutes: [30, 30],
    risk: "An attack that starts after the deployment goes unseen.",
    guidance: "Alert on failed logins, error rate, response time, Redis, database and WebSocket connections.",
    controls: ["NIST SI-4"],
    items: [
      { id: "watch.alerts", title: "Alerts are on for all six signals", verify: "person" },
    ],
  },
];
