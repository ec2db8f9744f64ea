import { describe, expect, test } from 'vitest';
import { createOverloadGate } from '../../../examples/image-server/generations/overload-gate.js';

const order = { count: 2, gpuTimeMs: 1000, slackMs: 50, weight: 1 };

describe('the gate before the scheduler', () => {
  test('is open until somebody was refused', () => {
    expect(createOverloadGate(() => 0).refusal(order)).toBeUndefined();
  });

  test('is shut for four times what it took to refuse one', () => {
    let nowMs = 100;
    const gate = createOverloadGate(() => nowMs);
    gate.refused('why', order, 10);
    expect(gate.refusal(order)).toBe('why');
    nowMs = 139.9;
    expect(gate.refusal(order)).toBe('why');
    nowMs = 140;
    expect(gate.refusal(order)).toBeUndefined();
  });

  test('is shut for a second at most', () => {
    let nowMs = 0;
    const gate = createOverloadGate(() => nowMs);
    gate.refused('why', order, 10_000);
    nowMs = 999;
    expect(gate.refusal(order)).toBe('why');
    nowMs = 1000;
    expect(gate.refusal(order)).toBeUndefined();
  });

  test.each([
    ['asks for fewer pictures', { count: 1 }],
    ['needs less GPU time', { gpuTimeMs: 999 }],
    ['has more slack', { slackMs: 51 }],
    ['weighs more', { weight: 2 }],
    ['is easier in one respect, and harder in all others', { count: 9, gpuTimeMs: 9000, slackMs: 51, weight: 0.25 }],
  ])('is open for who %s', (_, easier) => {
    const gate = createOverloadGate(() => 0);
    gate.refused('why', order, 10);
    expect(gate.refusal({ ...order, ...easier })).toBeUndefined();
  });

  test.each([
    ['asks for more pictures', { count: 3 }],
    ['needs more GPU time', { gpuTimeMs: 1001 }],
    ['has less slack', { slackMs: 49 }],
    ['weighs less', { weight: 0.25 }],
  ])('is shut for who %s', (_, harder) => {
    const gate = createOverloadGate(() => 0);
    gate.refused('why', order, 10);
    expect(gate.refusal({ ...order, ...harder })).toBe('why');
  });

  test('remembers refusals of several kinds, each for as long as all of them took', () => {
    let nowMs = 0;
    const gate = createOverloadGate(() => nowMs);
    const large = { ...order, gpuTimeMs: 9000, slackMs: 400 };
    gate.refused('small', order, 10);
    gate.refused('large', large, 10);
    expect([gate.refusal(order), gate.refusal(large)]).toEqual(['small', 'large']);
    nowMs = 79;
    expect([gate.refusal(order), gate.refusal(large)]).toEqual([undefined, 'large']);
    nowMs = 80;
    expect(gate.refusal(large)).toBeUndefined();
  });

  test('counts the same kind once', () => {
    let nowMs = 0;
    const gate = createOverloadGate(() => nowMs);
    gate.refused('why', order, 10);
    nowMs = 20;
    gate.refused('why', { ...order, slackMs: 51 }, 10);
    nowMs = 59;
    expect(gate.refusal(order)).toBe('why');
    nowMs = 60;
    expect(gate.refusal(order)).toBeUndefined();
  });
});
