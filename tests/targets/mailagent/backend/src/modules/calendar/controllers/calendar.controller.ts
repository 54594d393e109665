import { Controller, Get, Inject, NotFoundException, Param, Post, UseGuards } from '@nestjs/common';
import { CurrentUser } from '../../auth/current-user.decorator';
import { JwtAuthGuard } from '../../auth/jwt-auth.guard';
import { TenantGuard } from '../../auth/tenant.guard';
import type { Claims } from '../../auth/tokens';
import { ProvidersService } from '../../providers/providers.service';

@UseGuards(JwtAuthGuard, TenantGuard)
@Controller('calendar')
export class CalendarController {
  constructor(@Inject(ProvidersService) private readonly providers: ProvidersService) {}

  @Get('providers')
  list(@CurrentUser() user: Claims) {
    return this.providers.all(user.tenantId);
  }

  @Post('sync/:providerId')
  async syncProvider(@Param('providerId') providerId: string, @CurrentUser() user: Claims) {
    const provider = await this.providers.findOne({ where: { id: providerId, tenantId: user.tenantId } });
    if (!provider) throw new NotFoundException('No such provider');
    await this.providers.requestSync(provider, 'calendar');
    return { syncing: provider.id };
  }
}
