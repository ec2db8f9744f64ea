import fc from 'fast-check';
import { command, type Command } from './command.js';

const advance = fc
  .oneof(fc.constantFrom(0.5, 3, 20, 20, 150, 150, 1000, 40_000), fc.double({ min: 0, max: 200, noNaN: true }))
  .map((ms) => command('advance', ms, (system) => system.advance(ms)));

/** To the next moment at which something happens, and not a moment further. */
const advanceToNext = fc.integer({ min: 1, max: 5 }).map((count) =>
  command('advance-to-next', count, async (system) => {
    const { clock } = system.life;
    for (let i = 0; i < count; i++) {
      let asked = 0;
      await clock.advanceUntil(() => asked++ > 0);
    }
  }),
);

const jump = fc.constantFrom(-5000, -60, -0.5, 0.5, 60, 5000, 100_000).map((ms) =>
  command(
    'jump',
    ms,
    (system, model) => {
      model.hasJumped = true;
      model.isDistorted = true;
      system.life.clock.jump(ms);
    },
    ({ setup }) => setup.may.jump,
  ),
);

export const times: readonly fc.WeightedArbitrary<Command>[] = [
  { weight: 14, arbitrary: advance },
  { weight: 6, arbitrary: advanceToNext },
  { weight: 2, arbitrary: jump },
];
