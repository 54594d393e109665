import type { Secrets } from './secrets';

/** What the parts must be told; the start is refused without it. */
export class Settings {
  constructor(
    readonly jwtSecret: string,
    readonly frontendUrl: string,
  ) {}

  static of({ jwtSecret }: Secrets): Settings {
    return new Settings(jwtSecret, required('FRONTEND_URL'));
  }
}

export function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
