/** Asks for plans, with types of our own built on those of the package. */
import {
  builtinProfile,
  createCluster,
  planRound,
  TetriError,
  validatePlan,
  type Assignment,
  type GenerationRequest,
  type RoundInput,
} from '@tetri/scheduler';
import { expect } from './expect.js';

interface OwnRequest extends GenerationRequest {
  readonly customer: string;
}

const requests: OwnRequest[] = [
  { id: 'poster', customer: 'a', shape: '2048x2048', steps: 28, arrivalMs: 0, deadlineMs: 5000 },
  { id: 'photo', customer: 'b', shape: '1024x1024', steps: 28, arrivalMs: 0, deadlineMs: 3000 },
];
const input: RoundInput = {
  nowMs: 0,
  profile: builtinProfile('flux.1-dev_h100'),
  gpus: createCluster(8).gpus,
  requests,
};
const plan = planRound(input);
const widest = plan.assignments.reduce<Assignment | undefined>(
  (best, next) => (best === undefined || next.degree > best.degree ? next : best),
  undefined,
);
expect(widest !== undefined && widest.gpus.length === widest.degree, 'an assignment with as many GPUs as its degree');
expect(validatePlan(input, plan).length === 0, 'a valid plan');

try {
  planRound({ ...input, nowMs: Number.NaN });
  expect(false, 'an error');
} catch (error) {
  expect(TetriError.isInstance(error) && error.path === 'nowMs', 'a TetriError that says where');
}
