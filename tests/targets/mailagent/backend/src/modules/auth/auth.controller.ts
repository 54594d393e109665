import { Body, Controller, Get, HttpCode, Inject, Post, UnauthorizedException, UseGuards } from '@nestjs/common';
import { Throttle, ThrottlerGuard } from '@nestjs/throttler';
import { CurrentUser } from './current-user.decorator';
import { JwtAuthGuard } from './jwt-auth.guard';
import { type Claims, Tokens } from './tokens';
import { UsersService } from './users.service';

@Controller('auth')
export class AuthController {
  constructor(
    @Inject(UsersService) private readonly users: UsersService,
    @Inject(Tokens) private readonly tokens: Tokens,
  ) {}

  @Post('login')
  @HttpCode(200)
  @UseGuards(ThrottlerGuard)
  @Throttle({ default: { limit: 5, ttl: 60_000 } })
  async login(@Body() body: { email?: unknown; password?: unknown } | undefined) {
    const { email, password } = body ?? {};
    if (typeof email !== 'string' || typeof password !== 'string') throw new UnauthorizedException();
    const user = await this.users.byPassword(email, password);
    if (!user) throw new UnauthorizedException('Invalid credentials');
    return { token: this.tokens.issue({ sub: user.id, tenantId: user.tenant_id }) };
  }

  @Get('me')
  @UseGuards(JwtAuthGuard)
  async me(@CurrentUser() { sub }: Claims) {
    const user = await this.users.byId(sub);
    if (!user) throw new UnauthorizedException();
    return { id: user.id, email: user.email, tenantId: user.tenant_id };
  }
}
