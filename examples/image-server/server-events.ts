import type { FastifyReply } from 'fastify';

/** One server-sent event. */
export function serverEvent(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}

/** What tells the client, and proxies in between, that events follow. */
export function startEvents(reply: FastifyReply): FastifyReply {
  return reply.type('text/event-stream').header('cache-control', 'no-cache').header('x-accel-buffering', 'no');
}
