import { finite, flag, record, show, text, time } from '../../model/check.js';
import { parseRequest, TetriError, type Settlement } from '../../model/index.js';
import { journalError, messageOf } from './journal-error.js';
import type { JournalRecord } from './journal-record.js';

/**
 * A record as JSON of printable ASCII only, keys in a fixed order: one character is one byte, and a cut falls between two characters.
 * It is checked as for reading, so that nothing is ever written that could not be read again. The inverse of {@link parseRecord};
 * only `-0` comes back as `0`.
 *
 * @throws `TetriError` `journal-failed` if it is no record, or its payload no plain JSON data
 */
export function formatRecord(value: JournalRecord): string {
  try {
    const checked = parseRecord(value);
    if (checked.type === 'submit') requireJson(checked.payload, 'payload');
    return JSON.stringify(checked).replace(/[\u007f-\uffff]/g, escape);
  } catch (error) {
    // Also what goes too deep or too far for JSON.
    const path = TetriError.isInstance(error) ? error.path : '';
    throw journalError('journal-failed', `not a record that can be written: ${messageOf(error)}`, path, error);
  }
}

/**
 * Checks a record, and copies it but for its payload. Unknown fields are dropped.
 *
 * @throws `TetriError` as {@link parseRequest} throws, with the path inside the record
 */
export function parseRecord(value: unknown): JournalRecord {
  const fields = record(value, '');
  const type = fields['type'];
  const atMs = time(fields['atMs'], 'atMs');
  switch (type) {
    case 'submit': {
      const request = parseRequest(fields['request'], 'request');
      const payload = fields['payload'];
      return { type, atMs, request, ...(payload === undefined ? {} : { payload }) };
    }
    case 'start':
      return { type, atMs, requestId: text(fields['requestId'], 'requestId') };
    case 'settle':
      return {
        type,
        atMs,
        requestId: text(fields['requestId'], 'requestId'),
        settlement: parseSettlement(fields['settlement']),
      };
    default:
      return unexpected('submit, start or settle', 'type', type);
  }
}

function parseSettlement(value: unknown): Settlement {
  const fields = record(value, 'settlement');
  const status = fields['status'];
  switch (status) {
    case 'completed':
      return { status, onTime: flag(fields['onTime'], 'settlement.onTime') };
    case 'cancelled':
      return { status };
    case 'failed':
    case 'refused': {
      // Any reason: a later minor release may know more of them, and an older one must still read its journal.
      const reason = text(fields['reason'], 'settlement.reason');
      const detail = fields['detail'] === '' ? '' : text(fields['detail'], 'settlement.detail');
      return { status, reason, detail } as Settlement;
    }
    default:
      return unexpected('completed, cancelled, failed or refused', 'settlement.status', status);
  }
}

function unexpected(expected: string, path: string, received: unknown): never {
  const code = typeof received === 'string' ? 'out-of-range' : 'invalid-type';
  throw new TetriError(code, `expected ${expected}, received ${show(received)}`, path, received);
}

/** Refuses what JSON would change without a word: a Date, a Map, NaN, a hole in a list. A field that is undefined counts as absent. */
function requireJson(value: unknown, path: string): void {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    finite(value, path);
  } else if (Array.isArray(value)) {
    for (const [index, entry] of (value as readonly unknown[]).entries()) {
      if (entry === undefined) unexpected('plain JSON data', `${path}[${index}]`, entry);
      requireJson(entry, `${path}[${index}]`);
    }
  } else if (isPlainObject(value)) {
    for (const [key, entry] of Object.entries(value)) requireJson(entry, `${path}.${key}`);
  } else {
    throw new TetriError('invalid-type', `expected plain JSON data, received ${show(value)}`, path, value);
  }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // `Object.prototype` of whichever realm: nothing stands above it.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
