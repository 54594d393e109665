// What is seen of the test suites, of the deployed system and of its signals.

import { holds, pass, type Looks } from "./seen";

export const RESULTS: Record<string, Looks> = {
  "tests.typescript": holds("exit 0, 0 errors", "exit 0"),
  "tests.api-scan": holds("exit 0, 100 %", "exit 0 and 100 %"),
  "tests.penetration": {
    first: {
      outcome: "fail",
      summary: "exit 1, 96 %: 2 of 48 attacks got through",
      expected: "exit 0 and 100 %",
      observed: "exit 1, 96 %",
      reproduce: "cd backend && npx --no-install ts-node penetration-test.ts",
    },
    later: pass("exit 0, 100 %", "exit 0 and 100 %"),
  },
  "tests.unit": holds("212 passed", "exit 0", "exit 0, 212 passed"),
  "tests.e2e": holds("48 passed", "exit 0", "exit 0, 48 passed"),
  "deployed.health": holds('{"status":"ok"}', "200 and status ok", "200 ok"),
  "deployed.authentication": holds("401, then 200", "401, then 200"),
  "deployed.https": holds("301 to https://", "301 or 308 to https", "301"),
  "deployed.cors": holds("The front end's origin is allowed by name", "access-control-allow-origin: https://app.demo.test"),
  "deployed.rate-limit": holds("429 on the 6th", "429 on the 6th request", "429 on the 6th"),
  "signoff.monitoring": holds("6 rules are loaded, and an alert reached its receiver", "a rule for each signal", "6 of 6"),
  "watch.failed-logins": holds("At most 4 an hour from one address", "at most 50 an hour", "4"),
  "watch.refusals": holds("12 in the busiest hour", "at most 100 an hour", "12"),
  "watch.rate-limits": holds("31 in the busiest hour", "at most 1000 an hour", "31"),
  "watch.database-errors": holds("None", "at most 10 a minute", "0"),
  "watch.redis-errors": holds("None", "at most 10 a minute", "0"),
  "watch.traffic": {
    first: {
      outcome: "inconclusive",
      reason: "needs-person",
      summary: "No limit is set: a person compares",
      expected: "as in the week before",
      observed: "1.1 times the week before",
    },
  },
};
