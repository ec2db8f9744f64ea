import { flag, nonEmptyList, optional, positive, record, show, text } from '../../model/check.js';
import { parseShapeId, shapeId, TetriError } from '../../model/index.js';
import { createPolicy, policyNames } from '../../policies/index.js';
import { distinct, line, oneOf, recordOf, wholeWithin, within } from './fields.js';
import type { Chart, Experiment, PolicyChoice, Rates } from './grid.js';
import { parseChart } from './parse-chart.js';
import { arrivalsByName, mixesByName } from './vocabulary.js';

const fieldNames = [
  ...['id', 'title', 'about', 'profile', 'requests', 'steps', 'shapes', 'mixes', 'arrivals', 'rates', 'slo', 'gpus'],
  ...['domainSize', 'policies', 'seeds', 'stepCvs', 'slowdowns', 'bound', 'charts'],
];

// As `tetri simulate` has them: what is larger does not end in a time that anybody waits.
const parseGpus = wholeWithin(1, 4096);
const parseRequests = wholeWithin(1, 100_000);
const parseSteps = wholeWithin(1, 10_000);
const parseSeed = wholeWithin(0, Number.MAX_SAFE_INTEGER);

/** Checks an experiment and fills in its defaults. */
export function parseExperiment(value: unknown, path: string): Experiment {
  const fields = recordOf(value, path, fieldNames);
  const at = (name: string): string => `${path}.${name}`;
  const shapes = distinct(fields['shapes'], at('shapes'), parseShape);
  const slo = recordOf(fields['slo'], at('slo'), ['base', 'scales']);
  const experiment = {
    id: parseId(fields['id'], at('id')),
    title: line(fields['title'], at('title')),
    about: optional(fields['about'], '', (entry) => text(entry, at('about'))),
    profile: text(fields['profile'], at('profile')),
    requests: optional(fields['requests'], 300, (entry) => parseRequests(entry, at('requests'))),
    steps: optional(fields['steps'], 28, (entry) => parseSteps(entry, at('steps'))),
    shapes,
    mixes: optional(fields['mixes'], ['uniform'], (entry) => distinct(entry, at('mixes'), mixWithin(shapes))),
    arrivals: optional(fields['arrivals'], 'poisson', (entry) =>
      oneOf(Object.keys(arrivalsByName))(entry, at('arrivals')),
    ),
    rates: parseRates(fields['rates'], at('rates')),
    slo: {
      base: oneOf(['paper', 'fastest'])(slo['base'], at('slo.base')),
      scales: distinct(slo['scales'], at('slo.scales'), positive),
    },
    gpus: optional(fields['gpus'], [8], (entry) => distinct(entry, at('gpus'), parseGpus)),
    domainSize: optional(fields['domainSize'], 8, (entry) => parseGpus(entry, at('domainSize'))),
    policies: parsePolicies(fields['policies'], at('policies')),
    seeds: optional(fields['seeds'], [1, 2, 3, 4, 5], (entry) => distinct(entry, at('seeds'), parseSeed)),
    stepCvs: optional(fields['stepCvs'], [0], (entry) => distinct(entry, at('stepCvs'), parseCv)),
    slowdowns: optional(fields['slowdowns'], [1], (entry) => distinct(entry, at('slowdowns'), positive)),
    bound: optional(fields['bound'], false, (entry) => flag(entry, at('bound'))),
  };
  if (experiment.bound && experiment.stepCvs.some((cv) => cv > 0)) {
    throw new TetriError('out-of-range', 'steps that vary have no bound', at('bound'), true);
  }
  const nameless = experiment.bound ? experiment.policies.findIndex(({ label }) => label === 'bound') : -1;
  if (nameless !== -1) {
    const message = 'expected another label: the bound is called so';
    throw new TetriError('out-of-range', message, at(`policies[${nameless}].label`), 'bound');
  }
  const charts = nonEmptyList(fields['charts'], at('charts')).map((entry, index) =>
    parseChart(entry, `${at('charts')}[${index}]`, experiment),
  );
  checkWindows(charts, at('charts'));
  return { ...experiment, charts };
}

/** A run is kept in windows of one length. */
function checkWindows(charts: readonly Chart[], path: string): void {
  const first = charts.find(({ show: measure }) => measure === 'over-time');
  charts.forEach(({ show: measure, windowMs }, index) => {
    if (measure !== 'over-time' || windowMs === first?.windowMs) return;
    const message = `expected ${first?.windowMs}, as in the other chart over time, received ${windowMs}`;
    throw new TetriError('out-of-range', message, `${path}[${index}].windowMs`, windowMs);
  });
}

function parseId(value: unknown, path: string): string {
  const id = text(value, path);
  // Two dashes stand between an id and the number of a chart in the names of files.
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(id) && !id.includes('--')) return id;
  const message = `expected lower-case letters, digits, dots and single dashes, received ${show(id)}`;
  throw new TetriError('out-of-range', message, path, id);
}

function parseShape(value: unknown, path: string): string {
  return shapeId(parseShapeId(text(value, path), path));
}

function mixWithin(shapes: readonly string[]): (value: unknown, path: string) => string {
  return (value, path) => {
    const name = text(value, path);
    if (Object.hasOwn(mixesByName, name)) return name;
    const shape = parseShape(name, path);
    if (shapes.includes(shape)) return shape;
    throw new TetriError('out-of-range', `expected one of the shapes, received ${show(name)}`, path, name);
  };
}

function parseRates(value: unknown, path: string): Rates {
  const fields = recordOf(value, path, ['unit', 'values']);
  return {
    unit: oneOf(['per-minute', 'per-minute-and-gpu', 'load'])(fields['unit'], `${path}.unit`),
    values: distinct(fields['values'], `${path}.values`, positive),
  };
}

function parseCv(value: unknown, path: string): number {
  if (typeof value === 'number' && value === 0) return 0;
  const cv = positive(value, path);
  if (cv >= 1) throw new TetriError('out-of-range', `expected a number below 1, received ${show(cv)}`, path, cv);
  return cv;
}

function parsePolicies(value: unknown, path: string): readonly PolicyChoice[] {
  const seen = new Set<string>();
  return nonEmptyList(value, path).map((entry, index) => {
    const here = `${path}[${index}]`;
    const policy = parsePolicy(entry, here);
    if (seen.has(policy.label)) {
      throw new TetriError('out-of-range', `${show(policy.label)} stands twice`, `${here}.label`, policy.label);
    }
    seen.add(policy.label);
    return policy;
  });
}

/** A policy as an object, or its name alone. */
function parsePolicy(value: unknown, path: string): PolicyChoice {
  const fields = recordOf(typeof value === 'string' ? { name: value } : value, path, ['name', 'label', 'options']);
  const name = text(fields['name'], `${path}.name`);
  if (!policyNames.includes(name)) {
    const message = `no policy ${show(name)}; there are ${policyNames.join(', ')}`;
    throw new TetriError('unknown-policy', message, `${path}.name`, name);
  }
  const options = optional(fields['options'], {}, (entry) => record(entry, `${path}.options`));
  // Made and thrown away: it knows best what is wrong with its options.
  within(`${path}.options`, () => createPolicy(name, options));
  const settings = Object.entries(options).map(([key, setting]) => `${key} ${String(setting)}`);
  const fallback = settings.length === 0 ? name : `${name} (${settings.join(', ')})`;
  return { name, label: optional(fields['label'], fallback, (entry) => line(entry, `${path}.label`)), options };
}
