import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { ServerOptions } from 'socket.io';
import type { Settings } from '../../common/settings';
import type { Faults } from '../../faults';

/** socket.io for the front end's origin only: CORS alone does not hold a WebSocket back. */
export class LiveAdapter extends IoAdapter {
  constructor(
    app: INestApplication,
    private readonly settings: Settings,
    private readonly faults: Faults,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: ServerOptions) {
    const { frontendUrl } = this.settings;
    return super.createIOServer(port, {
      ...options,
      cors: { origin: frontendUrl, credentials: true },
      allowRequest: (request, decide) => {
        const { origin } = request.headers;
        // Programs send none; a browser cannot leave it out.
        decide(null, origin === undefined || origin === frontendUrl || this.faults.has('ws-any-origin'));
      },
    } as ServerOptions);
  }
}
