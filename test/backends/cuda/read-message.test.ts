import { describe, expect, it } from 'vitest';
import type { WorkerMessage } from '../../../src/backends/cuda/protocol/messages.js';
import { readMessage } from '../../../src/backends/cuda/protocol/read-message.js';
import { readyOf } from './scripted-launcher.js';

const read = (header: object): WorkerMessage => readMessage({ header: header as Record<string, unknown> });
const ready = readyOf(0);
const { model } = ready;
const failed = { type: 'failed', call: 3, code: 'internal', detail: 'no' };

describe('messages of workers', () => {
  it.each<[string, object]>([
    ['a beat', { type: 'beat' }],
    ['readiness', ready],
    ['readiness with a size of memory', { ...ready, memoryBytes: 80e9 }],
    ['a fatal error', { type: 'fatal', code: 'no-gpu', detail: 'there is none' }],
    ['conditioning', { type: 'state', key: 'k', part: 'conditioning', step: 0 }],
    ['latents', { type: 'state', key: 'k', part: 'latents', step: 7 }],
    ['a step', { type: 'step', call: 0, done: 2 }],
    ['an end', { type: 'done', call: 4 }],
    ['the end of a run', { type: 'done', call: 4, steps: 3, durationMs: 1.5 }],
    ['the end of a decoding', { type: 'done', call: 4, picture: { contentType: 'image/png', width: 1, height: 1 } }],
    ['a failure', { ...failed, blamed: undefined }],
    ['a failure that is somebody’s fault', { ...failed, blamed: ['a', 'b'] }],
  ])('tell of %s', (_, header) => {
    expect(read(header)).toEqual(header);
  });

  it('may blame nobody in two ways', () => {
    expect(read({ ...failed, blamed: null })).toEqual({ ...failed, blamed: undefined });
  });

  it('may say more than is asked for', () => {
    expect(read({ type: 'beat', since: 4 })).toEqual({ type: 'beat' });
    expect(read({ type: 'state', key: 'k', part: 'latents', step: 7, more: 1 })).not.toHaveProperty('more');
  });

  it.each<[string, object, string]>([
    ['without a type', {}, 'type'],
    ['whose type is a number', { type: 1 }, 'type'],
    ['of a type that there is not', { type: 'hello' }, 'there is no message hello'],
    ['of the type of a method of objects', { type: 'toString' }, 'there is no message toString'],
    ['of readiness without a model', { ...ready, model: undefined }, 'model'],
    ['of readiness with half a model', { ...ready, model: { ...model, heads: undefined } }, 'model.heads'],
    ['of readiness with no heads', { ...ready, model: { ...model, heads: 0 } }, 'model.heads'],
    ['of readiness with no batches', { ...ready, model: { ...model, maxBatchSize: 0 } }, 'model.maxBatchSize'],
    ['of readiness without weights', { ...ready, model: { ...model, parameters: -1 } }, 'model.parameters'],
    ['of readiness without a version', { ...ready, protocol: undefined }, 'protocol'],
    ['of readiness without a process', { ...ready, pid: 0 }, 'pid'],
    ['of readiness without torch', { ...ready, torch: null }, 'torch'],
    ['of readiness without a device', { ...ready, deviceName: undefined }, 'deviceName'],
    ['of readiness that says nothing of memory', { ...ready, memoryBytes: undefined }, 'memoryBytes'],
    ['of readiness with half a byte', { ...ready, memoryBytes: 0.5 }, 'memoryBytes'],
    ['of readiness at an unknown time', { ...ready, loadMs: '5' }, 'loadMs'],
    ['of a fatal error without a code', { type: 'fatal', detail: 'x' }, 'code'],
    ['of a fatal error without a detail', { type: 'fatal', code: 'x' }, 'detail'],
    ['of a state without a key', { type: 'state', part: 'latents', step: 1 }, 'key'],
    ['of a state without a part', { type: 'state', key: 'k', step: 1 }, 'part'],
    ['of a part that there is not', { type: 'state', key: 'k', part: 'noise', step: 1 }, 'there is no part noise'],
    ['of a state before its start', { type: 'state', key: 'k', part: 'latents', step: -1 }, 'step'],
    ['of half a step', { type: 'step', call: 1, done: 0.5 }, 'done'],
    ['of a step of no call', { type: 'step', done: 1 }, 'call'],
    ['of the end of no call', { type: 'done' }, 'call'],
    ['of the end of half a call', { type: 'done', call: 1.5 }, 'call'],
    ['of a failure of no call', { ...failed, call: undefined }, 'call'],
    ['of a failure without a code', { ...failed, code: undefined }, 'code'],
    ['of a failure without a detail', { ...failed, detail: 3 }, 'detail'],
    ['of a failure that blames a text', { ...failed, blamed: 'a' }, 'blamed'],
    ['of a failure that blames a number', { ...failed, blamed: ['a', 1] }, 'blamed[1]'],
  ])('%s are none', (_, header, what) => {
    expect(() => read(header)).toThrow(what);
  });
});
