import { describe, expect, test } from 'vitest';
import { createEngine } from '../../../examples/image-server/engines/create-engine.js';
import { readProfile } from '../../../examples/image-server/engines/read-profile.js';
import { readFlags } from '../../../examples/image-server/flags.js';

const engineOf = (...flags: string[]) => createEngine(readFlags(['node', 'main.ts', ...flags]), () => undefined);

describe('the engine that flags ask for', () => {
  test('is simulated by default', async () => {
    const { kind, gpus, profile } = await engineOf();
    expect([kind, gpus, profile.model]).toEqual(['simulated', 8, 'flux.1-dev']);
  });

  test('is the small model of this repository on the CPU', async () => {
    const { kind, gpus, profile } = await engineOf('--backend', 'cpu');
    expect([kind, gpus, profile.model]).toEqual(['cpu', 2, 'shapes-dit']);
  });

  test('needs to be told what to run on GPUs, and what that costs', async () => {
    await expect(engineOf('--backend', 'cuda')).rejects.toThrow('needs --model');
    await expect(engineOf('--backend', 'cuda', '--model', 'flux:/nowhere')).rejects.toThrow('needs --profile');
  });

  test.each(['cpu', 'cuda'])('is not sped up if it is real (%s)', async (backend) => {
    const flags = ['--backend', backend, '--model', 'flux:/none', '--profile', 'flux.1-dev_h100', '--speed', '2'];
    await expect(engineOf(...flags)).rejects.toThrow('--speed is for simulated GPUs');
  });
});

test('a profile that is sped up is faster throughout', async () => {
  const [normal, fast] = [await readProfile('flux.1-dev_h100'), await readProfile('flux.1-dev_h100', 4)];
  for (const { id, stepMs, encodeMs, decodeMs, batches } of normal.shapes) {
    const faster = fast.shape(id);
    expect(faster.stepMs.map((ms) => ms * 4)).toEqual(stepMs.map((ms) => expect.closeTo(ms, 6)));
    expect([faster.encodeMs * 4, faster.decodeMs * 4]).toEqual([encodeMs, decodeMs].map((ms) => expect.closeTo(ms, 6)));
    expect(faster.batches.map(({ size }) => size)).toEqual(batches.map(({ size }) => size));
  }
});
