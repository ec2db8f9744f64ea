import { describe, expect, it } from 'vitest';
import { createCudaBackend, type CudaBackendOptions } from '../../../src/backends/cuda/index.js';
import { parseOptions } from '../../../src/backends/cuda/options.js';

const model = { adapter: 'tiny-flux' } as const;
const waits = ['startTimeoutMs', 'heartbeatTimeoutMs', 'collectiveTimeoutMs', 'restartDelayMs', 'closeMs'] as const;

describe('the options of a CUDA backend', () => {
  it.each<[string, object, string, string]>([
    ['no model', { model: undefined }, 'invalid-type', 'model'],
    ['a model that is a text', { model: 'flux' }, 'invalid-type', 'model'],
    ['a model of no kind', { model: {} }, 'invalid-type', 'model.adapter'],
    ['a model of a kind that there is not', { model: { adapter: 'sdxl' } }, 'out-of-range', 'model.adapter'],
    ['a model without its folder', { model: { adapter: 'flux' } }, 'invalid-type', 'model.path'],
    ['a model in a folder without a name', { model: { adapter: 'sd3', path: '' } }, 'out-of-range', 'model.path'],
    ['numbers of a kind that there is not', { model: { ...model, dtype: 'int8' } }, 'out-of-range', 'model.dtype'],
    ['options of the model that are a list', { model: { ...model, options: [] } }, 'invalid-type', 'model.options'],
    ['a device that there is not', { device: 'tpu' }, 'out-of-range', 'device'],
    ['no workers', { worldSize: 0 }, 'out-of-range', 'worldSize'],
    ['half a worker', { worldSize: 1.5 }, 'out-of-range', 'worldSize'],
    ['domains of nothing', { domainSize: 0 }, 'out-of-range', 'domainSize'],
    ['batches of nothing', { maxBatchSize: 0 }, 'out-of-range', 'maxBatchSize'],
    ['a Python without a name', { python: '' }, 'out-of-range', 'python'],
    ['no threads', { threads: 0 }, 'out-of-range', 'threads'],
    ['an environment of numbers', { env: { A: 1 } }, 'invalid-type', 'env.A'],
    ['an environment that is a list', { env: ['A'] }, 'invalid-type', 'env'],
    ['a log that cannot be called', { onLog: 'log' }, 'invalid-type', 'onLog'],
    ['half a test', { testing: 'yes' }, 'invalid-type', 'testing'],
    ...waits.map((name): [string, object, string, string] => [`${name} of 0`, { [name]: 0 }, 'out-of-range', name]),
  ])('may not be %s', (_, options, code, path) => {
    const create = () => createCudaBackend({ model, device: 'cpu', ...options } as CudaBackendOptions);
    expect(create).toThrow(expect.objectContaining({ name: 'TetriError', code, path }));
  });

  it('may not be missing', () => {
    expect(() => createCudaBackend(undefined as unknown as CudaBackendOptions)).toThrow(
      expect.objectContaining({ code: 'invalid-type', path: 'options' }),
    );
  });

  it('have defaults', () => {
    expect(parseOptions({ model })).toMatchObject({
      model: { adapter: 'tiny-flux', path: null, dtype: 'bfloat16', options: {} },
      ...{ device: 'cuda', worldSize: 1, maxBatchSize: 4, threads: null, env: {}, testing: false },
      ...{ startTimeoutMs: 600_000, heartbeatTimeoutMs: 10_000, collectiveTimeoutMs: 60_000 },
      ...{ restartDelayMs: 1000, closeMs: 5000, python: undefined },
    });
    expect(parseOptions({ model, device: 'cpu' })).toMatchObject({ model: { dtype: 'float32' } });
    // Shared out, and never none.
    expect(parseOptions({ model, device: 'cpu', worldSize: 10_000 }).threads).toBe(1);
  });

  it('make GPUs of several domains', () => {
    const { cluster } = parseOptions({ model, worldSize: 4, domainSize: 2 });
    expect(cluster.gpus.map(({ domain }) => domain)).toEqual([0, 0, 1, 1]);
  });

  it.each(waits)('keep %s within what timers can wait for', (name) => {
    // Beyond 2^31 ms they fire at once, which is the opposite of what was meant.
    const most = parseOptions({ model, [name]: 2 ** 43 })[name];
    expect(2 * most).toBeLessThanOrEqual(2 ** 31);
    expect(most).toBeGreaterThan(86_400_000);
  });
});
