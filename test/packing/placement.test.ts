import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitsDomains, placeGroups, type PlacementGpu, type PlacementGroup } from '../../src/packing/index.js';
import { canPack, gpusOf } from './arbitraries.js';

type Placement = readonly (readonly number[] | undefined)[];

const request = (width: number, lastGpus: readonly number[] = [], key = 'r'): PlacementGroup => ({
  key,
  width,
  lastGpus,
});
const range = (start: number, count: number): number[] => Array.from({ length: count }, (_, i) => start + i);

/** One to three domains of up to eight GPUs, some busy, whose ids are spread over the domains at random. */
const clusters: fc.Arbitrary<readonly PlacementGpu[]> = fc
  .array(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 })
  .chain((domains) => {
    const gpus = domains.flatMap((frees, domain) => frees.map((free) => ({ domain, free })));
    return fc
      .shuffledSubarray(range(0, gpus.length), { minLength: gpus.length })
      .map((ids) => gpus.map((gpu, index) => ({ ...gpu, id: ids[index] as number })));
  });

function scenes(
  width: fc.Arbitrary<number>,
): fc.Arbitrary<{ gpus: readonly PlacementGpu[]; requests: PlacementGroup[] }> {
  return clusters.chain((gpus) => {
    // Last GPUs: some of one domain, and now and then one that is gone.
    const last = fc
      .constantFrom(...gpus.map(({ domain }) => domain))
      .chain((domain) => fc.subarray([...gpus.filter((gpu) => gpu.domain === domain).map(({ id }) => id), 99]));
    const one = fc.record({ key: fc.constant('r'), width, lastGpus: fc.oneof(fc.constant([]), last) });
    return fc.record({ gpus: fc.constant(gpus), requests: fc.array(one, { maxLength: 6 }) });
  });
}

const powers = fc.constantFrom(1, 1, 2, 2, 4, 8);
const anyWidth = fc.integer({ min: 1, max: 6 });

function freeByDomain(gpus: readonly PlacementGpu[], taken: Iterable<number> = []): number[] {
  const busy = new Set(taken);
  const counts = new Map<number, number>();
  for (const { id, domain, free } of gpus) {
    counts.set(domain, (counts.get(domain) ?? 0) + Number(free && !busy.has(id)));
  }
  return [...counts.values()];
}

/** The domain's GPU ids in ascending order, as the positions of blocks are counted. */
function idsOf(gpus: readonly PlacementGpu[], domain: number): number[] {
  return gpus
    .filter((gpu) => gpu.domain === domain)
    .map(({ id }) => id)
    .sort((a, b) => a - b);
}

function domainOf(gpus: readonly PlacementGpu[], id: number): number {
  return (gpus.find((gpu) => gpu.id === id) as PlacementGpu).domain;
}

/** All free aligned blocks of the cluster. */
function alignedBlocks(gpus: readonly PlacementGpu[], width: number): number[][] {
  const isFree = new Map(gpus.map(({ id, free }) => [id, free]));
  return [...new Set(gpus.map(({ domain }) => domain))].flatMap((domain) => {
    const ids = idsOf(gpus, domain);
    return range(0, Math.floor(ids.length / width))
      .map((block) => ids.slice(block * width, (block + 1) * width))
      .filter((block) => block.every((id) => isFree.get(id)));
  });
}

/** The largest free block of a power of two that has the GPU in it. */
function blockAround(gpus: readonly PlacementGpu[], id: number): number {
  const sizes = [16, 8, 4, 2, 1];
  return sizes.find((size) => alignedBlocks(gpus, size).some((block) => block.includes(id))) as number;
}

function expectValid(gpus: readonly PlacementGpu[], requests: readonly PlacementGroup[], placed: Placement): void {
  expect(placed).toHaveLength(requests.length);
  const all = placed.flatMap((group) => group ?? []);
  expect(new Set(all).size).toBe(all.length);
  placed.forEach((group, index) => {
    if (group === undefined) return;
    expect(group).toHaveLength((requests[index] as PlacementGroup).width);
    expect(group).toEqual([...group].sort((a, b) => a - b));
    expect(new Set(group.map((id) => domainOf(gpus, id))).size).toBe(1);
    expect(group.every((id) => gpus.some((gpu) => gpu.id === id && gpu.free))).toBe(true);
  });
}

/** The requests that are to be placed: by importance, each that can be packed together with those before it. */
function important(requests: readonly PlacementGroup[], bins: readonly number[]): boolean[] {
  const widths: number[] = [];
  return requests.map(({ width }) => {
    const fits = canPack([...widths, width], bins);
    if (fits) widths.push(width);
    return fits;
  });
}

describe('laws', () => {
  test('no GPU twice, none that is busy, one domain a group, as many GPUs as due', () => {
    fc.assert(
      fc.property(scenes(anyWidth), fc.boolean(), ({ gpus, requests }, preserve) => {
        expectValid(gpus, requests, placeGroups(requests, gpus, { preserve }));
      }),
    );
  });

  test('powers of two: whoever can be packed with the more important ones is placed, nobody else', () => {
    fc.assert(
      fc.property(scenes(powers), fc.boolean(), ({ gpus, requests }, preserve) => {
        const placed = placeGroups(requests, gpus, { preserve });
        expectValid(gpus, requests, placed);
        expect(placed.map((group) => group !== undefined)).toEqual(important(requests, freeByDomain(gpus)));
      }),
      { numRuns: 400 },
    );
  });

  test('any widths: what fitsDomains says fits is placed, and nobody who fits the rest is left out', () => {
    fc.assert(
      fc.property(scenes(anyWidth), ({ gpus, requests }) => {
        const placed = placeGroups(requests, gpus);
        const widths = requests.map(({ width }) => width);
        if (fitsDomains(widths, freeByDomain(gpus))) expect(placed).not.toContain(undefined);
        const room = Math.max(
          ...freeByDomain(
            gpus,
            placed.flatMap((group) => group ?? []),
          ),
        );
        requests.forEach(({ width }, index) => {
          expect(placed[index] !== undefined || width > room).toBe(true);
        });
      }),
      { numRuns: 400 },
    );
  });

  test('the order of the GPUs and of last GPUs does not matter', () => {
    fc.assert(
      fc.property(scenes(anyWidth), ({ gpus, requests }) => {
        const turned = requests.map((each) => ({ ...each, lastGpus: each.lastGpus.toReversed() }));
        const sorted = gpus.toSorted((a, b) => a.id - b.id);
        expect(placeGroups(turned, sorted)).toEqual(placeGroups(requests, gpus));
        expect(placeGroups(requests, gpus.toReversed())).toEqual(placeGroups(requests, gpus));
      }),
    );
  });

  test('without preservation the last GPUs do not matter', () => {
    fc.assert(
      fc.property(scenes(anyWidth), ({ gpus, requests }) => {
        const fresh = requests.map((each) => ({ ...each, lastGpus: [] }));
        expect(placeGroups(requests, gpus, { preserve: false })).toEqual(placeGroups(fresh, gpus));
      }),
    );
  });
});

describe('preservation', () => {
  test('the most important request that can keep all its GPUs does, exactly if the others still fit then', () => {
    fc.assert(
      fc.property(scenes(powers), ({ gpus, requests }) => {
        const placed = placeGroups(requests, gpus);
        const admitted = requests.filter((_, index) => placed[index] !== undefined);
        const last = requests.map(({ lastGpus }) => gpus.filter(({ id }) => lastGpus.includes(id)));
        const index = requests.findIndex(
          ({ width }, i) => placed[i] !== undefined && last[i]?.length === width && last[i].every(({ free }) => free),
        );
        fc.pre(index >= 0);
        const keeper = requests[index] as PlacementGroup;
        const others = admitted.filter((each) => each !== keeper).map(({ width }) => width);
        const kept = (last[index] as PlacementGpu[]).map(({ id }) => id).sort((a, b) => a - b);
        if (canPack(others, freeByDomain(gpus, kept))) expect(placed[index]).toEqual(kept);
        else expect(placed[index]).not.toEqual(kept);
      }),
      { numRuns: 120 },
    );
  });

  test('a whole placement is kept as it is', () => {
    fc.assert(
      fc.property(scenes(anyWidth), ({ gpus, requests }) => {
        const before = placeGroups(requests, gpus);
        const running = requests
          .map((each, index) => ({ ...each, lastGpus: before[index] ?? [] }))
          .filter(({ lastGpus }) => lastGpus.length > 0);
        expect(placeGroups(running, gpus)).toEqual(running.map(({ lastGpus }) => lastGpus));
      }),
    );
  });

  test('alone, a request that gets narrower stays within its GPUs, aligned if they have a block', () => {
    fc.assert(
      fc.property(scenes(anyWidth), ({ gpus, requests }) => {
        for (const each of requests) {
          const mine = gpus.filter(({ id, free }) => free && each.lastGpus.includes(id)).map(({ id }) => id);
          if (mine.length < each.width) continue;
          const [group] = placeGroups([each], gpus) as [number[]];
          expect(mine).toEqual(expect.arrayContaining(group));
          const inside = alignedBlocks(gpus, each.width).filter((block) => block.every((id) => mine.includes(id)));
          if (inside.length > 0 && mine.length > each.width) expect(inside).toContainEqual(group);
        }
      }),
    );
  });

  test('alone, a request that gets wider moves to the aligned block with most of its GPUs', () => {
    fc.assert(
      fc.property(scenes(anyWidth), ({ gpus, requests }) => {
        for (const each of requests) {
          const mine = gpus.filter(({ id, free }) => free && each.lastGpus.includes(id)).map(({ id }) => id);
          if (mine.length >= each.width) continue;
          const own = (block: readonly number[]): number => block.filter((id) => mine.includes(id)).length;
          const blocks = alignedBlocks(gpus, each.width);
          const [group] = placeGroups([each], gpus);
          if (blocks.length > 0) expect(own(group as number[])).toBe(Math.max(...blocks.map(own)));
        }
      }),
    );
  });

  test('yields to a wide group that would not fit otherwise', () => {
    // Domain 0 has 4 GPUs, domain 1 has 3. The narrow request runs on GPU 0, but only domain 0 can take 4.
    expect(placeGroups([request(1, [0]), request(4)], gpusOf([4, 3]))).toEqual([[6], [0, 1, 2, 3]]);
    // With one GPU more in domain 1, it stays.
    expect(placeGroups([request(1, [0]), request(4)], gpusOf([4, 4]))).toEqual([[0], [4, 5, 6, 7]]);
  });

  test('only those yield that have to, the less important ones', () => {
    // Six free GPUs in domain 0 and one in domain 1, which has to take one of the three narrow ones.
    const gpus = gpusOf([6, 1]);
    const placed = placeGroups([request(1, [0]), request(1, [2]), request(1, [4]), request(4)], gpus);
    expect(placed.slice(0, 3)).toEqual([[0], [2], [6]]);
    expect(placed[3]).toEqual([1, 3, 4, 5]);
  });

  test('of two requests that claim the same GPUs the more important one keeps them', () => {
    expect(placeGroups([request(2, [2, 3]), request(2, [2, 3])], gpusOf([8]))).toEqual([
      [2, 3],
      [0, 1],
    ]);
  });

  test('one that gets wider goes where most of its GPUs are', () => {
    expect(placeGroups([request(4, [0, 1, 5])], gpusOf([8]))).toEqual([[0, 1, 2, 3]]);
    expect(placeGroups([request(4, [1, 5, 6])], gpusOf([8]))).toEqual([[4, 5, 6, 7]]);
  });

  test('one that keeps everything goes before a more important one that gets wider', () => {
    expect(placeGroups([request(2, [0]), request(1, [1])], gpusOf([4]))).toEqual([[2, 3], [1]]);
  });

  test('GPUs that are gone or named twice do no harm', () => {
    expect(placeGroups([request(2, [99, 3, 3, 98])], gpusOf([4]))).toEqual([[2, 3]]);
    expect(placeGroups([request(2, [99])], gpusOf([4]))).toEqual([[0, 1]]);
  });
});

describe('alignment', () => {
  test('on free domains of powers of two every group of a power of two is aligned', () => {
    const sizes = fc.array(fc.constantFrom(2, 4, 8), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(sizes, fc.array(powers, { maxLength: 10 }), (domains, widths) => {
        const gpus = gpusOf(domains);
        placeGroups(
          widths.map((width) => request(width)),
          gpus,
        ).forEach((group, index) => {
          if (group !== undefined) expect(alignedBlocks(gpus, widths[index] as number)).toContainEqual(group);
        });
      }),
    );
  });

  test('alone, a group is unaligned only if no aligned block is free, and breaks the smallest block that it can', () => {
    fc.assert(
      fc.property(clusters, anyWidth, (gpus, width) => {
        const [group] = placeGroups([request(width)], gpus);
        const blocks = alignedBlocks(gpus, width);
        if (blocks.length === 0) return;
        expect(blocks).toContainEqual(group);
        const breaks = (block: readonly number[]): number => Math.max(...block.map((id) => blockAround(gpus, id)));
        expect(breaks(group as number[])).toBe(Math.min(...blocks.map(breaks)));
      }),
      { numRuns: 500 },
    );
  });

  test('narrow groups gather, so that wide blocks stay whole', () => {
    const placed = placeGroups([request(1), request(1), request(2), request(1)], gpusOf([8]));
    expect(placed).toEqual([[2], [3], [0, 1], [4]]);
    // GPU 5 is alone in its pair, so it goes before any whole pair.
    expect(
      placeGroups(
        [request(1)],
        gpusOf([8], (id) => id !== 4),
      ),
    ).toEqual([[5]]);
  });

  test('of equal blocks, the domain with fewest free GPUs, then the lowest id', () => {
    const gpus = gpusOf([4, 4, 4], (id) => id !== 0 && id !== 4 && id !== 5);
    // Whole pairs: 2-3 in domain 0 (3 free) and 6-7 in domain 1 (2 free); 8-11 is a whole block of 4.
    expect(placeGroups([request(2)], gpus)).toEqual([[6, 7]]);
    expect(placeGroups([request(1)], gpusOf([2, 2]))).toEqual([[0]]);
  });

  test('unaligned in a fragmented domain: fragments first', () => {
    // Free: the pair 0-1, and 5 and 7 alone. No aligned block of 3 is free.
    expect(
      placeGroups(
        [request(3)],
        gpusOf([8], (id) => [0, 1, 5, 7].includes(id)),
      ),
    ).toEqual([[0, 5, 7]]);
  });

  test('a width that is no power of two breaks the smallest block too', () => {
    // Blocks of 5: 0-4 breaks a block of 4 (0-3), 10-14 only pairs (10-11 and 12-13).
    const gpus = gpusOf([15], (id) => id < 5 || id >= 10);
    expect(placeGroups([request(5)], gpus)).toEqual([[10, 11, 12, 13, 14]]);
  });

  test('widths that are not nested: a block is left alone if the others need the room', () => {
    // The only aligned block of 3 lies in domain 0, but there it would leave no room for both pairs.
    const gpus = gpusOf([4, 4], (id) => id !== 4);
    expect(placeGroups([request(3), request(2), request(2)], gpus)).toEqual([
      [5, 6, 7],
      [0, 1],
      [2, 3],
    ]);
  });

  test('widths that are not nested: who seemed not to fit is placed if there is room after all', () => {
    // First fit decreasing puts 3 into the domain of 4 and then fails; preservation puts it into the domain of 5.
    expect(fitsDomains([3, 2, 2, 2], [4, 5])).toBe(false);
    const placed = placeGroups([request(3, [4, 5, 6]), request(2), request(2), request(2)], gpusOf([4, 5]));
    expect(placed[0]).toEqual([4, 5, 6]);
    expect(placed).not.toContain(undefined);
  });
});

describe('edges', () => {
  test('nothing to place, and nowhere to place', () => {
    expect(placeGroups([], gpusOf([8]))).toEqual([]);
    expect(placeGroups([request(1), request(2, [0, 1])], [])).toEqual([undefined, undefined]);
  });

  test('a group never spans domains', () => {
    expect(placeGroups([request(4)], gpusOf([3, 3]))).toEqual([undefined]);
  });

  test('a wide request that does not fit does not hold up the others', () => {
    expect(placeGroups([request(4), request(8), request(4)], gpusOf([8]))).toEqual([
      [0, 1, 2, 3],
      undefined,
      [4, 5, 6, 7],
    ]);
  });

  test.each([0, -1, 1.5, NaN])('refuses a width of %s', (width) => {
    const place = (): unknown => placeGroups([request(width, [], 'r7')], gpusOf([8]));
    expect(place).toThrow(expect.objectContaining({ code: 'out-of-range', path: 'r7.width' }));
  });
});
