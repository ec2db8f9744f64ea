import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { incidents, serve, type Ending, type Incident } from '../../examples/custom-orchestrator.js';

const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
const atMs = fc.integer({ min: 0, max: 3000 });
const request = fc
  .record({
    id: fc.constantFrom(...ids),
    shape: fc.constantFrom('256x256', '512x512', '1024x1024', '2048x2048'),
    steps: fc.integer({ min: 1, max: 5 }),
    budgetMs: fc.integer({ min: 0, max: 6000 }),
    atMs,
  })
  .map(({ budgetMs, atMs: arrivalMs, ...fields }): Incident => {
    return { atMs: arrivalMs, type: 'arrival', request: { ...fields, deadlineMs: arrivalMs + budgetMs } };
  });
const cancel = fc.record({ atMs, type: fc.constant('cancel' as const), id: fc.constantFrom(...ids) });
const loss = fc.record({ atMs, type: fc.constant('gpu-lost' as const), gpu: fc.nat(7) });
const anyIncidents = fc
  .tuple(fc.array(request, { maxLength: 6 }), fc.array(cancel, { maxLength: 3 }), fc.array(loss, { maxLength: 9 }))
  .map((lists): Incident[] => lists.flat().sort((a, b) => a.atMs - b.atMs));

describe('the orchestrator of examples/custom-orchestrator.ts', () => {
  test('ends what it is shown with', () => {
    const expected: [string, Ending][] = [
      ['poster', 'on time'],
      ['photo', 'on time'],
      ['icon-1', 'on time'],
      ['mural', 'refused'],
      ['regret', 'cancelled'],
      ['icon-2', 'on time'],
      ['hopeless', 'late'],
    ];
    expect(new Map([...serve(incidents, () => undefined)])).toEqual(new Map(expected));
  });

  // Each plan is checked by validatePlan() on the way: no GPU is used twice, and none that is lost.
  test('ends every request once, whatever happens', () => {
    fc.assert(
      fc.property(anyIncidents, (happened) => {
        const endings = serve(happened, () => undefined);
        const arrived = happened.flatMap((incident) => (incident.type === 'arrival' ? [incident.request.id] : []));
        expect([...endings.keys()].sort()).toEqual([...new Set(arrived)].sort());
        const lost = new Set(happened.flatMap((incident) => (incident.type === 'gpu-lost' ? [incident.gpu] : [])));
        if (lost.size < 8) expect([...endings.values()]).not.toContain('never run');
      }),
      { numRuns: 60 },
    );
  }, 30_000);
});
