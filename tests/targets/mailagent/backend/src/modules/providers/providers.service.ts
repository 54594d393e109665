import { Inject, Injectable } from '@nestjs/common';
import { Cache } from '../../common/cache';
import { Database } from '../../common/database';

/** A mail or calendar account that a tenant has connected. */
export interface Provider {
  id: string;
  tenant_id: string;
  kind: string;
}

@Injectable()
export class ProvidersService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Cache) private readonly cache: Cache,
  ) {}

  all(tenantId: string): Promise<Provider[]> {
    return this.database.query<Provider>('SELECT id, tenant_id, kind FROM providers WHERE tenant_id = $1', [tenantId]);
  }

  async findOne(by: { where: { id: string; tenantId: string } }): Promise<Provider | undefined> {
    const { id, tenantId } = by.where;
    const text = 'SELECT id, tenant_id, kind FROM providers WHERE id = $1 AND tenant_id = $2';
    return (await this.database.query<Provider>(text, [id, tenantId]))[0];
  }

  /** Asks for a sync; asking twice within a minute is one sync. */
  async requestSync(provider: Provider, what: string): Promise<void> {
    await this.cache.remember(`sync:${what}:${provider.id}`, provider.tenant_id, 60);
  }
}
