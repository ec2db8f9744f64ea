import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cases } from '../../simulation/worlds.js';
import type { Command } from './commands/command.js';
import { commandsOf } from './commands/index.js';
import { endRun } from './ending.js';
import { Model } from './model.js';
import { setups, type Setup } from './setups.js';
import { TheSystem } from './the-system.js';

const unhandled: unknown[] = [];
const listener = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', listener));
afterAll(() => void process.off('unhandledRejection', listener));

/** Whatever happens, the laws of `laws.ts` hold: after each command, at rest, and in the end. */
function law(journal: boolean): fc.IAsyncProperty<[Setup, Iterable<Command>]> {
  return fc.asyncProperty(setups({ journal }), commandsOf({ journal }), async (setup, commands) => {
    const model = new Model(setup);
    const system = await TheSystem.start(model);
    await fc.asyncModelRun(() => ({ model, real: system }), commands);
    await endRun(system);
    expect(unhandled).toEqual([]);
  });
}

describe('the live scheduler', { timeout: 600_000 }, () => {
  it('keeps its promises whatever happens', async () => {
    await fc.assert(law(false), cases(300));
  });

  it('keeps them over crashes, with a journal', async () => {
    await fc.assert(law(true), cases(300));
  });
});
