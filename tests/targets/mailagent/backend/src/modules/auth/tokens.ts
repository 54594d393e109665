import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Faults } from '../../faults';

/** Who somebody is, as a token says. */
export interface Claims {
  sub: string;
  tenantId: string;
}

/** Signs and reads JWTs: HS256 and nothing else. */
@Injectable()
export class Tokens {
  constructor(
    @Inject(JwtService) private readonly jwt: JwtService,
    @Inject(Faults) private readonly faults: Faults,
  ) {}

  issue(claims: Claims): string {
    return this.jwt.sign({ sub: claims.sub, tenantId: claims.tenantId });
  }

  /** The claims of a valid token, else nothing. */
  read(token: unknown): Claims | undefined {
    if (typeof token !== 'string') return undefined;
    try {
      return claimsIn(this.faults.has('any-token') ? this.jwt.decode(token) : this.verified(token));
    } catch {
      return undefined;
    }
  }

  private verified(token: string): unknown {
    return this.jwt.verify(token, {
      algorithms: ['HS256'],
      ignoreExpiration: this.faults.has('expired-token'),
    });
  }
}

/** The claims, if both are there. */
export function claimsIn(payload: unknown): Claims | undefined {
  const { sub, tenantId } = (payload ?? {}) as Partial<Record<keyof Claims, unknown>>;
  return typeof sub === 'string' && typeof tenantId === 'string' ? { sub, tenantId } : undefined;
}
