// Attacks a fresh instance of the API: `npx ts-node penetration-test.ts`.
import { type Check, score } from './test/score';
import { Running } from './test/harness';

async function main(): Promise<void> {
  const app = await Running.start();
  const checks: Check[] = [];
  for (const [kind, token] of Object.entries(app.badTokens())) {
    checks.push([`a token that is ${kind} opens nothing`, async () => (await app.fetch('/auth/me', { token })).status === 401]);
    checks.push([`nor a live connection`, async () => (await app.connect(token)) === 'unauthorized']);
  }
  checks.push(
    ['no token, no live connection', async () => (await app.connect()) === 'unauthorized'],
    ['a page of somebody else opens no live connection', async () => typeof (await app.connect(app.token('a'), 'https://evil.example')) === 'string'],
    ['a provider of another tenant is not synced', async () => {
      const statuses = await Promise.all(
        ['contacts', 'calendar'].map(async (what) =>
          (await app.fetch(`/${what}/sync/mail-b`, { method: 'POST', token: app.token('a') })).status),
      );
      return statuses.every((status) => status === 404) && app.cache.keys.size === 0;
    }],
    ['another tenant in a header is refused', async () =>
      (await app.fetch('/contacts/providers', { token: app.token('a'), headers: { 'x-tenant-id': 'tenant-b' } })).status === 403],
    ['a room of another tenant stays silent', async () => {
      const room = 'tenant:tenant-b:inbox';
      const [spy, owner] = await Promise.all([app.connect(app.token('a')), app.connect(app.token('b'))]);
      if (typeof spy === 'string' || typeof owner === 'string') return false;
      let heard = false;
      spy.on('message', () => (heard = true));
      const refused = (await spy.emitWithAck('join', { room })).ok === false;
      await owner.emitWithAck('join', { room });
      await owner.emitWithAck('message', { room, text: 'for b only' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      spy.close();
      owner.close();
      return refused && !heard;
    }],
    ['SQL in an address is only an address', async () => (await app.login("' OR 1=1 --", 'x')).status === 401],
    ['guessing a password ends with 429, whatever X-Forwarded-For says', async () => {
      let status = 0;
      for (let attempt = 1; attempt <= 6; attempt += 1) {
        const forwarded = `192.0.2.${attempt}, 127.0.0.1`;
        status = (await app.login('a@example.invalid', 'wrong', { 'x-forwarded-for': forwarded })).status;
      }
      return status === 429;
    }],
  );
  const clean = await score('Penetration test: security score', checks);
  await app.close();
  process.exitCode = clean ? 0 : 1;
}

void main();
