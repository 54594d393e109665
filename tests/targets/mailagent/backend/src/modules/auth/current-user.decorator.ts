import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Authenticated } from './jwt-auth.guard';

/** The claims that JwtAuthGuard found. */
export const CurrentUser = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<Authenticated>().user,
);
