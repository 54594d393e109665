// What is seen of TLS, CORS, headers and the secret store in the demo's first run.

import { holds, pass, type Looks, type Seen } from "./seen";

const SHORT_HSTS: Looks = {
  first: {
    outcome: "fail",
    summary: "max-age is 86400, one day",
    expected: "max-age of at least 31536000",
    observed: "max-age=86400",
    reproduce: "curl -sI https://api.demo.test/health | grep -i strict",
  },
  later: pass("max-age=31536000", "max-age of at least 31536000", "max-age=31536000"),
};

const NO_STORE: Seen = {
  outcome: "inconclusive",
  reason: "not-configured",
  summary: "The environment names no secret store",
  expected: "each declared secret is in the store",
  observed: "no store under targets",
};

export const EDGE: Record<string, Looks> = {
  "tls.https": holds("1.0 and 1.1 are refused", "TLS 1.0 and 1.1 refused", "handshake_failure for both"),
  "tls.certificate": {
    first: {
      ...pass("Valid for 41 more days", "trusted chain, right name, 30 days left", "trusted, api.demo.test, 41 days"),
      note: "Expires in 41 days: renew before the next release.",
    },
  },
  "tls.redirect": holds("301 to https://", "301 or 308 to https", "301"),
  "tls.hsts": SHORT_HSTS,
  "cors.origin": holds("The front end's origin is allowed by name", "access-control-allow-origin: https://app.demo.test"),
  "cors.no-wildcard": {
    first: {
      outcome: "fail",
      summary: "Reflects https://evil.example",
      expected: "no Access-Control-Allow-Origin for a foreign origin",
      observed: "access-control-allow-origin: https://evil.example",
      reproduce: "curl -sI -H 'Origin: https://evil.example' https://api.demo.test/health",
    },
    later: pass("Foreign origins are refused", "no header"),
  },
  "cors.credentials": holds("Credentials are allowed to the front end only", "true for the front end only"),
  "cors.methods": holds("GET, POST, PUT, PATCH, DELETE", "no other method"),
  "headers.helmet": holds("helmet() is applied in main.ts, line 14", "helmet() before the routes", "backend/src/main.ts:14"),
  "headers.csp": holds("default-src 'self'", "a policy without unsafe-inline for scripts", "default-src 'self'"),
  "headers.hsts": SHORT_HSTS,
  "headers.frame-options": holds("DENY", "DENY or SAMEORIGIN", "DENY"),
  "headers.content-type-options": holds("nosniff", "nosniff"),
  "secret-store.vault": { first: NO_STORE },
  "secret-store.retrieval": holds("SecretsManagerClient is used in config.ts", "a store's client in the source", "backend/src/config.ts:9"),
  "secret-store.not-committed": holds("No .env in 1 204 commits", "no .env in any commit", "none in 1 204 commits"),
  "secret-store.rotation": { first: { ...NO_STORE, expected: "each declared secret has a rotation date" } },
};
