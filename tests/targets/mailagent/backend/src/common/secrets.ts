import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { required } from './settings';

/** What the application must know and nobody else. */
export interface Secrets {
  readonly jwtSecret: string;
  readonly redisPassword: string;
  readonly databasePassword: string;
}

/**
 * From AWS Secrets Manager, below the name in SECRET_STORE. A developer, who has no store,
 * keeps them in the environment; in production the start is refused without a store.
 */
export async function readSecrets(): Promise<Secrets> {
  if (!process.env.SECRET_STORE && process.env.NODE_ENV !== 'production') return fromEnvironment();
  const store = required('SECRET_STORE');
  const client = new SecretsManagerClient({});
  const read = async (name: string): Promise<string> => {
    const secret = await client.send(new GetSecretValueCommand({ SecretId: `${store}/${name}` }));
    if (!secret.SecretString) throw new Error(`${store}/${name} holds no text`);
    return secret.SecretString;
  };
  const [jwtSecret, redisPassword, databasePassword] = await Promise.all([
    read('jwt-secret'),
    read('redis-password'),
    read('db-password'),
  ]);
  return { jwtSecret, redisPassword, databasePassword };
}

function fromEnvironment(): Secrets {
  return {
    jwtSecret: required('JWT_SECRET'),
    redisPassword: required('REDIS_PASSWORD'),
    databasePassword: required('DB_PASSWORD'),
  };
}
