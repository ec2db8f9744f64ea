import { byId, create, factEntries } from './elements.js';
import type { PageRequest, Run } from './run.js';
import { describeRequest, rangesOf, seconds } from './words.js';

/** Rows of the table of chunks: enough for any request but a strange one. */
const maxRows = 500;

/** Shows all about the selected request, or how to select one. */
export function showDetails(request: PageRequest | undefined, { lanes }: Run): void {
  byId('details-none').hidden = request !== undefined;
  byId('details').hidden = request === undefined;
  byId('details-facts').replaceChildren(...(request === undefined ? [] : factEntries(describeRequest(request))));
  const count = request?.chunks.length ?? 0;
  byId('chunks-left-out').hidden = count <= maxRows;
  byId('chunks-left-out').textContent = `The first ${maxRows} of ${count.toLocaleString('en')} chunks.`;
  byId('chunk-rows').replaceChildren(
    ...(request?.chunks ?? [])
      .slice(0, maxRows)
      .map((chunk) =>
        create('tr', [
          create('td', seconds(chunk.startMs)),
          create('td', seconds(chunk.endMs - chunk.startMs)),
          create('td', `${chunk.degree}`),
          create('td', rangesOf(chunk.lanes.map((lane) => lanes[lane]!.gpu))),
          create('td', chunk.stage === 'denoise' ? `${chunk.steps}` : chunk.stage),
        ]),
      ),
  );
}
