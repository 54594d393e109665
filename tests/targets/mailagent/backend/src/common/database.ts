import { Client, Pool, type QueryResultRow } from 'pg';
import type { Metrics } from './metrics';
import type { Secrets } from './secrets';
import { required } from './settings';

/** Where rows come from. */
export abstract class Database {
  abstract query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  abstract close(): Promise<void>;
}

/** DATABASE_URL, which names everything but the password, with the password. */
export function databaseUrl({ databasePassword }: Secrets): string {
  const url = new URL(required('DATABASE_URL'));
  url.password = encodeURIComponent(databasePassword);
  return url.href;
}

/** PostgreSQL through a pool, well below the server's max_connections. */
export class PooledDatabase extends Database {
  private readonly pool: Pool;

  constructor(
    connectionString: string,
    private readonly metrics: Metrics,
  ) {
    super();
    this.pool = new Pool({
      connectionString,
      max: 5,
      idleTimeoutMillis: 30_000,
      connectionTimeoutMillis: 2_000,
    });
    // A connection that breaks while idle is replaced by the next query.
    this.pool.on('error', (error) => console.error(`database: ${error.message}`));
  }

  async query<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>(text, values)).rows;
    } catch (error) {
      this.metrics.failed('database');
      throw error;
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

/** The fault `db-no-pool`: a connection for each query. */
export class UnpooledDatabase extends Database {
  constructor(private readonly connectionString: string) {
    super();
  }

  async query<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.connectionString, connectionTimeoutMillis: 2_000 });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {}
}
