// What is seen of the critical items in the demo's first run.

import { holds, pass, type Looks } from "./seen";

export const CRITICAL: Record<string, Looks> = {
  "secrets.jwt-secret": {
    first: {
      outcome: "fail",
      summary: "JWT_SECRET has 32 characters, 128 bits",
      expected: "128 hexadecimal characters (512 bits)",
      observed: "32 hexadecimal characters (about 128 bits)",
      reproduce: 'printf %s "$JWT_SECRET" | wc -c',
      transcript: ["reference env:JWT_SECRET: found", "length 32, alphabet hex, value not kept"],
    },
    later: pass("128 hex characters", "128 hexadecimal characters"),
  },
  "secrets.encryption-key": holds("64 hex characters", "64 hexadecimal characters"),
  "secrets.redis-password": holds("44 base64 characters, 256 bits", "at least 256 bits", "about 256 bits"),
  "secrets.outside-code": holds("412 files read, no secret found", "no secret in the source tree", "none in 412 files"),
  "secrets.env-ignored": holds(".env matched by .gitignore line 7", ".env ignored and not tracked", "ignored by .gitignore:7"),
  "redis-auth.configured": {
    first: {
      outcome: "inconclusive",
      reason: "not-configured",
      summary: "The environment names no redis.conf",
      expected: "a requirepass line with a value",
      observed: "no path to redis.conf under targets",
    },
    later: pass("requirepass is set", "a requirepass line", "requirepass with a value (not kept)"),
  },
  "redis-auth.application": holds("All 4 connections of the application have logged in", "user=app on each connection", "4 of 4"),
  "redis-auth.ping-with-password": holds("PONG after AUTH", "+PONG"),
  "redis-auth.ping-without-password": {
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
  "guards.contacts": holds("Both guards stand on the class, line 22", "JwtAuthGuard and TenantGuard", "both on ContactsController"),
  "guards.calendar": {
    first: {
      outcome: "fail",
      summary: "TenantGuard is missing",
      expected: "@UseGuards(JwtAuthGuard, TenantGuard)",
      observed: "@UseGuards(JwtAuthGuard)",
      reproduce: "grep -n UseGuards backend/src/modules/calendar/controllers/calendar.controller.ts",
    },
    later: pass("Both guards stand on the class, line 19", "JwtAuthGuard and TenantGuard", "both on CalendarController"),
  },
};
