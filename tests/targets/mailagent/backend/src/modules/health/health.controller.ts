import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { Cache } from '../../common/cache';
import { Database } from '../../common/database';
import { Faults } from '../../faults';

@Controller('health')
export class HealthController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Cache) private readonly cache: Cache,
    @Inject(Faults) private readonly faults: Faults,
  ) {}

  /** Well only if both stores answer now. */
  @Get()
  async health() {
    try {
      await Promise.all([this.database.query('SELECT 1'), this.cache.ping()]);
    } catch {
      throw new ServiceUnavailableException({ status: 'down' });
    }
    return { status: this.faults.has('health-degraded') ? 'degraded' : 'ok' };
  }
}
