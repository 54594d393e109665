import type { NextFunction, Request, Response } from 'express';
import { Counter, Registry } from 'prom-client';

/** What Prometheus reads from the running application. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests = new Counter({
    name: 'http_requests_total',
    help: 'Answers, by status',
    labelNames: ['status'],
    registers: [this.registry],
  });
  private readonly loginFailures = new Counter({
    name: 'login_failures_total',
    help: 'Refused logins, by address',
    labelNames: ['ip'],
    registers: [this.registry],
  });
  private readonly storeErrors = {
    database: new Counter({ name: 'database_errors_total', help: 'Failed queries', registers: [this.registry] }),
    redis: new Counter({ name: 'redis_errors_total', help: 'Errors of the connection', registers: [this.registry] }),
  };

  constructor() {
    // A counter that appears with its first event hides that event from increase().
    for (const status of ['200', '401', '403', '429']) this.requests.inc({ status }, 0);
  }

  failed(store: keyof Metrics['storeErrors']): void {
    this.storeErrors[store].inc();
  }

  /** Counts each answer when it is sent. */
  readonly count = (request: Request, response: Response, next: NextFunction): void => {
    response.on('finish', () => {
      this.requests.inc({ status: String(response.statusCode) });
      const refused = response.statusCode === 401 || response.statusCode === 403;
      if (refused && request.path === '/auth/login') this.loginFailures.inc({ ip: request.ip ?? 'unknown' });
    });
    next();
  };

  /** Answers /metrics; the proxy lets nobody through to it. */
  readonly answer = (_: Request, response: Response): void => {
    void this.registry.metrics().then((text) => response.type(this.registry.contentType).send(text));
  };
}
