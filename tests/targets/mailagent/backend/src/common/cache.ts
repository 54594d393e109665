import { Redis } from 'ioredis';
import type { Metrics } from './metrics';
import type { Secrets } from './secrets';

/** What may be forgotten. */
export abstract class Cache {
  abstract ping(): Promise<void>;
  abstract remember(key: string, value: string, seconds: number): Promise<void>;
  abstract close(): Promise<void>;
}

/** Redis as the user that may touch `app:*` only. */
export class RedisCache extends Cache {
  private readonly redis: Redis;

  constructor(secrets: Secrets, metrics: Metrics) {
    super();
    this.redis = new Redis({
      host: process.env.REDIS_HOST,
      port: Number(process.env.REDIS_PORT),
      username: process.env.REDIS_USER,
      password: secrets.redisPassword,
      connectionName: 'mailagent',
      keyPrefix: 'app:',
      maxRetriesPerRequest: 1,
      retryStrategy: () => 500,
    });
    this.redis.on('error', (error: Error) => {
      metrics.failed('redis');
      console.error(`redis: ${error.message}`);
    });
  }

  async ping(): Promise<void> {
    await this.redis.ping();
  }

  async remember(key: string, value: string, seconds: number): Promise<void> {
    await this.redis.set(key, value, 'EX', seconds);
  }

  async close(): Promise<void> {
    this.redis.disconnect();
  }
}
