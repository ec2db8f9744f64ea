import { CsvError, parse } from 'csv-parse/sync';
import { positive, whole } from '../../model/check.js';
import { parseRequest, TetriError, type CompleteRequest } from '../../model/index.js';
import type { Profile } from '../../profile/index.js';
import { InputError, parseInput } from '../input-error.js';
import { checkOneClock } from './csv-clock.js';

/** A request as a line of a CSV file has it. */
export interface CsvRequest extends Omit<CompleteRequest, 'deadlineMs' | 'startStep'> {
  /** Where it stands, from 1. */
  readonly line: number;
  /** Absent if the file does not say. */
  readonly deadlineMs: number | undefined;
}

/** What a CSV file holds. */
export interface CsvRequests {
  readonly requests: readonly CsvRequest[];
  /** Names of columns that nothing was read from. */
  readonly unread: readonly string[];
}

const columns = [
  ...['id', 'arrivalMs', 'timestamp', 'shape', 'width', 'height', 'frames', 'steps', 'weight'],
  ...['sloMs', 'deadlineMs', 'deadline'],
];

/** One line of the file: texts by the name of their column. */
interface Row {
  readonly line: number;
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Reads a log of arrivals, one request a line below a line of column names, as it falls out of a database or a load balancer. Times count
 * from the first arrival, and are all of one clock.
 *
 * @param source - the name of the file, for errors
 * @param profile - must cover every shape
 * @param defaultSteps - steps of requests that do not say
 * @throws `InputError` that names the line and the column
 */
export function parseCsvRequests(source: string, text: string, profile: Profile, defaultSteps: number): CsvRequests {
  const rows = readRows(source, text);
  const [first] = rows;
  if (first === undefined) throw new InputError(`${source}: expected requests below a line of column names`);
  const requests = parseInput(source, () => {
    checkOneClock(rows.map((row) => ({ path: `line ${row.line}`, fields: filledIn(row) })));
    return rows.map((row) => toRequest(row, profile, defaultSteps));
  });
  const firstMs = requests.reduce((earliest, { arrivalMs }) => Math.min(earliest, arrivalMs), Infinity);
  return {
    requests: requests.map(({ arrivalMs, deadlineMs, ...request }) => ({
      ...request,
      arrivalMs: arrivalMs - firstMs,
      deadlineMs: deadlineMs === undefined ? undefined : deadlineMs - firstMs,
    })),
    unread: Object.keys(first.fields).filter((name) => !columns.includes(name)),
  };
}

function readRows(source: string, text: string): readonly Row[] {
  try {
    const head = (names: string[]): string[] => checkDistinct(source, names);
    const options = { bom: true, columns: head, info: true, skip_empty_lines: true, trim: true } as const;
    const rows = parse(text, options) as unknown as { record: Row['fields']; info: { lines: number } }[];
    return rows.map(({ record, info }) => ({ line: info.lines, fields: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InputError(`${source}: not CSV: ${error.message}`, { cause: error });
  }
}

/** Sees that no column stands twice, of which one would be read without a word. Spreadsheets leave columns without a name: these may. */
function checkDistinct(source: string, names: string[]): string[] {
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index);
  if (twice === undefined) return names;
  throw new InputError(`${source}: the column ${JSON.stringify(twice)} stands twice`);
}

function toRequest(row: Row, profile: Profile, defaultSteps: number): CsvRequest {
  const path = `line ${row.line}`;
  const { id = `line-${row.line}`, steps, weight, sloMs } = filledIn(row);
  const arrivalMs = timeOf(row, 'arrivalMs', 'timestamp');
  if (arrivalMs === undefined) {
    throw new TetriError('invalid-type', 'expected a column arrivalMs or timestamp', path, undefined);
  }
  const deadlineMs =
    sloMs === undefined
      ? timeOf(row, 'deadlineMs', 'deadline')
      : arrivalMs + positive(toNumber(sloMs), `${path}.sloMs`);
  const request = {
    ...{ id, shape: profile.shape(shapeOf(row), `${path}.shape`).id, arrivalMs },
    steps: steps === undefined ? defaultSteps : whole(toNumber(steps), `${path}.steps`, 1),
    weight: weight === undefined ? 1 : positive(toNumber(weight), `${path}.weight`),
  };
  // Whatever else there is to be refused, such as a deadline before the arrival.
  parseRequest({ ...request, deadlineMs: deadlineMs ?? arrivalMs }, path);
  return { ...request, line: row.line, deadlineMs };
}

function shapeOf(row: Row): string {
  const { shape, width, height, frames } = filledIn(row);
  if (shape !== undefined) return shape;
  if (width !== undefined && height !== undefined) {
    return [width, height, ...(frames === undefined ? [] : [frames])].join('x');
  }
  throw new TetriError('invalid-type', 'expected a column shape, or width and height', `line ${row.line}`, undefined);
}

/** A time that stands in one of two columns: as ms on any clock, or as a date; `undefined` if in neither. */
function timeOf(row: Row, inMs: string, asDate: string): number | undefined {
  const { [inMs]: ms, [asDate]: date } = filledIn(row);
  if (ms !== undefined) return milliseconds(ms, `line ${row.line}.${inMs}`);
  return date === undefined ? undefined : dateMs(date, `line ${row.line}.${asDate}`);
}

function milliseconds(text: string, path: string): number {
  const ms = toNumber(text);
  if (typeof ms === 'number') return ms;
  throw new TetriError('invalid-type', `expected a number of ms, received ${JSON.stringify(text)}`, path, text);
}

const isoDate = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:?\d\d)?$/;

/** A date of ISO 8601, with a space for the T if need be. Without a time zone it is taken for UTC, so that no machine reads it otherwise. */
function dateMs(text: string, path: string): number {
  const [, day, time, zone = 'Z'] = isoDate.exec(text) ?? [];
  const atMs = Date.parse(`${day}T${time}${zone}`);
  // Date.parse() takes 30 February for 2 March.
  if (day !== undefined && !Number.isNaN(atMs) && isInCalendar(day)) return atMs;
  const message = `expected a date such as 2026-11-02T09:15:00.250Z, received ${JSON.stringify(text)}`;
  throw new TetriError('out-of-range', message, path, text);
}

function isInCalendar(day: string): boolean {
  return new Date(`${day}T00:00Z`).getUTCDate() === Number(day.slice(8));
}

/** A number that is written in digits; any other text as it is, for the check of its field to refuse. */
function toNumber(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** The fields that hold something. */
function filledIn({ fields }: Row): Readonly<Partial<Record<string, string>>> {
  return Object.fromEntries(Object.entries(fields).filter(([, text]) => text !== ''));
}
