import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { AppModule, type Ground } from './app.module';
import type { Faults } from './faults';
import { LiveAdapter } from './modules/live/live.adapter';

/** The whole application, not yet listening. */
export async function createApp(ground: Ground): Promise<NestExpressApplication> {
  const { settings, metrics, faults } = ground;
  const app = await NestFactory.create<NestExpressApplication>(AppModule.on(ground), { logger: ['error', 'warn'] });
  app.disable('x-powered-by');
  // One proxy stands in front: only what it adds to X-Forwarded-For is believed.
  app.set('trust proxy', faults.has('login-trusts-forwarded') ? true : 1);
  app.use(metrics.count);
  app.use(
    helmet({
      contentSecurityPolicy: !faults.has('no-csp') && {
        directives: {
          defaultSrc: ["'self'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'data:', 'https:'],
          objectSrc: ["'none'"],
          baseUri: ["'none'"],
          frameAncestors: faults.has('no-frame-options') ? null : ["'none'"],
        },
      },
      hsts: !faults.has('no-hsts') && { maxAge: 31_536_000, includeSubDomains: true },
      frameguard: !faults.has('no-frame-options') && { action: 'deny' },
      noSniff: !faults.has('no-nosniff'),
    }),
  );
  app.enableCors({
    origin: allowedOrigin(settings.frontendUrl, faults),
    credentials: !faults.has('cors-no-credentials'),
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', ...(faults.has('cors-all-methods') ? ['TRACE', 'CONNECT'] : [])],
    allowedHeaders: ['Content-Type', 'Authorization'],
  });
  app.use('/metrics', metrics.answer);
  app.useWebSocketAdapter(new LiveAdapter(app, settings, faults));
  return app;
}

function allowedOrigin(frontendUrl: string, faults: Faults): string | boolean {
  if (faults.has('cors-reflect')) return true;
  if (faults.has('cors-wildcard')) return '*';
  return faults.has('cors-other-origin') ? 'https://staging.example.com' : frontendUrl;
}
