// What is seen of database, Redis and WebSocket in the demo's first run.

import { holds, pass, type Looks, type Seen } from "./seen";

const OWNS_SCHEMA: Seen = {
  outcome: "fail",
  summary: "Role app owns schema public",
  expected: "no ownership, no superuser",
  observed: "app owns schema public",
  reproduce: "psql \"$DATABASE_URL\" -c '\\dn+'",
};

const NO_SECOND_USER: Seen = {
  outcome: "inconclusive",
  reason: "needs-credentials",
  summary: "USER_B_TOKEN was not found",
  expected: "joining a foreign room is refused",
  observed: "reference env:USER_B_TOKEN has no value here",
};

export const SERVERS: Record<string, Looks> = {
  "database.tls": holds("TLS 1.3, certificate verified", "TLS 1.2 or newer", "TLS 1.3"),
  "database.least-privilege": { first: OWNS_SCHEMA },
  "database.no-createdb": holds("rolcreatedb is false", "rolcreatedb = f"),
  "database.pooling": holds("25 requests opened no new session", "no more than 20 sessions", "11 sessions before, 11 after"),
  "redis-hardening.commands": {
    first: {
      outcome: "inconclusive",
      reason: "timed-out",
      summary: "No answer within 5 s",
      expected: "FLUSHALL, FLUSHDB, CONFIG and SHUTDOWN refused",
      observed: "no answer to COMMAND INFO",
      reproduce: "redis-cli -h 127.0.0.1 -p 41873 COMMAND INFO flushall",
    },
    later: pass("All four are refused", "NOPERM or unknown", "NOPERM for all four"),
  },
  "redis-hardening.bind": holds("127.0.0.1 only", "a private address", "127.0.0.1"),
  "redis-hardening.persistence": {
    first: { outcome: "not-applicable", summary: "Declared as a pure cache", expected: "save lines", observed: "redis_use = cache, by project facts" },
  },
  "redis-hardening.aof": {
    first: { outcome: "not-applicable", summary: "Declared as a pure cache", expected: "appendonly yes", observed: "redis_use = cache, by project facts" },
  },
  "websocket.jwt": holds('44 {"message":"unauthorized"}', "44 (connect error)", "44 unauthorized"),
  "websocket.tenant-rooms": { first: NO_SECOND_USER, later: pass("Foreign room refused", "refused") },
  "websocket.room-names": { first: NO_SECOND_USER, later: pass("Room names carry the tenant", "tenant:<id>:…") },
};
