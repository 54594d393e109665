import { type CanActivate, type ExecutionContext, Inject, Injectable, UnauthorizedException } from '@nestjs/common';
import type { Request } from 'express';
import { Faults } from '../../faults';
import { type Claims, Tokens } from './tokens';

/** A request whose bearer is known. */
export type Authenticated = Request & { user?: Claims };

/** Whom the fault `guard-open` takes everybody for. */
const ANYBODY: Claims = { sub: 'user-a', tenantId: 'tenant-a' };

/** Lets in whoever bears a valid token. */
@Injectable()
export class JwtAuthGuard implements CanActivate {
  constructor(
    @Inject(Tokens) private readonly tokens: Tokens,
    @Inject(Faults) private readonly faults: Faults,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Authenticated>();
    const claims = this.claims(request);
    if (!claims || this.faults.has('guard-closed')) throw new UnauthorizedException();
    request.user = claims;
    return true;
  }

  private claims(request: Request): Claims | undefined {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    const claims = scheme?.toLowerCase() === 'bearer' ? this.tokens.read(token) : undefined;
    return claims ?? (this.faults.has('guard-open') ? ANYBODY : undefined);
  }
}
