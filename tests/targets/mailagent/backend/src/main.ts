import { createApp } from './app';
import { RedisCache } from './common/cache';
import { databaseUrl, PooledDatabase, UnpooledDatabase } from './common/database';
import { Metrics } from './common/metrics';
import { readSecrets } from './common/secrets';
import { required, Settings } from './common/settings';
import { Faults } from './faults';

async function main(): Promise<void> {
  const faults = Faults.parse(process.env.FAULTS);
  const secrets = await readSecrets();
  const database = databaseUrl(secrets);
  const metrics = new Metrics();
  const app = await createApp({
    settings: Settings.of(secrets),
    database: faults.has('db-no-pool') ? new UnpooledDatabase(database) : new PooledDatabase(database, metrics),
    cache: new RedisCache(secrets, metrics),
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
