import { isDeepStrictEqual } from 'node:util';
import { keptArtifact } from './artifacts.js';
import { endOf, inShort, isEnd, type Books, type LifeReport } from './books.js';
import { explain } from './explain.js';

/** Ends after which a scheduler may rewrite its journal in the middle of its life, and forget them. */
const rewriteAfter = 1000;

/** Checks the journal that a life left against the one that it found, and against what it said; after `checkLines`. */
export function checkJournal({ stories, violations }: Books, report: LifeReport): void {
  const { options, before, lines, after } = report;
  const { life, dir } = options;
  const blame = (what: string): void => {
    violations.push(`life ${life}: ${what}`);
  };
  const isClosing = lines.some(({ type }) => type === 'closing');
  // It may have been killed after that.
  const isClosed = lines.at(-1)?.type === 'closed';
  const toldEnds = lines.filter((line) => line.type === 'ended' && isEnd(line.end)).length;
  for (const problem of after.problems) blame(`journal: ${problem}`);
  if (isClosed && after.isTorn) blame('the journal was closed, and its last line is cut off');

  // The ends that this life wrote.
  const known = new Set(before.ends.map(({ line }) => line));
  for (const { id, end, line } of after.ends) {
    if (known.has(line)) continue;
    const story = stories.get(id);
    if (story === undefined) {
      blame(`${id}: an end is written, and it was never submitted`);
      continue;
    }
    story.isWritten = true;
    if (!isEnd(end)) blame(`${id}: ${inShort(end)} is written, which is no end`);
    if (endOf(story) < life || story.ended !== undefined) blame(`${id}: ${inShort(end)}, and it had ended already`);
    const why = explain(end, story, report, isClosing);
    if (why !== undefined) blame(`${id}: ${inShort(end)} is written, but ${why}`);
    if (story.told !== undefined && inShort(story.told.end) !== inShort(end)) {
      blame(`${id}: ${inShort(end)} is written, and its client was told ${inShort(story.told.end)}`);
    }
    if (isClosed && story.told === undefined) blame(`${id}: its end is written, and nobody was told`);
    story.ended = { life, end };
  }

  // What goes on in the next life.
  let lastIndex = -1;
  for (const [id, { request, payload, starts }] of after.open) {
    const story = stories.get(id);
    if (story === undefined) {
      blame(`${id}: in the journal, and never submitted`);
      continue;
    }
    story.isWritten = true;
    if (endOf(story) <= life) blame(`${id}: in the journal after its end`);
    if (story.isRefused) blame(`${id}: in the journal, and was refused`);
    if (!isDeepStrictEqual(request, story.request)) blame(`${id}: in the journal as ${JSON.stringify(request)}`);
    if (!isDeepStrictEqual(payload, story.payload)) blame(`${id}: in the journal with ${JSON.stringify(payload)}`);
    if (story.life !== life && !before.open.has(id)) blame(`${id}: back in the journal`);
    if (story.index < lastIndex) blame(`${id}: not in the order of submission`);
    lastIndex = story.index;
    const more = starts - (before.open.get(id)?.starts ?? 0);
    if (more < 0 || more > 1) blame(`${id}: ${more} more starts in one life`);
    if (isClosed && more !== 0) blame(`${id}: a life that was closed counts as a crash`);
    if (isClosed && story.deliveredIn.includes(life)) blame(`${id}: delivered, closed in peace, and not over`);
  }

  // Whatever is complete is there to be had.
  for (const story of stories.values()) {
    const { id, shape, steps } = story.request;
    if (endOf(story) !== life || (story.told ?? story.ended)?.end.status !== 'completed') continue;
    const artifact = keptArtifact(dir, id);
    if (!isDeepStrictEqual(artifact, { shape, steps, payload: story.payload })) {
      blame(`${id}: completed, and what is kept is ${JSON.stringify(artifact)}`);
    }
  }

  // Nobody is lost: each is open, or its end is written, or it was told and then forgotten.
  const mayForget = isClosing || isClosed || toldEnds >= rewriteAfter;
  for (const story of stories.values()) {
    const { id } = story.request;
    const wasOpen = before.open.has(id);
    if (!wasOpen && story.life !== life) continue;
    if (after.open.has(id) || story.ended !== undefined) continue;
    if (story.told?.life === life) {
      if (!mayForget) blame(`${id}: its client was told ${inShort(story.told.end)}, and that is not written`);
    } else if (wasOpen) {
      blame(`${id}: was in the journal, and is lost`);
    } else if (story.isAccepted) {
      blame(`${id}: was accepted, and is not in the journal`);
    }
  }
}
