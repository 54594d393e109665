import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ForbiddenException, NotFoundException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Faults } from '../src/faults';
import { TenantGuard } from '../src/modules/auth/tenant.guard';
import { claimsIn, Tokens } from '../src/modules/auth/tokens';
import { ContactsController } from '../src/modules/contacts/controllers/contacts.controller';
import { roomOf } from '../src/modules/live/rooms';
import type { ProvidersService } from '../src/modules/providers/providers.service';

test('a room belongs to the tenant in its name', () => {
  assert.deepEqual(roomOf('tenant:tenant-a:inbox'), { name: 'tenant:tenant-a:inbox', tenantId: 'tenant-a' });
});

test('a name without a tenant is no room', () => {
  for (const name of ['inbox', 'tenant::inbox', 'tenant:a', 'tenant:a:b:c', 'xtenant:a:b', 'tenant:a:b\n', 7, undefined]) {
    assert.equal(roomOf(name), undefined, String(name));
  }
});

test('a token is read by whoever has its key', () => {
  const tokens = (secret: string) =>
    new Tokens(new JwtService({ secret, signOptions: { expiresIn: 60 } }), new Faults());
  const [own, other] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
  const claims = { sub: 'user-a', tenantId: 'tenant-a' };
  assert.deepEqual(tokens(own).read(tokens(own).issue(claims)), claims);
  assert.equal(tokens(other).read(tokens(own).issue(claims)), undefined);
});

test('claims without a tenant are none', () => {
  assert.equal(claimsIn({ sub: 'user-a' }), undefined);
  assert.equal(claimsIn(null), undefined);
});

test('the tenant guard refuses another tenant', () => {
  const context = (headers: object) =>
    ({
      switchToHttp: () => ({ getRequest: () => ({ headers, user: { sub: 'user-a', tenantId: 'tenant-a' } }) }),
    }) as never;
  const guard = new TenantGuard();
  assert.equal(guard.canActivate(context({})), true);
  assert.throws(() => guard.canActivate(context({ 'x-tenant-id': 'tenant-b' })), ForbiddenException);
});

test("somebody else's provider is not synced", async () => {
  const providers = { findOne: async () => undefined } as unknown as ProvidersService;
  const user = { sub: 'user-a', tenantId: 'tenant-a' };
  await assert.rejects(new ContactsController(providers).syncProvider('mail-b', user), NotFoundException);
});

test('an unknown fault stops the start', () => {
  assert.throws(() => Faults.parse('no-such-fault'), /no-such-fault/);
  assert.equal(Faults.parse('no-csp').has('no-csp'), true);
});
