import { buttonById, byId, create } from './elements.js';
import type { PageRequest } from './run.js';
import { lateness, seconds } from './words.js';

/** Rows that are added at a time: a browser is slow with tens of thousands. */
const pageSize = 200;

/** Lists the late requests; choosing one is told to `onChoose`. */
export function showLateList(late: readonly PageRequest[], onChoose: (request: PageRequest) => void): void {
  byId('late-count').textContent = late.length.toLocaleString('en');
  byId('late-none').hidden = late.length > 0;
  byId('late-table').hidden = late.length === 0;
  const [rows, more] = [byId('late-rows'), buttonById('late-more')];
  const addPage = (): void => {
    const shown = rows.childElementCount;
    rows.append(...late.slice(shown, shown + pageSize).map((request) => rowOf(request, onChoose)));
    more.hidden = rows.childElementCount >= late.length;
    more.textContent = `Show more of ${late.length.toLocaleString('en')}`;
  };
  more.addEventListener('click', addPage);
  addPage();
}

function rowOf(request: PageRequest, onChoose: (request: PageRequest) => void): HTMLElement {
  const button = create('button', request.id, { type: 'button', title: `Show ${request.id}` });
  button.addEventListener('click', () => onChoose(request));
  const { shape, deadlineMs } = request;
  return create('tr', [
    create('th', [button], { scope: 'row' }),
    create('td', shape ?? ''),
    create('td', deadlineMs === null ? '' : seconds(deadlineMs, 2)),
    create('td', request.completedMs === null ? request.ending : lateness(request)),
  ]);
}
