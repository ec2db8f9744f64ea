import { describe, expect, test } from 'vitest';
import { createOverloadGate } from '../../../examples/image-server/generations/overload-gate.js';

const request = { id: 'a', shape: '256x256', steps: 1, deadlineMs: 1 };

describe('the gate before the scheduler', () => {
  test('is open until somebody was refused', () => {
    expect(createOverloadGate(() => 0).refusal(request, 0)).toBeUndefined();
  });

  test('is shut for four times what it took to refuse one', () => {
    let nowMs = 100;
    const gate = createOverloadGate(() => nowMs);
    gate.refused('why', request, 50, 10);
    expect(gate.refusal(request, 50)).toBe('why');
    nowMs = 139.9;
    expect(gate.refusal(request, 50)).toBe('why');
    nowMs = 140;
    expect(gate.refusal(request, 50)).toBeUndefined();
  });

  test('is open for who has more time, or weighs more', () => {
    const gate = createOverloadGate(() => 0);
    gate.refused('why', { ...request, weight: 2 }, 50, 10);
    expect(gate.refusal({ ...request, weight: 2 }, 51)).toBeUndefined();
    expect(gate.refusal({ ...request, weight: 3 }, 50)).toBeUndefined();
    expect(gate.refusal({ ...request, weight: 1 }, 49)).toBe('why');
  });
});
