import { inShort, isEnd, type LifeReport } from './books.js';
import type { CampaignReport } from './campaign.js';

/** The numbers of a campaign, by name. */
export function summarize(report: CampaignReport): ReadonlyMap<string, number> {
  const { lives, violations } = report;
  const stories = [...report.stories.values()];
  const numbers = new Map<string, number>();
  const count = (name: string, amount = 1): void => {
    numbers.set(name, (numbers.get(name) ?? 0) + amount);
  };
  count('lives', lives.length);
  count('kills', lives.filter(({ exit }) => exit.by === 'SIGKILL').length);
  for (const kind of [...new Set(lives.map((life) => life.kind))].sort()) {
    const ended = lives.filter((life) => life.kind === kind);
    count(`lives that ended ${kind}`, ended.length);
  }
  count('kills before there was a scheduler', lives.filter(({ lines }) => lines[0] === undefined).length);
  count('kills that cut a line off', report.tornByKills);
  count('kills in the middle of a rewrite', report.temporariesByKills);
  count('lives that rewrote the journal at work', lives.filter(forgot).length);
  count('files of no use that kills left', report.litter);
  count('lines torn by us', report.tornByUs);
  count('temporary files left by us', report.temporariesByUs);

  count('submitted', stories.length);
  count('refused', stories.filter(({ isRefused }) => isRefused).length);
  count('accepted', stories.filter(({ isAccepted }) => isAccepted).length);
  count('written, and nobody was told', stories.filter(({ isWritten, isAccepted }) => isWritten && !isAccepted).length);
  count(
    'recoveries',
    lives.reduce((sum, { before, lines }) => (lines.length > 0 ? sum + before.open.size : sum), 0),
  );
  count('requests recovered', new Set(lives.flatMap(({ before }) => [...before.open.keys()])).size);
  for (const ending of stories.map(({ told, ended }) => told ?? ended).filter((end) => end !== undefined)) {
    count(inShort(ending.end));
  }
  count('ends written, and nobody was told', stories.filter(({ told, ended }) => ended && !told).length);
  count('delivered once', stories.filter(({ deliveredIn }) => deliveredIn.length === 1).length);
  count('delivered more than once', stories.filter(({ deliveredIn }) => deliveredIn.length > 1).length);
  const isInVain = (end: (typeof stories)[number]['told']): boolean => end !== undefined && end.end.status === 'failed';
  count(
    'delivered, and failed later',
    stories.filter(({ told, ended, deliveredIn }) => deliveredIn.length > 0 && isInVain(told ?? ended)).length,
  );
  count('violations', violations.length);
  return numbers;
}

/** Whether the journal of a life does not hold what it said of ends: it was rewritten meanwhile. */
function forgot({ lines, after }: LifeReport): boolean {
  if (lines.some(({ type }) => type === 'closing')) return false;
  const written = new Set(after.ends.map(({ id }) => id));
  return lines.some((line) => line.type === 'ended' && isEnd(line.end) && !written.has(line.id));
}
