import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Running } from './harness';

let app: Running;

before(async () => {
  app = await Running.start();
});

after(() => app.close());

test('health says ok', async () => {
  const answer = await app.fetch('/health');
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { status: 'ok' });
});

test('a login gives a token that /auth/me knows', async () => {
  const answer = await app.login('a@example.invalid', app.password);
  assert.equal(answer.status, 200);
  const { token } = (await answer.json()) as { token: string };
  const me = await app.fetch('/auth/me', { token });
  assert.deepEqual(await me.json(), { id: 'user-a', email: 'a@example.invalid', tenantId: 'tenant-a' });
});

test('a tenant syncs its own provider', async () => {
  for (const what of ['contacts', 'calendar']) {
    const answer = await app.fetch(`/${what}/sync/mail-a`, { method: 'POST', token: app.token('a') });
    assert.equal(answer.status, 201);
    assert.equal(app.cache.keys.get(`sync:${what}:mail-a`), 'tenant-a');
  }
});

test('a message reaches the room of its tenant', async () => {
  const room = 'tenant:tenant-a:inbox';
  const [sender, listener] = await Promise.all([app.connect(app.token('a')), app.connect(app.token('a'))]);
  assert.ok(typeof sender !== 'string' && typeof listener !== 'string');
  for (const socket of [sender, listener]) {
    assert.deepEqual(await socket.emitWithAck('join', { room }), { ok: true, room });
  }
  const heard = new Promise((resolve) => listener.on('message', resolve));
  sender.emit('message', { room, text: 'hello' });
  assert.deepEqual(await heard, { room, text: 'hello' });
  sender.close();
  listener.close();
});
