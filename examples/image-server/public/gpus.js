import { element, find, keyedList, setStyle, setText } from './dom.js';
import { gpuNames } from './words.js';

/**
 * @typedef {import('../live/live-state.js').LiveState} LiveState
 * @typedef {LiveState['gpus'][number]} Gpu
 * @typedef {LiveState['groups'][number]} Group
 * @typedef {{ gpus: Gpu[], group: Group | undefined }} Piece GPUs side by side that do the same.
 * @typedef {{ id: number, rows: Gpu[][], several: boolean }} Domain
 * @typedef {{ of: (requestId: string) => string }} Hues
 */

/** GPUs in a row, so that a group of up to eight can be one block. */
const rowLength = 8;

/**
 * The GPUs by domain, and on them the groups that run.
 *
 * @param {{ list: HTMLElement, none: HTMLElement }} places
 * @param {Hues} hues
 * @returns {(state: LiveState) => void}
 */
export function gpuView({ list, none }, hues) {
  /** @type {ReadonlyMap<number, Group>} */
  let groupOf = new Map();
  /** @type {ReadonlyMap<string, LiveState['requests'][number]>} */
  let requests = new Map();
  /** @type {WeakMap<HTMLElement, (gpus: Gpu[]) => void>} */
  const rowUpdates = new WeakMap();

  /** @returns {HTMLElement} */
  function createRow() {
    const pieces = element('ul', 'pieces');
    const names = element('ul', 'names');
    names.ariaHidden = 'true';
    const updatePieces = keyedList({
      ...{ parent: pieces, create: createPiece, update: updatePiece },
      key: (/** @type {Piece} */ { gpus, group }) => `${gpus[0]?.id} ${group?.requestIds.join(' ') ?? ''}`,
    });
    const updateNames = keyedList({
      parent: names,
      create: () => element('li'),
      update: updateName,
      key: (/** @type {Gpu} */ { id }) => `${id}`,
    });
    const row = element('div', 'row', pieces, names);
    rowUpdates.set(row, (gpus) => {
      updatePieces(piecesOf(gpus, groupOf));
      updateNames(gpus);
    });
    return row;
  }

  /** @param {HTMLElement} piece @param {Piece} item */
  function updatePiece(piece, { gpus, group }) {
    setStyle(piece, { '--span': `${gpus.length}` });
    setText(find('.for-readers', HTMLElement, piece), readersName(gpus));
    const members = group?.requestIds ?? [];
    const known = members.flatMap((id) => requests.get(id) ?? []);
    const late = known.some(({ slackMs }) => slackMs < 0);
    const state = group === undefined ? (gpus[0]?.state ?? 'idle') : group.stage;
    const className = ['piece', group === undefined ? state : `group ${state}`, late ? 'late' : ''].join(' ').trim();
    if (piece.className !== className) piece.className = className;
    const words = [state === 'running' ? '' : state, late ? 'late' : ''].filter((word) => word !== '');
    setText(find('.degree', HTMLElement, piece), group === undefined ? '' : `\u00d7${group.degree}`);
    setText(find('.state', HTMLElement, piece), words.join(', '));
    const first = known[0]?.prompt ?? members[0] ?? '';
    const who = members.length > 1 ? `${members.length} together: ${first}` : first;
    setText(find('.who', HTMLElement, piece), who);
    piece.title = group === undefined ? '' : `${members.join(', ')}\n${who}`;
    const bands = find('.bands', HTMLElement, piece);
    while (bands.children.length > members.length) bands.lastElementChild?.remove();
    while (bands.children.length < members.length) bands.append(element('span'));
    members.forEach((id, at) => {
      const request = requests.get(id);
      const done = request === undefined ? 0 : request.stepsDone / Math.max(request.steps, 1);
      const band = bands.children[at];
      if (band instanceof HTMLElement) setStyle(band, { '--hue': hues.of(id), '--done': done.toFixed(4) });
    });
  }

  const updateDomains = keyedList({
    parent: list,
    create: (/** @type {Domain} */ { id }) => {
      const rows = element('div', 'rows');
      const domain = element('section', 'domain', element('h3', '', `Domain ${id}`), rows);
      domainUpdates.set(
        domain,
        keyedList({
          parent: rows,
          create: createRow,
          update: (row, gpus) => rowUpdates.get(row)?.(gpus),
          key: (/** @type {Gpu[]} */ gpus) => `${gpus[0]?.id}`,
        }),
      );
      return domain;
    },
    update: (domain, { rows, several }) => {
      find('h3', HTMLElement, domain).classList.toggle('for-readers', !several);
      setStyle(domain, { '--columns': `${Math.max(...rows.map((row) => row.length))}` });
      domainUpdates.get(domain)?.(rows);
    },
    key: ({ id }) => `${id}`,
  });
  /** @type {WeakMap<HTMLElement, (rows: Gpu[][]) => void>} */
  const domainUpdates = new WeakMap();

  return (state) => {
    groupOf = new Map(state.groups.flatMap((group) => group.gpus.map((id) => [id, group])));
    requests = new Map(state.requests.map((request) => [request.id, request]));
    updateDomains(domainsOf(state.gpus));
    none.hidden = state.gpus.length > 0;
  };
}

/** @returns {HTMLElement} */
function createPiece() {
  const bands = element('span', 'bands');
  bands.ariaHidden = 'true';
  const head = element('span', 'head', element('b', 'degree'), ' ', element('span', 'state'));
  return element('li', 'piece', bands, element('span', 'for-readers'), head, ' ', element('span', 'who'));
}

/** @param {HTMLElement} name @param {Gpu} gpu */
function updateName(name, { id, slowdown }) {
  setText(name, isSlow(slowdown) ? `${id} slow` : `${id}`);
  name.title = isSlow(slowdown) ? `GPU ${id} takes ${slowdown.toFixed(1)} times as long as the others` : '';
  name.classList.toggle('slow', isSlow(slowdown));
}

/** @param {number} slowdown */
const isSlow = (slowdown) => slowdown >= 1.05;

/** @param {Gpu[]} gpus */
function readersName(gpus) {
  const slow = gpus
    .filter(({ slowdown }) => isSlow(slowdown))
    .map(({ id, slowdown }) => `${id} by ${slowdown.toFixed(1)}`);
  return `${gpuNames(gpus.map(({ id }) => id))}${slow.length === 0 ? '' : `, slowed down: ${slow.join(', ')}`}: `;
}

/** @param {readonly Gpu[]} gpus @returns {Domain[]} */
function domainsOf(gpus) {
  /** @type {Map<number, Gpu[]>} */
  const domains = new Map();
  for (const gpu of gpus) domains.set(gpu.domain, [...(domains.get(gpu.domain) ?? []), gpu]);
  return [...domains].map(([id, members]) => {
    const count = Math.ceil(members.length / rowLength);
    const rows = Array.from({ length: count }, (_, row) => members.slice(row * rowLength, (row + 1) * rowLength));
    return { id, rows, several: domains.size > 1 };
  });
}

/** @param {readonly Gpu[]} row @param {ReadonlyMap<number, Group>} groupOf @returns {Piece[]} */
function piecesOf(row, groupOf) {
  /** @type {Piece[]} */
  const pieces = [];
  for (const gpu of row) {
    const group = groupOf.get(gpu.id);
    const last = pieces.at(-1);
    if (last !== undefined && group !== undefined && last.group === group) last.gpus.push(gpu);
    else pieces.push({ gpus: [gpu], group });
  }
  return pieces;
}
