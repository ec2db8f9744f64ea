import type { Clock } from '../../../../src/clock/index.js';
import type { State } from './states.js';

/** Lets answers come late for which nobody waits any more, since all requests of the call were released. */
export type Late = <Result>(answer: Promise<Result>, members: readonly (State | undefined)[]) => Promise<Result>;

/**
 * @param lateMs - how late they come, in ms; 0 for not at all
 * @param isDown - whether nothing is taken at the moment: then calls are refused at once
 */
export function lateAnswers(clock: Clock, lateMs: number, isDown: () => boolean): Late {
  const pass = async (members: readonly (State | undefined)[]): Promise<void> => {
    if (isDown() || !members.every((state) => state?.isReleased === true)) return;
    await new Promise<void>((resolve) => clock.schedule(clock.nowMs() + lateMs, resolve));
  };
  return async (answer, members) => {
    if (lateMs === 0 || isDown()) return answer;
    try {
      const result = await answer;
      await pass(members);
      return result;
    } catch (error) {
      await pass(members);
      throw error;
    }
  };
}
