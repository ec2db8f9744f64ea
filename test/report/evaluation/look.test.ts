import { expect, test } from 'vitest';
import { looksOf } from '../../../src/report/evaluation/look.js';
import { policyNames } from '../../../src/policies/index.js';

test('a policy looks the same in every chart', () => {
  const alone = looksOf(['edf']).get('edf');
  expect(looksOf(['bound', 'x', 'edf', 'horizon']).get('edf')).toEqual(alone);
});

test('no policy lends its colour to what is none', () => {
  const others = Array.from({ length: 20 }, (_, index) => `other ${index}`);
  const ofPolicies = new Set(Array.from(looksOf([...policyNames, 'bound']).values(), ({ color }) => color));
  for (const { color } of looksOf(others).values()) expect(ofPolicies).not.toContain(color);
});

test('what is drawn together differs', () => {
  const names = [...policyNames, 'bound', ...Array.from({ length: 140 }, (_, index) => `other ${index}`)];
  const looks = Array.from(looksOf(names).values(), (look) => JSON.stringify(look));
  expect(new Set(looks).size).toBe(names.length);
  expect(looksOf(['toString']).get('toString')).toEqual(looksOf(['x']).get('x'));
});
