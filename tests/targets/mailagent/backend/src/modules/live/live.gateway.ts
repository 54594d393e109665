import { Inject } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import type { Server, Socket } from 'socket.io';
import { Faults } from '../../faults';
import { type Claims, Tokens } from '../auth/tokens';
import { roomOf } from './rooms';

/** Whom the fault `ws-any-token` takes everybody for. */
const ANYBODY: Claims = { sub: 'anybody', tenantId: 'anybody' };

/** Live messages: a socket bears a valid token, and sees only its tenant's rooms. */
@WebSocketGateway()
export class LiveGateway implements OnGatewayInit<Server> {
  constructor(
    @Inject(Tokens) private readonly tokens: Tokens,
    @Inject(Faults) private readonly faults: Faults,
  ) {}

  afterInit(server: Server): void {
    server.use((socket, next) => {
      const claims = this.claims(socket);
      socket.data.claims = claims;
      if (claims) return next();
      if (!this.faults.has('ws-late-refusal')) return next(new Error('unauthorized'));
      next();
      setTimeout(() => socket.disconnect(true), 200);
    });
  }

  @SubscribeMessage('join')
  async join(@ConnectedSocket() socket: Socket, @MessageBody() body: { room?: unknown } | undefined) {
    const room = roomOf(body?.room);
    if (!room) return { ok: false, room: body?.room ?? null };
    const own = room.tenantId === claimsOf(socket)?.tenantId || this.faults.has('ws-foreign-rooms');
    if (own || this.faults.has('ws-refuses-and-joins')) await socket.join(room.name);
    return { ok: own, room: room.name };
  }

  @SubscribeMessage('message')
  message(
    @ConnectedSocket() socket: Socket,
    @MessageBody() body: { room?: unknown; text?: unknown } | undefined,
  ) {
    const { room, text } = body ?? {};
    const sent = typeof room === 'string' && typeof text === 'string' && socket.rooms.has(room) && text.length <= 4096;
    if (sent) socket.nsp.to(room).emit('message', { room, text });
    return { ok: sent, room: room ?? null };
  }

  private claims(socket: Socket): Claims | undefined {
    const read = this.tokens.read(socket.handshake.auth.token);
    return read ?? (this.faults.has('ws-any-token') ? ANYBODY : undefined);
  }
}

function claimsOf(socket: Socket): Claims | undefined {
  return socket.data.claims as Claims | undefined;
}
