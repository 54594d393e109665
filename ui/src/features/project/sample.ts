/** A filled countersign.toml to start from. */
export const SAMPLE = `[project]
name = "MailAgent"

[[environment]]
name = "production"
production = true

[environment.targets]
api = "https://api.example.com"
frontend = "https://example.com"
websocket = "wss://api.example.com/socket.io/"
redis = "redis://:\${REDIS_PASSWORD}@redis.internal:6379"
database = "postgresql://app:\${DB_PASSWORD}@db.internal:5432/app?sslmode=verify-full"
source = "/srv/mailagent"

# References only: env:NAME or dotenv:PATH#NAME. Never the value itself.
[environment.secrets]
JWT_SECRET = "env:JWT_SECRET"
ENCRYPTION_KEY = "env:ENCRYPTION_KEY"
REDIS_PASSWORD = "env:REDIS_PASSWORD"
DB_PASSWORD = "dotenv:.env#DB_PASSWORD"
`;
