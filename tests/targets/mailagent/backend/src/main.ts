import { createApp } from './app';
import { RedisCache } from './common/cache';
import { PooledDatabase, UnpooledDatabase } from './common/database';
import { Metrics } from './common/metrics';
import { required, Settings } from './common/settings';
import { Faults } from './faults';

async function main(): Promise<void> {
  const faults = Faults.parse(process.env.FAULTS);
  const metrics = new Metrics();
  const app = await createApp({
    settings: Settings.fromEnvironment(),
    database: faults.has('db-no-pool') ? new UnpooledDatabase() : new PooledDatabase(metrics),
    cache: new RedisCache(metrics),
    metrics,
    faults,
  });
  // Only the proxy on this machine reaches it.
  await app.listen(Number(required('PORT')), '127.0.0.1');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
