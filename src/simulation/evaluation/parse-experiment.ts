import { flag, nonEmptyList, optional, positive, show, text, whole } from '../../model/check.js';
import { parseShapeId, shapeId, TetriError } from '../../model/index.js';
import { createPolicy } from '../../policies/index.js';
import { distinct, oneOf, recordOf, within } from './fields.js';
import type { Experiment, PolicyChoice, Rates } from './grid.js';
import { parseChart } from './parse-chart.js';
import { arrivalsByName, mixesByName } from './vocabulary.js';

const names = [
  ...['id', 'title', 'about', 'profile', 'requests', 'steps', 'shapes', 'mixes', 'arrivals', 'rates', 'slo', 'gpus'],
  ...['domainSize', 'policies', 'seeds', 'stepCvs', 'slowdowns', 'bound', 'charts'],
];

/** Checks an experiment and fills in its defaults. */
export function parseExperiment(value: unknown, path: string): Experiment {
  const fields = recordOf(value, path, names);
  const at = (name: string): string => `${path}.${name}`;
  const slo = recordOf(fields['slo'], at('slo'), ['base', 'scales']);
  const experiment = {
    id: parseId(fields['id'], at('id')),
    title: text(fields['title'], at('title')),
    about: optional(fields['about'], '', (entry) => text(entry, at('about'))),
    profile: text(fields['profile'], at('profile')),
    requests: optional(fields['requests'], 300, (entry) => whole(entry, at('requests'), 1)),
    steps: optional(fields['steps'], 28, (entry) => whole(entry, at('steps'), 1)),
    shapes: distinct(fields['shapes'], at('shapes'), parseShape),
    mixes: optional(fields['mixes'], ['uniform'], (entry) => distinct(entry, at('mixes'), parseMix)),
    arrivals: optional(fields['arrivals'], 'poisson', (entry) =>
      oneOf(Object.keys(arrivalsByName))(entry, at('arrivals')),
    ),
    rates: parseRates(fields['rates'], at('rates')),
    slo: {
      base: oneOf(['paper', 'fastest'])(slo['base'], at('slo.base')),
      scales: distinct(slo['scales'], at('slo.scales'), positive),
    },
    gpus: optional(fields['gpus'], [8], (entry) => distinct(entry, at('gpus'), atLeast(1))),
    domainSize: optional(fields['domainSize'], 8, (entry) => whole(entry, at('domainSize'), 1)),
    policies: parsePolicies(fields['policies'], at('policies')),
    seeds: optional(fields['seeds'], [1, 2, 3, 4, 5], (entry) => distinct(entry, at('seeds'), atLeast(0))),
    stepCvs: optional(fields['stepCvs'], [0], (entry) => distinct(entry, at('stepCvs'), parseCv)),
    slowdowns: optional(fields['slowdowns'], [1], (entry) => distinct(entry, at('slowdowns'), positive)),
    bound: optional(fields['bound'], false, (entry) => flag(entry, at('bound'))),
  };
  if (experiment.bound && experiment.stepCvs.some((cv) => cv > 0)) {
    throw new TetriError('out-of-range', 'steps that vary have no bound', at('bound'), true);
  }
  const charts = nonEmptyList(fields['charts'], at('charts')).map((entry, index) =>
    parseChart(entry, `${at('charts')}[${index}]`, experiment),
  );
  return { ...experiment, charts };
}

function parseId(value: unknown, path: string): string {
  const id = text(value, path);
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(id)) return id;
  const message = `expected lower-case letters, digits, dots and dashes, received ${show(id)}`;
  throw new TetriError('out-of-range', message, path, id);
}

function parseShape(value: unknown, path: string): string {
  return shapeId(parseShapeId(text(value, path), path));
}

function parseMix(value: unknown, path: string): string {
  const name = text(value, path);
  return Object.hasOwn(mixesByName, name) ? name : parseShape(name, path);
}

function parseRates(value: unknown, path: string): Rates {
  const fields = recordOf(value, path, ['unit', 'values']);
  return {
    unit: oneOf(['per-minute', 'per-minute-and-gpu', 'load'])(fields['unit'], `${path}.unit`),
    values: distinct(fields['values'], `${path}.values`, positive),
  };
}

function atLeast(min: number): (value: unknown, path: string) => number {
  return (value, path) => whole(value, path, min);
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
  const options = optional(fields['options'], {}, (entry) =>
    recordOf(entry, `${path}.options`, Object.keys(entry as object)),
  );
  // Made and thrown away: it knows best what is wrong with its name and its options.
  within(path, () => {
    createPolicy(name);
  });
  within(`${path}.options`, () => createPolicy(name, options));
  const settings = Object.entries(options).map(([key, setting]) => `${key} ${String(setting)}`);
  const fallback = settings.length === 0 ? name : `${name} (${settings.join(', ')})`;
  return { name, label: optional(fields['label'], fallback, (entry) => text(entry, `${path}.label`)), options };
}
