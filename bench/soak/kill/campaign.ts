import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { randomStreams, type RandomSource } from '../../../src/simulation/random.js';
import { drawChance, drawOne } from '../../../src/testing/draws.js';
import { keptIds } from './artifacts.js';
import { createBooks, type Books, type LifeReport } from './books.js';
import { checkJournal } from './check-journal.js';
import { checkLines } from './check-lines.js';
import { bringAbout, drawDeath, type Death } from './deaths.js';
import { leaveTemporary, readJournal, tear } from './disk.js';
import { startLife } from './life.js';
import type { ServerOptions } from './server-options.js';

/** What a campaign is made from. */
export interface CampaignOptions {
  /** The server, bundled. */
  readonly program: string;
  /** An empty directory for the journal and the artifacts. */
  readonly dir: string;
  readonly seed: number;
  /** Lives that have to end by SIGKILL; those that are closed come on top. */
  readonly kills: number;
  /** Default: drawn for each life. */
  readonly fsync?: ServerOptions['fsync'];
  /** How the first lives end; the others are drawn. */
  readonly deaths?: readonly Death[];
  /** Told of each life. */
  readonly onLife?: (life: LifeReport, kind: string) => void;
}

/** What came of it. */
export interface CampaignReport extends Books {
  readonly lives: readonly (LifeReport & { readonly kind: string })[];
  readonly tornByUs: number;
  readonly temporariesByUs: number;
  /** Kills in the middle of a rewrite: they left a temporary file. */
  readonly temporariesByKills: number;
  /** Journals whose last line a kill cut off. */
  readonly tornByKills: number;
  /** Files of no use that kills left for ever. */
  readonly litter: number;
}

/**
 * Lets a server live and die on one journal, again and again. Then one life goes on until all has ended, and one more finds nothing to
 * do. Every life is checked against the books of those before it.
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const { program, dir, seed, kills } = options;
  const random = randomStreams(seed)('campaign');
  const books = createBooks();
  const lives: (LifeReport & { kind: string })[] = [];
  const journal = join(dir, 'journal');
  const damage = { tornByUs: 0, temporariesByUs: 0, temporariesByKills: 0, tornByKills: 0 };
  let killed = 0;

  const live = async (death: Death | undefined): Promise<void> => {
    const before = readJournal(journal);
    const hadTemporary = existsSync(`${journal}.tmp`);
    const serverOptions = {
      ...{ dir, life: lives.length, seed, ...drawManners(random) },
      ...(options.fsync === undefined ? {} : { fsync: options.fsync }),
      ...(death === undefined ? atRest : {}),
      ...(death?.kind === 'at a rewrite' ? { submissions: 'flood' as const } : {}),
      ...(death !== undefined && 'last' in death ? { lastLine: death.last } : {}),
    };
    const process = startLife(program, serverOptions);
    if (death !== undefined) await bringAbout(death, process, dir);
    const exit = await process.over;
    const kind = death?.kind ?? 'at rest';
    const life = { options: serverOptions, before, lines: process.lines, exit, after: readJournal(journal), kind };
    lives.push(life);
    checkLines(books, life);
    checkJournal(books, life);
    options.onLife?.(life, kind);
    if (exit.by !== 'SIGKILL') return;
    killed += 1;
    if (!before.isTorn && life.after.isTorn) damage.tornByKills += 1;
    if (!hadTemporary && existsSync(`${journal}.tmp`)) damage.temporariesByKills += 1;
    if (!existsSync(journal)) return;
    // A file has one end: what is torn already is not torn again.
    if (!life.after.isTorn && drawChance(random, 0.3)) {
      tear(journal, random);
      damage.tornByUs += 1;
    }
    if (drawChance(random, 0.15)) {
      leaveTemporary(journal);
      damage.temporariesByUs += 1;
    }
  };

  const planned = [...(options.deaths ?? [])];
  // Once something is wrong, all that follows is noise.
  const isFine = (): boolean => books.violations.length === 0;
  while (killed < kills && isFine()) await live(planned.shift() ?? drawDeath(random));
  if (isFine()) await live(undefined);
  if (isFine()) await live(undefined);
  if (isFine()) checkEnd(books, dir, lives);
  return { ...books, lives, ...damage, litter: readdirSync(dir).filter(isLitter).length };
}

/** A life that takes nothing new, and brings all the rest to its end. */
const atRest = { submissions: 'none', knowsLarge: true, whenLate: 'finish' } as const;

function drawManners(
  random: RandomSource,
): Pick<ServerOptions, 'fsync' | 'submissions' | 'knowsLarge' | 'whenLate' | 'whenFull'> {
  return {
    fsync: drawOne(random, ['always', 'never']),
    submissions: 'steady',
    knowsLarge: drawChance(random, 0.85),
    whenLate: drawOne(random, ['finish', 'finish', 'finish', 'drop']),
    whenFull: drawOne(random, ['refuse', 'displace']),
  };
}

/** Checks what the last lives left. */
function checkEnd({ stories, violations }: Books, dir: string, lives: readonly LifeReport[]): void {
  const last = lives.at(-1)!;
  if (last.before.open.size > 0 || last.lines.length !== 2) violations.push('the last life had something to do');
  for (const [id, { isAccepted, isWritten, told, ended }] of stories) {
    if ((isAccepted || isWritten) && told === undefined && ended === undefined) violations.push(`${id}: has no end`);
  }
  for (const id of keptIds(dir)) {
    if (!stories.has(id)) violations.push(`${id}: an artifact of nobody`);
  }
  const left = readdirSync(dir).filter((name) => !isLitter(name));
  if (left.sort().join() !== 'artifacts,journal') violations.push(`files are left: ${left.join()}`);
}

/** A lock that was prepared, and whose process was killed before it could remove the file. It does no harm. */
function isLitter(name: string): boolean {
  return /^journal\.lock(\.takeover)*\.[0-9a-f]{8}-/.test(name);
}
