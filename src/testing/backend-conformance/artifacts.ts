import { failure } from './expectations.js';
import { group, smallest } from './groups.js';
import { type DrivenRequest, prepared, type RequestOptions } from './requests.js';
import type { Trial } from './trial.js';

/** Runs what is left of a request, and fails if its artifact is not the one that it gets alone and undisturbed. */
export async function complete(
  trial: Trial,
  request: DrivenRequest,
  gpus: readonly number[] = group(trial),
): Promise<void> {
  const { steps } = request.options;
  if (request.stepsDone < steps) await request.run(steps - request.stepsDone, { gpus });
  await deliver(trial, request, gpus);
}

/** The artifact of a request that did all its steps is the one that it gets alone and undisturbed. Releases it. */
export async function deliver(
  trial: Trial,
  request: DrivenRequest,
  gpus: readonly number[] = group(trial),
): Promise<void> {
  const artifact = await request.finish({ gpus });
  await request.release();
  if (!trial.declared.sameArtifact(artifact, await artifactAlone(trial, request.options, gpus))) {
    throw failure(
      `the artifact of "${request.id}" has to be the one that the same payload gets alone, in one chunk at degree ` +
        `${smallest(trial)}: it depends on the payload, the shape and the steps, not on how they were run`,
    );
  }
}

/** The artifact of a request that runs alone, in one chunk, at the smallest degree. */
export async function artifactAlone(
  trial: Trial,
  options: RequestOptions,
  gpus: readonly number[] = group(trial),
): Promise<unknown> {
  const where = { gpus: gpus.slice(0, smallest(trial)) };
  const request = await prepared(trial, 'alone', { ...options, ...where });
  await request.run(request.options.steps - request.stepsDone, where);
  const artifact = await request.finish(where);
  await request.release();
  return artifact;
}

/** Lets the time of a short chunk pass. */
export async function letTimePass(trial: Trial, gpus: readonly number[] = group(trial)): Promise<void> {
  await artifactAlone(trial, { steps: 2 }, gpus);
}
