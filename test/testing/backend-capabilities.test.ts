import { describe, expect, test } from 'vitest';
import type { BackendCapabilities } from '../../src/backends/index.js';
import type { BackendHarness } from '../../src/testing/index.js';
import { correct as atFullLength, failuresOf, messageOf, register, type Options } from './backend-suite.js';
import { createFaultyBackend, fullCapabilities, type Payload } from './faulty-backend/index.js';

const correct: Options = { ...atFullLength, longSteps: 12 };

interface Variant extends Partial<Omit<Options, 'capabilities' | 'factory'>> {
  readonly capabilities?: Partial<BackendCapabilities>;
  readonly domainSize?: number;
}

function optionsOf({ capabilities, domainSize, ...more }: Variant): Options {
  return {
    ...correct,
    ...more,
    capabilities: { ...fullCapabilities, ...capabilities },
    factory: () =>
      createFaultyBackend({
        gpus: more.gpus ?? correct.gpus,
        ...(capabilities && { capabilities }),
        ...(domainSize !== undefined && { domainSize }),
      }),
  };
}

/** How many cases are skipped, by reason. */
function skipsOf(options: Options): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of register(options).skipped.keys()) {
    const reason = / \[(.*)\]$/.exec(name)![1]!;
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}

const kept = 'keepsStateOnFailure is true';

describe('a backend that can do less passes, and what it lacks is skipped, and nothing else', () => {
  test.each<[string, Variant, Record<string, number>]>([
    ['nothing', {}, { [kept]: 1 }],
    ['batches', { capabilities: { maxBatchSize: 1 } }, { [kept]: 1, 'maxBatchSize is 1': 10 }],
    ['reports', { capabilities: { reportsSteps: false } }, { [kept]: 1, 'reportsSteps is false': 2 }],
    ['aborts', { capabilities: { abortsChunks: false } }, { [kept]: 1, 'abortsChunks is false': 5 }],
    ['state after failures', { capabilities: { keepsStateOnFailure: false } }, {}],
    ['losses of GPUs', { capabilities: { losesGpus: false } }, { [kept]: 1, 'losesGpus is false': 11 }],
    ['a second life', { capabilities: { reopens: false } }, { [kept]: 1, 'it cannot be lost': 5 }],
    [
      'a second life, but it can be lost',
      { capabilities: { reopens: false }, canBeLost: true },
      { [kept]: 1, 'reopens is false': 2 },
    ],
    ['other GPUs', { gpus: 1, degrees: [1] }, { [kept]: 1, 'it has 1 GPUs': 10, 'the only degree is 1': 5 }],
    ['other degrees', { degrees: [1] }, { [kept]: 1, 'the only degree is 1': 5 }],
    ['degree 1', { degrees: [2, 4] }, { [kept]: 1 }],
    ['powers of two', { degrees: [3], gpus: 7 }, { [kept]: 1, 'the only degree is 3': 4 }],
    ['one domain', { gpus: 6, domainSize: 3, degrees: [1, 2, 3] }, { [kept]: 1 }],
    ['other shapes', { shapes: ['256x256'] }, { [kept]: 1, 'the only shape is 256x256': 1 }],
    [
      'everything',
      {
        gpus: 1,
        degrees: [1],
        shapes: ['256x256'],
        capabilities: {
          ...{ maxBatchSize: 1, reportsSteps: false, abortsChunks: false },
          ...{ keepsStateOnFailure: false, losesGpus: false, reopens: false },
        },
      },
      {
        'maxBatchSize is 1': 10,
        'reportsSteps is false': 1,
        'abortsChunks is false': 4,
        'losesGpus is false': 11,
        'it cannot be lost': 5,
        'it has 1 GPUs': 8,
        'the only degree is 1': 3,
      },
    ],
  ])('%s', async (_, variant, skips) => {
    const options = optionsOf(variant);
    expect(await failuresOf(options)).toEqual({});
    expect(skipsOf(options)).toEqual(skips);
  });
});

describe('a capability that is a lie fails', () => {
  /** The cases that fail where the capability is declared, and the backend does not have it. */
  const lie = async (capability: Partial<BackendCapabilities>): Promise<string[]> => {
    const factory: Options['factory'] = () => {
      const { backend, ...harness } = createFaultyBackend({ capabilities: capability });
      return { ...harness, backend: { ...backend, capabilities: fullCapabilities } };
    };
    return Object.keys(await failuresOf({ ...correct, factory }));
  };

  test('batches', async () => {
    expect(await lie({ maxBatchSize: 1 })).toEqual(
      expect.arrayContaining(['batches: as many members as maxBatchSize get the artifacts that they get alone']),
    );
  });

  test('reports', async () => {
    expect(await lie({ reportsSteps: false })).toEqual(
      expect.arrayContaining([
        'steps: every step of a chunk is told once, in order, and nothing after its end',
        'batches: the steps of a batch are told once, not once a member',
      ]),
    );
  });

  test('aborts', async () => {
    expect(await lie({ abortsChunks: false })).toEqual([
      'lifecycle: close ends a chunk at its next step',
      'batches: an abort ends all members at the same step, and each goes on alone',
      'aborts: a chunk with an aborted signal ends at its first step boundary',
      'aborts: an abort in mid-chunk ends it at its next step boundary',
      'releases: release in mid-chunk ends the chunk at its next step',
    ]);
  });

  test('state after failures', async () => {
    expect(await lie({ keepsStateOnFailure: false })).toEqual([
      'failures: a step that fails rejects the chunk with chunk-failed, in the state that is declared',
      'failures: a failed request goes on as the error says: after the completed steps, or prepared anew',
      'failures: a failed request can be released, and its id used for another',
      'failures: when a chunk has failed, its GPUs take the next one',
      'failures: a failure leaves the chunks on other GPUs alone',
      'failures: the mates of a failing member are in the state that is declared, and not to blame',
    ]);
  });

  test.each([
    ['loseGpu', 'gpu loss: a GPU that is lost is told once', 'losesGpus is declared, so the harness needs loseGpu()'],
    ['restoreGpu', 'gpu loss: a GPU that comes back is told once, and can be used', 'the harness needs restoreGpu()'],
    ['loseBackend', 'backend loss: opened again it can be lost again', 'so the harness needs loseBackend()'],
  ] as const)('what nobody can try, for want of %s()', async (method, name, message) => {
    const factory = (): BackendHarness<Payload, string> => {
      const harness = createFaultyBackend();
      Reflect.deleteProperty(harness, method);
      return harness;
    };
    expect(await messageOf(name, { ...correct, factory })).toContain(message);
  });

  test('more GPUs, or a wider domain, than there are', async () => {
    const name = 'lifecycle: open tells a valid cluster with the GPUs that it is said to have';
    expect(await messageOf(name, { ...correct, gpus: 8 })).toBe('it has 4 GPUs; it is said to have 8');
    expect(await messageOf(name, { ...correct, degrees: [8] })).toMatch(/^the suite needs 1 groups of 8 GPUs/);
  });

  test('other payloads that give the same artifact', async () => {
    const name = 'steps: the artifact depends on the payload, and on nothing else';
    expect(await messageOf(name, { ...correct, sameArtifact: () => true })).toMatch(
      /sameArtifact\(\) cannot tell them/,
    );
  });
});
