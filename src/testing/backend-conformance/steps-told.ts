import { demand } from './expectations.js';
import type { Trial } from './trial.js';

/** Listens to what one `run` tells of its steps. */
export interface StepsTold {
  readonly onStep: (stepsDone: number) => void;
  /** The call has ended: nothing may be told any more. */
  readonly end: () => void;
  /** Fails unless every one of so many steps was told. */
  checkCount(steps: number): void;
}

/** Notes steps that are told out of order or too late. A backend that does not report steps may do as it likes. */
export function watchSteps(trial: Trial, what: string, steps: number, onStep?: (stepsDone: number) => void): StepsTold {
  const { reportsSteps } = trial.declared.capabilities;
  let told = 0;
  let isEnded = false;
  return {
    onStep(stepsDone) {
      if (!reportsSteps) return;
      if (isEnded) trial.note(`${what} told of a step after it had ended`);
      else if (stepsDone !== told + 1 || stepsDone > steps) {
        trial.note(`${what} told of step ${stepsDone} after step ${told}: they are told one by one, from 1`);
      }
      told = stepsDone;
      onStep?.(stepsDone);
      trial.noticed();
    },
    end: () => {
      isEnded = true;
      trial.noticed();
    },
    checkCount(done) {
      demand(
        !reportsSteps || told === done,
        `${what} told of ${told} steps and resolved with ${done}: where reportsSteps is declared, each one is told`,
      );
    },
  };
}
