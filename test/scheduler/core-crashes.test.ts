import { describe, expect, it } from 'vitest';
import { tetriserve } from '../../src/policies/index.js';
import type { SchedulerCommand, SchedulerCore } from '../../src/scheduler/index.js';
import { coreOn, done, failed, finishFailed, runIn, submit, typesOf } from './tools.js';

const died = (atMs: number) => ({ type: 'backend-lost', atMs, detail: 'segfault' }) as const;
const backOn = (gpus: number, atMs: number) =>
  Array.from({ length: gpus }, (_, gpu) => ({ type: 'gpu-back', atMs, gpu }) as const);
const runsIn = (commands: readonly SchedulerCommand[]): string[] =>
  commands.flatMap((command) => (command.type === 'run' ? command.requestIds : []));
const crashed = (requestId: string, detail: unknown = expect.any(String)): object => ({
  type: 'settle',
  requestId,
  settlement: { status: 'failed', reason: 'crashed', detail },
});

/** Everything dies, and is back a millisecond later; what runs then. */
function dieAndReturn(core: SchedulerCore, gpus: number, atMs: number): string[] {
  core.handle(died(atMs));
  return runsIn(core.handle(backOn(gpus, atMs + 1)));
}

describe('a request that runs whenever its GPUs die', () => {
  it('is given up, and counts anew with each new step', () => {
    const core = coreOn(1, { maxCrashes: 2 });
    core.handle(submit('a'));
    const lost = (chunkId: number, atMs: number, steps: number) =>
      failed(chunkId, atMs, { cause: 'gpu-lost', state: 'intact', steps });
    core.handle(lost(1, 5, 0));
    core.handle(lost(2, 25, 2));
    expect(runIn(core.handle(lost(3, 35, 1))).fromSteps).toEqual([3]);
    expect(core.handle(lost(4, 40, 0))).toEqual([crashed('a', 'what ran it died 2 times in a row')]);
  });

  it('counts steps that are done once more for nothing', () => {
    const core = coreOn(1, { maxCrashes: 2 });
    core.handle(submit('a'));
    core.handle(done(1, 20, 2));
    core.handle(failed(2, 25, { cause: 'gpu-lost', state: 'lost' }));
    core.handle(done(3, 45, 2));
    expect(core.handle(failed(4, 50, { cause: 'gpu-lost', state: 'lost' }))).toContainEqual(crashed('a'));
  });

  it('is given up by its decoding too', () => {
    const core = coreOn(1, { maxCrashes: 2 });
    core.handle(submit('a', 0, { shape: '128x128' }));
    core.handle(done(1, 165, 4));
    core.handle(finishFailed('a', 170, { cause: 'gpu-lost' }));
    expect(core.handle(finishFailed('a', 175, { cause: 'gpu-lost' }))).toEqual([crashed('a')]);
  });

  it('is not held to account for the failures of others, nor its own for that', () => {
    const core = coreOn(1, { maxCrashes: 2, maxFailures: 2 });
    core.handle(submit('a'));
    core.handle(failed(1, 5));
    core.handle(failed(2, 6, { cause: 'gpu-lost' }));
    expect(typesOf(core.handle(done(3, 46, 4)))).toEqual(['finish']);
  });

  it('is cancelled rather than given up', () => {
    const core = coreOn(1, { maxCrashes: 1 });
    core.handle(submit('a'));
    core.handle({ type: 'cancel', atMs: 1, requestId: 'a' });
    expect(core.handle(died(2))).toEqual([{ type: 'settle', requestId: 'a', settlement: { status: 'cancelled' } }]);
  });
});

describe('a request that kills the backend', () => {
  it('is singled out, and the others complete', () => {
    const core = coreOn(3);
    core.handle([submit('a-killer'), submit('b'), submit('c'), submit('d')]);
    // Once may happen to anybody.
    expect(dieAndReturn(core, 3, 10)).toEqual(['a-killer', 'b', 'c']);
    // From the second time on one of them runs at a time, and whoever is above suspicion beside it.
    expect(dieAndReturn(core, 3, 20)).toEqual(['a-killer', 'd']);
    expect(dieAndReturn(core, 3, 30)).toEqual(['b', 'd']);
    // `b` completes a step, and is cleared by it.
    const { chunks } = core.snapshot().state as { chunks: { chunkId: number; requestIds: string[] }[] };
    const chunkOf = (id: string): number => chunks.find(({ requestIds }) => requestIds[0] === id)!.chunkId;
    expect(runsIn(core.handle(done(chunkOf('b'), 71, 4)))).toEqual(['c']);
    core.handle(done(chunkOf('d'), 72, 4));
    const { chunks: left } = core.snapshot().state as { chunks: { chunkId: number }[] };
    expect(runsIn(core.handle(done(left[0]!.chunkId, 112, 4)))).toEqual(['a-killer']);
    expect(dieAndReturn(core, 3, 120)).toContain('a-killer');
    expect(core.handle(died(130))).toContainEqual(crashed('a-killer'));
  });

  it('shares no chunk any more from the second time on', () => {
    const batchable: boolean[][] = [];
    const core = coreOn(1, {
      onPlan: ({ requests }) => batchable.push(requests.map((request) => request.batchable !== false)),
    });
    core.handle(submit('a'));
    dieAndReturn(core, 1, 10);
    dieAndReturn(core, 1, 20);
    expect(batchable).toEqual([[true], [true], [false]]);
  });

  it('does not keep other suspects waiting that can run while it cannot', () => {
    const core = coreOn(4, { policy: tetriserve() });
    core.handle({ type: 'gpu-lost', atMs: 0, gpu: 3 });
    // Less suspicious than the other one, and due before it; but it needs four GPUs.
    const wide = { ...submit('wide', 1, { shape: '256x256', deadlineMs: 9999 }), accepted: true, crashes: 2 };
    const narrow = { ...submit('narrow', 1, { deadlineMs: 99_999 }), accepted: true, crashes: 3 };
    expect(runsIn(core.handle([wide, narrow]))).toEqual(['narrow']);
  });
});

describe('a request that an earlier life knows to have crashed', () => {
  const again = (id: string, crashes: number) => ({ ...submit(id), accepted: true, crashes });

  it('is given up if that was too often', () => {
    const core = coreOn(1, { maxCrashes: 3 });
    expect(core.handle(again('a', 3))).toEqual([crashed('a')]);
    expect(typesOf(core.handle(again('b', 2)))).toEqual(['run']);
  });

  it('waits while another such request runs', () => {
    const core = coreOn(2);
    expect(runsIn(core.handle([again('a', 2), again('b', 3), again('c', 1)]))).toEqual(['a', 'c']);
    expect(runsIn(core.handle(done(1, 40, 4)))).toEqual(['b']);
  });

  it('has crashed a whole number of times', () => {
    expect(() => coreOn(1).handle(again('a', -1))).toThrow(
      expect.objectContaining({ code: 'out-of-range', path: 'event.crashes' }) as Error,
    );
  });
});
