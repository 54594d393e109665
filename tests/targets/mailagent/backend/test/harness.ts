import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { io, type Socket } from 'socket.io-client';
import { JwtService } from '@nestjs/jwt';
import { createApp } from '../src/app';
import { Cache } from '../src/common/cache';
import { Database } from '../src/common/database';
import { Metrics } from '../src/common/metrics';
import { Settings } from '../src/common/settings';
import { Faults } from '../src/faults';
import { hashed } from '../src/modules/auth/users.service';

export const FRONTEND = 'https://app.example.com';

/** Answers the application's few statements from memory. */
class MemoryDatabase extends Database {
  constructor(private readonly tables: Record<'users' | 'providers', Record<string, string>[]>) {
    super();
  }

  async query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    const table = /FROM (users|providers) WHERE (.+)$/.exec(text);
    if (!table) return [];
    const wanted = [...table[2]!.matchAll(/(\w+) = \$(\d)/g)].map(
      ([, column, place]) => [column!, values[Number(place) - 1]] as const,
    );
    const rows = this.tables[table[1] as 'users' | 'providers'];
    return rows.filter((row) => wanted.every(([column, value]) => row[column] === value)) as Row[];
  }

  async close(): Promise<void> {}
}

class MemoryCache extends Cache {
  readonly keys = new Map<string, string>();

  async ping(): Promise<void> {}

  async remember(key: string, value: string): Promise<void> {
    this.keys.set(key, value);
  }

  async close(): Promise<void> {}
}

/** The whole application on a free port, with two tenants and stores in memory. */
export class Running {
  private constructor(
    readonly url: string,
    readonly password: string,
    readonly cache: MemoryCache,
    private readonly secret: string,
    private readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<Running> {
    const secret = randomBytes(64).toString('hex');
    const password = randomBytes(12).toString('hex');
    const password_hash = await hashed(password, randomBytes(16).toString('hex'));
    const database = new MemoryDatabase({
      users: ['a', 'b'].map((t) => ({
        id: `user-${t}`,
        email: `${t}@example.invalid`,
        tenant_id: `tenant-${t}`,
        password_hash,
      })),
      providers: ['a', 'b'].map((t) => ({ id: `mail-${t}`, tenant_id: `tenant-${t}`, kind: 'mail' })),
    });
    const cache = new MemoryCache();
    const app = await createApp({
      settings: new Settings(secret, FRONTEND),
      database,
      cache,
      metrics: new Metrics(),
      faults: new Faults(),
    });
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new Running(`http://127.0.0.1:${port}`, password, cache, secret, () => app.close());
  }

  /** A token of tenant `a` or `b`; `options` and `secret` make bad ones. */
  token(tenant: 'a' | 'b', options: { expiresIn?: number; secret?: string } = {}): string {
    const jwt = new JwtService({ secret: options.secret ?? this.secret });
    const claims = { sub: `user-${tenant}`, tenantId: `tenant-${tenant}` };
    return jwt.sign(claims, { expiresIn: options.expiresIn ?? 300 });
  }

  /** Every kind of token that must be refused, by name. */
  badTokens(): Record<string, string> {
    const [, payload] = this.token('a').split('.') as [string, string, string];
    const header = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    return {
      garbage: 'not-a-token',
      expired: this.token('a', { expiresIn: -60 }),
      'signed with another key': this.token('a', { secret: randomBytes(64).toString('hex') }),
      unsigned: `${header}.${payload}.`,
    };
  }

  fetch(path: string, init: RequestInit & { token?: string } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (init.token !== undefined) headers.set('authorization', `Bearer ${init.token}`);
    return fetch(this.url + path, { ...init, headers, redirect: 'manual' });
  }

  login(email: string, password: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch('/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ email, password }),
    });
  }

  /** A live connection, or what it was refused with. */
  async connect(token?: string, origin?: string): Promise<Socket | string> {
    const socket = io(this.url, {
      auth: token === undefined ? {} : { token },
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      ...(origin === undefined ? {} : { extraHeaders: { origin } }),
    });
    return new Promise((resolve) => {
      socket.on('connect', () => resolve(socket));
      socket.on('connect_error', (error) => {
        socket.close();
        resolve(error.message);
      });
    });
  }

  close(): Promise<void> {
    return this.stop();
  }
}
