import { finite, list, record, text, whole } from '../../../model/check.js';
import type { Frame } from './frames.js';
import type { WorkerMessage } from './messages.js';

/**
 * What a worker says, checked field by field: another process wrote it.
 *
 * @throws `TetriError` `invalid-type`, `out-of-range` for anything that is no message of the protocol
 */
export function readMessage({ header }: Pick<Frame, 'header'>): WorkerMessage {
  const type = text(header['type'], 'type');
  switch (type) {
    case 'beat':
      return { type };
    case 'ready': {
      const model = record(header['model'], 'model');
      const memoryBytes = header['memoryBytes'];
      return {
        type,
        protocol: whole(header['protocol'], 'protocol', 0),
        pid: whole(header['pid'], 'pid', 1),
        torch: text(header['torch'], 'torch'),
        deviceName: text(header['deviceName'], 'deviceName'),
        memoryBytes: memoryBytes === null ? null : whole(memoryBytes, 'memoryBytes', 0),
        loadMs: finite(header['loadMs'], 'loadMs'),
        model: {
          heads: whole(model['heads'], 'model.heads', 1),
          maxBatchSize: whole(model['maxBatchSize'], 'model.maxBatchSize', 1),
          parameters: whole(model['parameters'], 'model.parameters', 0),
        },
      };
    }
    case 'fatal':
      return { type, code: text(header['code'], 'code'), detail: text(header['detail'], 'detail') };
    case 'state': {
      const part = text(header['part'], 'part');
      if (part !== 'conditioning' && part !== 'latents') throw new TypeError(`there is no part ${part} of a state`);
      return { type, key: text(header['key'], 'key'), part, step: whole(header['step'], 'step', 0) };
    }
    case 'step':
      return { type, call: whole(header['call'], 'call', 0), done: whole(header['done'], 'done', 0) };
    case 'done':
      return { ...header, type, call: whole(header['call'], 'call', 0) };
    case 'failed': {
      const blamed = header['blamed'];
      return {
        type,
        call: whole(header['call'], 'call', 0),
        code: text(header['code'], 'code'),
        detail: text(header['detail'], 'detail'),
        blamed:
          blamed === undefined || blamed === null
            ? undefined
            : list(blamed, 'blamed').map((key, index) => text(key, `blamed[${index}]`)),
      };
    }
    default:
      throw new TypeError(`there is no message ${type}`);
  }
}
