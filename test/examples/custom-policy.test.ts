import { describe, test } from 'vitest';
import { heaviestFirst } from '../../examples/custom-policy.js';
import { policyLaws } from '../../src/testing/index.js';

describe('the policy of examples/custom-policy.ts', () => {
  policyLaws({ test, policy: heaviestFirst() });
});
