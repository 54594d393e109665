import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import type { Authenticated } from './jwt-auth.guard';

/** Refuses whoever names another tenant than that of the token. */
@Injectable()
export class TenantGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Authenticated>();
    const named = request.headers['x-tenant-id'];
    if (!request.user) throw new ForbiddenException();
    if (named !== undefined && named !== request.user.tenantId) throw new ForbiddenException();
    return true;
  }
}
