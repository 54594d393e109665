import { type DynamicModule, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { ThrottlerModule } from '@nestjs/throttler';
import { Cache } from './common/cache';
import { Database } from './common/database';
import { Metrics } from './common/metrics';
import { Settings } from './common/settings';
import { Faults } from './faults';
import { AuthController } from './modules/auth/auth.controller';
import { JwtAuthGuard } from './modules/auth/jwt-auth.guard';
import { TenantGuard } from './modules/auth/tenant.guard';
import { Tokens } from './modules/auth/tokens';
import { UsersService } from './modules/auth/users.service';
import { CalendarController } from './modules/calendar/controllers/calendar.controller';
import { ContactsController } from './modules/contacts/controllers/contacts.controller';
import { HealthController } from './modules/health/health.controller';
import { LiveGateway } from './modules/live/live.gateway';
import { ProvidersService } from './modules/providers/providers.service';

/** What the application stands on. */
export interface Ground {
  settings: Settings;
  database: Database;
  cache: Cache;
  metrics: Metrics;
  faults: Faults;
}

@Module({})
export class AppModule {
  static on({ settings, database, cache, faults }: Ground): DynamicModule {
    return {
      module: AppModule,
      imports: [
        JwtModule.register({
          secret: settings.jwtSecret,
          signOptions: { algorithm: 'HS256', expiresIn: 3600 },
        }),
        ThrottlerModule.forRoot({
          throttlers: [{ limit: 5, ttl: 60_000 }],
          skipIf: () => faults.has('login-unlimited'),
        }),
      ],
      controllers: [HealthController, AuthController, ContactsController, CalendarController],
      providers: [
        { provide: Settings, useValue: settings },
        { provide: Database, useValue: database },
        { provide: Cache, useValue: cache },
        { provide: Faults, useValue: faults },
        Tokens,
        JwtAuthGuard,
        TenantGuard,
        UsersService,
        ProvidersService,
        LiveGateway,
      ],
    };
  }
}
