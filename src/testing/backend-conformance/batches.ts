import { complete, deliver } from './artifacts.js';
import type { ConformanceCase } from './conformance-case.js';
import { demand, refusal } from './expectations.js';
import { group, largest } from './groups.js';
import { aborting, batching, reporting, twoDegrees, twoShapes } from './needs.js';
import { createRequest, type DrivenRequest, prepared } from './requests.js';
import type { Trial } from './trial.js';
import { longSteps, underWay } from './under-way.js';

/** Chunks of more than one request. */
export const batches: readonly ConformanceCase[] = [
  {
    name: 'more members than maxBatchSize are refused with unsupported',
    async run(trial) {
      const [one, ...mates] = await several(trial, trial.declared.capabilities.maxBatchSize + 1);
      await refusal(one!.run(1, { mates }), ['unsupported'], `run() of a batch of ${mates.length + 1}`);
      await complete(trial, one!);
      await complete(trial, mates.at(-1)!);
    },
  },
  {
    name: 'as many members as maxBatchSize get the artifacts that they get alone',
    needs: [batching],
    async run(trial) {
      const [one, ...mates] = await several(trial, trial.declared.capabilities.maxBatchSize);
      await one!.run(4, { mates });
      for (const request of [one!, ...mates]) await deliver(trial, request);
    },
  },
  {
    name: 'members may be at different steps',
    needs: [batching],
    async run(trial) {
      const [one, other] = await two(trial, { steps: 6 }, { steps: 4 });
      await one.run(3);
      await one.run(2, { mates: [other] });
      await complete(trial, one);
      await complete(trial, other);
    },
  },
  {
    name: 'a member may leave for another batch',
    needs: [batching],
    async run(trial) {
      const [one, other] = await two(trial, { steps: 6 }, { steps: 4 });
      const third = await prepared(trial, 'third', { index: 2 });
      await one.run(2, { mates: [other] });
      await third.run(2, { mates: [one] });
      await one.run(2);
      for (const request of [one, other, third]) await complete(trial, request);
    },
  },
  {
    name: 'a batch may change its degree',
    needs: [batching, twoDegrees],
    async run(trial) {
      const [one, other] = await two(trial);
      await one.run(1, { mates: [other] });
      await one.run(2, { mates: [other], gpus: group(trial, 0, largest(trial)) });
      await complete(trial, one);
      await complete(trial, other);
    },
  },
  {
    name: 'the steps of a batch are told once, not once a member',
    needs: [batching, reporting],
    async run(trial) {
      const [one, other] = await two(trial);
      const told: number[] = [];
      await one.run(4, { mates: [other], onStep: (stepsDone) => told.push(stepsDone) });
      demand(told.join() === '1,2,3,4', `a batch of two told of the steps ${told.join()}, not of 1,2,3,4`);
    },
  },
  {
    name: 'members of unequal shapes are refused with unsupported',
    needs: [batching, twoShapes],
    async run(trial) {
      const [one, other] = await two(trial, {}, { shape: trial.declared.shapes[1]! });
      await refusal(one.run(2, { mates: [other] }), ['unsupported'], 'run() of a batch of two shapes');
      await complete(trial, one);
      await complete(trial, other);
    },
  },
  {
    name: 'one member that cannot run refuses the batch, and changes nothing for the others',
    needs: [batching],
    async run(trial) {
      const [one, other] = await two(trial);
      const unknown = createRequest(trial, 'unknown');
      await refusal(one.run(2, { mates: [unknown] }), ['not-prepared'], 'run() of a batch with an unknown member');
      other.stepsDone = 1;
      await refusal(one.run(2, { mates: [other] }), ['wrong-step'], 'run() of a batch with a member at another step');
      other.stepsDone = 0;
      await other.run(3);
      await refusal(one.run(2, { mates: [other] }), ['wrong-step'], 'run() of a batch with a member of 1 step left');
      await complete(trial, one);
      await complete(trial, other);
    },
  },
  {
    name: 'an abort ends all members at the same step, and each goes on alone',
    needs: [batching, aborting],
    async run(trial) {
      const steps = longSteps(trial);
      const [one, other] = await two(trial, { steps }, { steps });
      const chunk = await underWay(trial, one, group(trial), [other]);
      chunk.abort();
      const result = await chunk.answer;
      demand(result.steps < steps, `an aborted batch did all ${steps} steps; abortsChunks is declared`);
      await complete(trial, one);
      await complete(trial, other);
    },
  },
];

type Options = Parameters<typeof prepared>[2];

/** Two requests of different payloads. */
async function two(trial: Trial, one: Options = {}, other: Options = {}): Promise<[DrivenRequest, DrivenRequest]> {
  return [await prepared(trial, 'one', { ...one, index: 0 }), await prepared(trial, 'other', { ...other, index: 1 })];
}

async function several(trial: Trial, count: number): Promise<readonly DrivenRequest[]> {
  const requests: DrivenRequest[] = [];
  for (let index = 0; index < count; index++) requests.push(await prepared(trial, `member-${index}`, { index }));
  return requests;
}
