import { deliver } from './artifacts.js';
import type { ConformanceCase } from './conformance-case.js';
import { group, groups, largest } from './groups.js';
import { groupsOfTwo, twoDegrees, twoGroups } from './needs.js';
import { createRequest, prepared } from './requests.js';
import type { Trial } from './trial.js';

/** Between two chunks a request may go to any GPUs and any degree: its artifact is the same whatever its path. */
export const moving: readonly ConformanceCase[] = [
  {
    name: 'chunks of any length give the same artifact',
    async run(trial) {
      for (const lengths of [[6], [1, 1, 1, 1, 1, 1], [1, 4, 1]]) {
        const request = await prepared(trial, 'a', { steps: 6 });
        for (const length of lengths) await request.run(length);
        await deliver(trial, request);
      }
    },
  },
  {
    name: 'the largest degree gives the artifact of the smallest',
    needs: [twoDegrees],
    run: (trial) => follow(trial, [group(trial, 0, largest(trial))]),
  },
  {
    name: 'a change of degree at every chunk gives the same artifact',
    needs: [twoDegrees],
    async run(trial) {
      const degrees = [...trial.declared.degrees].sort((a, b) => a - b);
      const up = degrees.map((degree) => group(trial, 0, degree));
      await follow(trial, up);
      await follow(trial, up.toReversed());
    },
  },
  {
    name: 'a change of GPUs at every chunk gives the same artifact',
    needs: [twoGroups],
    run: (trial) => follow(trial, groups(trial)),
  },
  {
    name: 'the order of the GPUs in a group does not matter',
    needs: [groupsOfTwo],
    async run(trial) {
      const gpus = group(trial, 0, largest(trial));
      await follow(trial, [gpus.toReversed(), gpus]);
    },
  },
  {
    name: 'a request may be prepared, run and finished on different GPUs',
    needs: [twoGroups],
    async run(trial) {
      const all = groups(trial);
      const request = createRequest(trial, 'a');
      await request.prepare({ gpus: all.at(-1)! });
      await request.run(4, { gpus: all[0]! });
      await deliver(trial, request, all.at(-1));
    },
  },
  {
    name: 'requests of every shape may change their GPUs',
    async run(trial) {
      for (const shape of trial.declared.shapes) {
        const request = await prepared(trial, 'a', { shape });
        for (const gpus of [group(trial), groups(trial).at(-1)!]) await request.run(2, { gpus });
        await deliver(trial, request);
      }
    },
  },
];

/** A request of eight steps that visits these groups in turn, a step or two on each, has the artifact of one that stays. */
async function follow(trial: Trial, path: readonly (readonly number[])[]): Promise<void> {
  const request = await prepared(trial, 'a', { steps: 8 });
  for (let chunk = 0; request.stepsDone < 8; chunk++) {
    const gpus = path[chunk % path.length]!;
    await request.run(Math.min(1 + (chunk % 2), 8 - request.stepsDone), { gpus });
  }
  await deliver(trial, request);
}
