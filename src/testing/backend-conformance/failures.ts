import type { BackendError } from '../../backends/index.js';
import { complete } from './artifacts.js';
import type { ConformanceCase } from './conformance-case.js';
import { demand, refusal } from './expectations.js';
import { group } from './groups.js';
import { batching, losesState, twoGroups } from './needs.js';
import { type DrivenRequest, prepared, recover } from './requests.js';
import type { Trial } from './trial.js';
import { longSteps, prepareLong } from './under-way.js';

/** Requests that fail. */
export const failures: readonly ConformanceCase[] = [
  {
    name: 'a step that fails rejects the chunk with chunk-failed, in the state that is declared',
    async run(trial) {
      await fail(trial, await prepared(trial, 'bad', { payload: trial.declared.poison }));
    },
  },
  {
    name: 'a failed request goes on as the error says: after the completed steps, or prepared anew',
    async run(trial) {
      const bad = await prepared(trial, 'bad', { payload: trial.declared.poison });
      await recover(bad, await fail(trial, bad));
      // Its payload fails for ever. That it fails by a step, and is not refused, shows that it is where it is said to be.
      await fail(trial, bad);
    },
  },
  {
    name: 'a failed request can be released, and its id used for another',
    async run(trial) {
      const bad = await prepared(trial, 'bad', { payload: trial.declared.poison });
      await fail(trial, bad);
      await bad.release();
      await complete(trial, await prepared(trial, 'bad', { index: 0 }));
    },
  },
  {
    name: 'when a chunk has failed, its GPUs take the next one',
    async run(trial) {
      const other = await prepared(trial, 'other', { index: 0 });
      const bad = await prepared(trial, 'bad', { payload: trial.declared.poison });
      await fail(trial, bad);
      await complete(trial, other);
    },
  },
  {
    name: 'a failure leaves the chunks on other GPUs alone',
    needs: [twoGroups],
    async run(trial) {
      const other = await prepareLong(trial, 'other');
      const running = other.run(longSteps(trial), { gpus: group(trial, 1) });
      await fail(trial, await prepared(trial, 'bad', { payload: trial.declared.poison }));
      await running;
      await complete(trial, other, group(trial, 1));
    },
  },
  {
    name: 'the mates of a failing member are in the state that is declared, and not to blame',
    needs: [batching],
    async run(trial) {
      const mate = await prepared(trial, 'mate', { index: 0, steps: 6 });
      await mate.run(2);
      const bad = await prepared(trial, 'bad', { payload: trial.declared.poison });
      const error = await fail(trial, bad, [mate]);
      await recover(mate, error);
      await complete(trial, mate);
    },
  },
  {
    name: 'a request whose state is lost is refused with not-prepared',
    needs: [losesState],
    async run(trial) {
      const bad = await prepared(trial, 'bad', { payload: trial.declared.poison });
      await fail(trial, bad);
      await refusal(bad.run(1), ['not-prepared'], 'run() of a request whose state is lost');
    },
  },
];

/** Runs what is left of a poisonous request, and checks how it fails. */
async function fail(trial: Trial, bad: DrivenRequest, mates: readonly DrivenRequest[] = []): Promise<BackendError> {
  const { keepsStateOnFailure } = trial.declared.capabilities;
  const steps = bad.options.steps - bad.stepsDone;
  const call = bad.run(steps, { mates });
  const error = await refusal(call, ['chunk-failed'], 'run() of a payload that fails');
  const due = keepsStateOnFailure ? 'intact' : 'lost';
  demand(
    error.state === due,
    `the error says that the state is ${error.state}; keepsStateOnFailure is ${keepsStateOnFailure}, so it has to be ${due}`,
  );
  demand(error.steps < steps, `the error tells of ${error.steps} completed steps of ${steps}, though one has failed`);
  const blamed = error.requestIds ?? [bad.id];
  demand(
    blamed.length === 1 && blamed[0] === bad.id,
    `the error blames ${blamed.join(' and ')}; it has to blame "${bad.id}", or to leave requestIds undefined`,
  );
  return error;
}
