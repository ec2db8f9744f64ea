import type { FastifyInstance } from 'fastify';
import { generationEvents } from '../generations/generation-events.js';
import { completeBody, GenerationBody } from '../generations/generation-body.js';
import { readOrder } from '../generations/image-order.js';
import { answerPicture } from '../generations/picture-answer.js';
import { startEvents } from '../server-events.js';
import type { ServerContext } from '../server-context.js';
import { createSubmitOrder, type PictureHandle } from '../generations/submit-order.js';
import { untilGone } from '../until-gone.js';

/** `/v1/images/generations`, as OpenAI's clients call it. */
export function addGenerationRoute(app: FastifyInstance, context: ServerContext): void {
  const submitOrder = createSubmitOrder(context);
  const { engine } = context.settings;

  app.post<{ Body: GenerationBody }>(
    '/v1/images/generations',
    {
      schema: { body: GenerationBody },
      preValidation: (request, _reply, done) => {
        completeBody(request.body, request.headers);
        done();
      },
    },
    async (request, reply) => {
      const { body } = request;
      const order = readOrder(body, context.service.accepting().nowMs(), context);
      const handles = await submitOrder(order, untilGone(reply));
      const answer = (handle: PictureHandle) => answerPicture(handle, body.prompt, order.format, request, context);
      if (body.stream === true) return startEvents(reply).send(generationEvents(order, handles, engine, answer));
      // If one is missing, that is the answer, and when it is sent, the others are taken back: see untilGone.
      return { created: Math.floor(Date.now() / 1000), data: await Promise.all(handles.map(answer)) };
    },
  );
}
