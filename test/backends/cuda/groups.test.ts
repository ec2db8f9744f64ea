import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GroupName } from '../../../src/backends/cuda/protocol/messages.js';
import { createGroups } from '../../../src/backends/cuda/workers/groups.js';

function create(limit?: number) {
  const forgotten: GroupName[] = [];
  const options = { prefix: 'b', onForgotten: (name: GroupName) => forgotten.push(name) };
  return { ...createGroups(limit === undefined ? options : { ...options, limit }), forgotten };
}

describe('the names of groups', () => {
  it('are the same until they are dropped', () => {
    const groups = create();
    const pair = groups.nameOf([0, 1]);
    expect(pair.ranks).toEqual([0, 1]);
    expect(groups.nameOf([0, 1])).toBe(pair);
    expect(groups.nameOf([0, 2])).not.toEqual(pair);
    groups.drop(pair);
    const next = groups.nameOf([0, 1]);
    expect(next.id).not.toBe(pair.id);
    // Who notices late does no harm to the successor.
    groups.drop(pair);
    expect(groups.nameOf([0, 1])).toBe(next);
  });

  it('go with every worker that has a part in them', () => {
    const groups = create();
    const [alone, pair, others] = [[0], [0, 1], [1, 2]].map((ranks) => groups.nameOf(ranks));
    expect(groups.dropAllOf(0)).toEqual([alone, pair]);
    expect(groups.dropAllOf(0)).toEqual([]);
    expect(groups.nameOf([1, 2])).toBe(others);
    expect(groups.nameOf([0, 1])).not.toBe(pair);
  });

  it('tell 1 and 2 from 12', () => {
    const groups = create();
    expect(groups.nameOf([1, 2]).id).not.toBe(groups.nameOf([12]).id);
    expect(groups.dropAllOf(1)).toHaveLength(1);
  });

  it('are forgotten by the least recent use where a worker has too many', () => {
    const groups = create(2);
    const [first, second] = [groups.nameOf([0, 1]), groups.nameOf([0, 2])];
    groups.nameOf([0, 1]);
    expect(groups.forgotten).toEqual([]);
    const third = groups.nameOf([0, 3]);
    expect(groups.forgotten).toEqual([second]);
    expect([groups.nameOf([0, 1]), groups.nameOf([0, 3])]).toEqual([first, third]);
    expect(groups.nameOf([0, 2]).id).not.toBe(second.id);
    expect(groups.forgotten).toEqual([second, first]);
  });

  it('are not forgotten where they are in use, as often as they are, nor at once', () => {
    const groups = create(1);
    const first = groups.nameOf([0, 1]);
    groups.hold(first);
    groups.hold(first);
    groups.letGo(first);
    const second = groups.nameOf([0, 2]);
    // More than there may be, but each of them is needed.
    expect(groups.forgotten).toEqual([]);
    groups.letGo(first);
    const third = groups.nameOf([0, 3]);
    expect(groups.forgotten).toEqual([first, second]);
    expect(groups.nameOf([0, 3])).toBe(third);
  });

  it('are not forgotten for those of others, however many there are, or for those of one alone', () => {
    const groups = create(2);
    const [first, second] = [groups.nameOf([0, 1]), groups.nameOf([0, 1, 2, 3])];
    for (let rank = 0; rank < 20; rank++) groups.nameOf([rank]);
    for (let rank = 4; rank < 20; rank += 2) groups.nameOf([rank, rank + 1]);
    expect(groups.forgotten).toEqual([]);
    expect([groups.nameOf([0, 1]), groups.nameOf([0, 1, 2, 3])]).toEqual([first, second]);
  });

  it('are never used twice, whatever is dropped', () => {
    const ranks = fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 4 }).map((some) => some.sort((a, b) => a - b));
    const action = fc.oneof(
      ranks.map((name) => ({ name })),
      fc.nat(20).map((drop) => ({ drop })),
      fc.nat(3).map((lose) => ({ lose })),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const groups = create();
        const seen: GroupName[] = [];
        const dropped = new Set<string>();
        for (const one of actions) {
          if ('name' in one) {
            const name = groups.nameOf(one.name);
            expect(name.ranks).toEqual(one.name);
            expect(dropped.has(name.id)).toBe(false);
            const known = seen.find(({ id }) => id === name.id);
            if (known === undefined) seen.push(name);
            else expect(known).toBe(name);
          } else if ('drop' in one) {
            const name = seen[one.drop];
            if (name === undefined) continue;
            groups.drop(name);
            dropped.add(name.id);
          } else {
            const gone = groups.dropAllOf(one.lose);
            const expected = seen.filter(({ id, ranks: members }) => members.includes(one.lose) && !dropped.has(id));
            expect(new Set(gone)).toEqual(new Set(expected));
            for (const { id } of gone) dropped.add(id);
          }
        }
      }),
    );
  });
});
