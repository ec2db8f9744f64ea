import fc from 'fast-check';
import type { Client } from '../model.js';
import { command, type Command } from './command.js';

/** Takes a request back; one that has ended does not mind. */
export function cancel(client: Client | undefined): void {
  if (client === undefined) return;
  if (client.outcome === undefined) client.isCancelled = true;
  void client.handle.cancel();
}

const cancelAlive = fc.record({ target: fc.nat(20), times: fc.integer({ min: 1, max: 3 }) }).map((args) =>
  command('cancel', args, (_, model) => {
    const client = model.pickAlive(args.target);
    for (let i = 0; i < args.times; i++) cancel(client);
  }),
);

/** Also one that has ended long ago, and whose id may belong to somebody else by now. */
const cancelAny = fc
  .nat(50)
  .map((target) => command('cancel-any', target, (_, model) => cancel(model.pickAny(target))));

const abortSignal = fc.nat(20).map((target) =>
  command('abort-signal', target, (_, model) => {
    const withSignal = model.clients.filter(({ controller }) => controller !== undefined);
    const client = withSignal[target % withSignal.length];
    if (client === undefined) return;
    // A handle from an earlier life has no signal any more.
    if (model.alive.get(client.id) === client) client.isCancelled = true;
    client.controller?.abort();
  }),
);

export const cancels: readonly fc.WeightedArbitrary<Command>[] = [
  { weight: 2, arbitrary: cancelAlive },
  { weight: 1, arbitrary: cancelAny },
  { weight: 2, arbitrary: abortSignal },
];
