/** What a tester may plant at the start, by name in FAULTS; a deployment has none. */
export const FAULTS = [
  // CORS
  'cors-reflect',
  'cors-wildcard',
  'cors-no-credentials',
  'cors-all-methods',
  'cors-other-origin',
  // Headers
  'no-csp',
  'no-hsts',
  'no-frame-options',
  'no-nosniff',
  // Tokens
  'guard-open',
  'guard-closed',
  'any-token',
  'expired-token',
  // Login
  'login-unlimited',
  'login-trusts-forwarded',
  // Health
  'health-degraded',
  // Live messages
  'ws-any-token',
  'ws-late-refusal',
  'ws-foreign-rooms',
  'ws-refuses-and-joins',
  'ws-any-origin',
  // Stores
  'db-no-pool',
] as const;

export type Fault = (typeof FAULTS)[number];

export class Faults {
  private readonly planted: ReadonlySet<Fault>;

  constructor(planted: readonly Fault[] = []) {
    this.planted = new Set(planted);
  }

  /** Reads `a,b`; a name that nobody knows stops the start, or a test would prove nothing. */
  static parse(list = ''): Faults {
    const names = list.split(',').filter((name) => name !== '');
    const unknown = names.find((name) => !FAULTS.includes(name as Fault));
    if (unknown !== undefined) throw new Error(`FAULTS names ${unknown}, which is no fault`);
    return new Faults(names as Fault[]);
  }

  has(fault: Fault): boolean {
    return this.planted.has(fault);
  }
}
