import { describe, expect, test } from 'vitest';
import { backendConformance } from '../../src/testing/index.js';
import { callDefects } from './backend-defects/calls.js';
import { createDefective, type Defect } from './backend-defects/defect.js';
import { endingDefects } from './backend-defects/endings.js';
import { lossDefects } from './backend-defects/losses.js';
import { correct, messageOf, register } from './backend-suite.js';
import { fullCapabilities } from './faulty-backend/index.js';

describe('a backend that keeps the contract', () => {
  backendConformance({ ...correct, test });
});

describe('a case can fail', () => {
  const defects: Readonly<Record<string, Defect>> = { ...callDefects, ...endingDefects, ...lossDefects };

  test('every one of them', () => {
    const { cases } = register({ ...correct, capabilities: { ...fullCapabilities, keepsStateOnFailure: false } });
    expect(Object.keys(defects)).toEqual([...cases.keys()]);
  });

  test.each(Object.entries(defects))('%s', async (name, defect) => {
    const capabilities = { ...fullCapabilities, ...defect.capabilities };
    const options = { ...correct, capabilities, factory: () => createDefective(defect) };
    expect(await messageOf(name, options)).toMatch(defect.says);
  });
});
