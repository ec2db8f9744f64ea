import { isDeepStrictEqual } from 'node:util';
import { endOf, inShort, isEnd, type Books, type LifeReport, type Story } from './books.js';
import { explain } from './explain.js';

/** Checks what a life said, line by line, and writes it into the books. */
export function checkLines({ stories, violations }: Books, report: LifeReport): void {
  const { options, before, lines, exit } = report;
  const { life } = options;
  const ended = new Set<string>();
  const delivered = new Set<string>();
  const accepted = new Set<string>();
  let isClosing = false;
  const blame = (what: string): void => {
    violations.push(`life ${life}: ${what}`);
  };

  /** The story of a request that something happens to, if that may be. */
  const alive = (id: string, what: string): Story | undefined => {
    const story = stories.get(id);
    if (story === undefined) blame(`${id}: ${what}, and was never submitted`);
    else if (story.life !== life && !before.open.has(id)) blame(`${id}: ${what}, and is none of this life`);
    else if (ended.has(id) || endOf(story) < life) blame(`${id}: ${what} after its end`);
    return story;
  };

  for (const line of lines) {
    switch (line.type) {
      case 'recovered': {
        const expected = [...before.open.values()].map(({ request }) => request);
        if (!isDeepStrictEqual(line.requests, expected)) {
          const ids = (list: readonly { readonly id: string }[]): string => list.map(({ id }) => id).join(' ');
          blame(`recovered ${ids(line.requests)}, and the journal had ${ids(expected)}`);
        }
        break;
      }
      case 'submit':
        if (stories.has(line.request.id)) blame(`${line.request.id}: submitted twice`);
        stories.set(line.request.id, {
          ...{ request: line.request, payload: line.payload, life, index: stories.size },
          ...{ isAccepted: false, isRefused: false, isWritten: false, ranIn: new Set(), deliveredIn: [] },
          ...{ told: undefined, ended: undefined },
        });
        break;
      case 'accepted': {
        const story = alive(line.id, 'accepted');
        if (accepted.has(line.id)) blame(`${line.id}: accepted twice`);
        accepted.add(line.id);
        if (story === undefined) break;
        if (story.life !== life) blame(`${line.id}: accepted again`);
        story.isAccepted = true;
        break;
      }
      case 'running':
        alive(line.id, 'run')?.ranIn.add(life);
        break;
      case 'delivered': {
        const story = alive(line.id, 'delivered');
        if (delivered.has(line.id)) blame(`${line.id}: delivered twice in one life`);
        delivered.add(line.id);
        story?.deliveredIn.push(life);
        break;
      }
      case 'ended': {
        const { id, end } = line;
        const story = alive(id, inShort(end));
        ended.add(id);
        if (story === undefined) break;
        const why = explain(end, story, report, isClosing);
        if (why !== undefined) blame(`${id}: ${inShort(end)}, but ${why}`);
        if (end.status === 'refused') story.isRefused = true;
        if (isEnd(end)) story.told = { life, end };
        break;
      }
      case 'error':
        blame(`an error in ${line.where}: ${line.message}`);
        break;
      case 'not-started':
        blame(`could not start: ${line.code} ${line.message}`);
        break;
      case 'closing':
        isClosing = true;
        break;
      case 'closed':
        break;
    }
  }

  const isClosed = lines.at(-1)?.type === 'closed';
  if (exit.stderr !== '') blame(`on stderr: ${exit.stderr}`);
  if (exit.by !== 'SIGKILL' && !(exit.by === 0 && isClosed)) blame(`ended by ${exit.by}`);
}
