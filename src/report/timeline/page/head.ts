import { byId, create, factEntries } from './elements.js';
import type { Run } from './run.js';
import { seconds } from './words.js';

/** Fills in what was run and how it went. */
export function showHead({ facts, lanes, known, late, chunks, startMs, endMs }: Run): void {
  const policy = facts.find(([name]) => name === 'policy')?.[1];
  byId('title').textContent = policy ?? 'Timeline of a run';
  const domains = new Set(lanes.map(({ domain }) => domain)).size;
  const gpus = `${lanes.length}${domains === 1 ? '' : ` in ${domains} NVLink domains`}`;
  byId('facts').replaceChildren(
    ...factEntries([
      ...facts.filter(([name]) => name !== 'policy'),
      ['GPUs', gpus],
      ['chunks', chunks.length.toLocaleString('en')],
      ['time span', seconds(endMs - startMs, 1)],
    ]),
  );
  const onTime = known - late.length;
  // A trace of no requests breaks no promise.
  const attainment = known === 0 ? 1 : onTime / known;
  byId('attainment').replaceChildren(
    create('strong', attainment.toLocaleString('en', { style: 'percent', maximumFractionDigits: 1 })),
    create('span', [
      create('span', 'SLO attainment'),
      create('span', `${onTime.toLocaleString('en')} of ${known.toLocaleString('en')} requests on time`),
    ]),
  );
}
