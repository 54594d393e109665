/** What the environment must say; the start is refused without it. */
export class Settings {
  constructor(
    readonly jwtSecret: string,
    readonly frontendUrl: string,
  ) {}

  static fromEnvironment(): Settings {
    return new Settings(required('JWT_SECRET'), required('FRONTEND_URL'));
  }
}

export function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
