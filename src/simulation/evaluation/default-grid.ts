const squares = ['256x256', '512x512', '1024x1024', '2048x2048'];
const both = ['uniform', 'skewed'];
const everyone = ['horizon', 'tetriserve', 'edf', 'srpt', 'per-shape', 'fixed-1', 'fixed-2', 'fixed-4', 'fixed-8'];
const planners = ['horizon', 'tetriserve', 'edf', 'srpt', 'per-shape', 'fixed-4', 'fixed-8'];
const best = ['horizon', 'tetriserve', 'edf'];
const granularities = [1, 2, 3, 5, 8, 10].map((stepGranularity) => ({
  name: 'tetriserve',
  options: { stepGranularity },
}));

/** The paper's: FLUX.1-dev on H100, 12 requests a minute for eight of them. Step times are estimates. */
const h100 = {
  profile: 'flux.1-dev_h100',
  shapes: squares,
  rates: { unit: 'per-minute', values: [12] },
  slo: { base: 'paper', scales: [1] },
};

/** A slower accelerator, its step times measured. */
const l20 = {
  profile: 'flux.1-dev_l20',
  shapes: squares,
  rates: { unit: 'load', values: [0.6] },
  slo: { base: 'fastest', scales: [2] },
};

const tetriserveParts = [
  { name: 'tetriserve', label: 'packing', options: { placement: false, scaleUp: false, batching: false } },
  { name: 'tetriserve', label: '+ placement', options: { scaleUp: false, batching: false } },
  { name: 'tetriserve', label: '+ scale-up', options: { batching: false } },
  { name: 'tetriserve', label: '+ batching' },
];

const horizonParts = [
  { name: 'horizon', label: 'all' },
  { name: 'horizon', label: 'not jointly', options: { jointly: false } },
  { name: 'horizon', label: 'one forecast', options: { maxForecasts: 1 } },
  { name: 'horizon', label: 'no holding', options: { holding: false } },
  { name: 'horizon', label: 'no scale-up', options: { scaleUp: false } },
  { name: 'horizon', label: 'single steps', options: { chunkMs: 0 } },
  { name: 'horizon', label: 'no margin', options: { marginSteps: 0 } },
];

/**
 * The grid that ships with the package, as a document: the evaluation of the TetriServe paper on two profiles of FLUX.1-dev, and what the
 * paper does not ask. To be read by `parseGrid()`.
 */
export const defaultGrid: unknown = {
  schemaVersion: 1,
  title: 'Evaluation',
  experiments: [
    {
      ...h100,
      id: 'slo-scale-h100',
      title: 'Tighter and looser deadlines',
      about: "The paper's main question: how many deadlines are met when all of them are stretched by a factor.",
      mixes: both,
      slo: { base: 'paper', scales: [1, 1.1, 1.2, 1.3, 1.4, 1.5] },
      policies: everyone,
      bound: true,
      charts: [{ show: 'attainment', x: 'sloScale' }],
    },
    {
      ...h100,
      id: 'share-of-bound-h100',
      title: 'Out of what is possible',
      about: 'Attainment over that of the bound, workload by workload: how much is left for any scheduler to gain.',
      mixes: both,
      slo: { base: 'paper', scales: [1, 1.2, 1.5] },
      policies: planners,
      bound: true,
      charts: [{ show: 'share-of-bound', x: 'sloScale' }],
    },
    {
      ...h100,
      id: 'shapes-h100',
      title: 'Who meets deadlines, by shape',
      mixes: both,
      policies: planners,
      charts: [{ show: 'by-shape' }],
    },
    {
      ...h100,
      id: 'rate-h100',
      title: 'More requests a minute',
      mixes: both,
      rates: { unit: 'per-minute', values: [6, 12, 18, 24, 36, 48] },
      policies: planners,
      bound: true,
      charts: [{ show: 'attainment', x: 'rate' }],
    },
    {
      ...h100,
      id: 'latency-h100',
      title: 'Latency',
      about: 'A policy that meets deadlines need not be fast: it may take its time with whoever has some.',
      mixes: both,
      policies: planners,
      charts: [{ show: 'latency' }],
    },
    {
      ...h100,
      id: 'bursts-h100',
      title: 'Bursts',
      about:
        'Half of the requests of a minute arrive within ten seconds of it. Degrees fall while the burst lasts, and rise after it.',
      requests: 240,
      arrivals: 'bursts',
      rates: { unit: 'per-minute', values: [24] },
      policies: [...best, 'fixed-4'],
      charts: [{ show: 'over-time', windowMs: 20_000 }],
    },
    {
      ...h100,
      id: 'granularity-h100',
      title: 'Steps a round of TetriServe',
      mixes: both,
      policies: granularities,
      charts: [{ show: 'attainment', x: 'option', option: 'stepGranularity', series: 'mix' }],
    },
    {
      ...h100,
      id: 'one-shape-h100',
      title: 'One shape only',
      about: 'All requests ask for the same shape, at one load, so that a fixed degree can be the right one.',
      mixes: squares,
      rates: { unit: 'load', values: [0.6] },
      policies: everyone,
      charts: [{ show: 'attainment', x: 'mix' }],
    },
    {
      ...h100,
      id: 'parts-of-tetriserve-h100',
      title: 'What the parts of TetriServe are worth',
      about: 'Each bar adds one part to those before it.',
      mixes: both,
      slo: { base: 'paper', scales: [1, 1.5] },
      policies: tetriserveParts,
      charts: [{ show: 'attainment', x: 'policy' }],
    },
    {
      ...h100,
      id: 'parts-of-horizon-h100',
      title: 'What the parts of horizon are worth',
      about: 'Each bar leaves one part out.',
      mixes: both,
      rates: { unit: 'per-minute', values: [12, 24] },
      policies: horizonParts,
      charts: [{ show: 'attainment', x: 'policy' }],
    },
    {
      ...h100,
      id: 'noise-h100',
      title: 'Steps that vary',
      about:
        'Every step takes another time; the coefficient of variation of 5 % is seven times what the paper saw at most.',
      mixes: both,
      stepCvs: [0, 0.05],
      policies: planners,
      charts: [{ show: 'attainment', x: 'policy', series: 'stepCv' }],
    },
    {
      ...h100,
      id: 'wrong-profile-h100',
      title: 'A profile that is wrong',
      about: 'Steps take 10 % longer than the profile says. The scheduler learns that from what it observes.',
      mixes: both,
      slowdowns: [1, 1.1],
      policies: planners,
      charts: [{ show: 'attainment', x: 'policy', series: 'slowdown' }],
    },
    {
      ...h100,
      id: 'gpus-h100',
      title: 'More GPUs',
      about:
        'Nodes of eight GPUs under one scheduler; requests arrive at 2.25 a minute for each GPU, which is 18 for eight.',
      mixes: both,
      requests: 600,
      gpus: [8, 16, 32, 64],
      rates: { unit: 'per-minute-and-gpu', values: [2.25] },
      policies: ['horizon', 'tetriserve', 'edf', 'per-shape', 'fixed-8'],
      charts: [{ show: 'attainment', x: 'gpus' }],
    },
    {
      ...h100,
      id: 'planning-h100',
      title: 'What planning takes',
      about:
        'Real time of a turn of the scheduler with a plan in it, measured while nothing else of the evaluation ran. The rate grows with the GPUs, at 2.25 a minute for each.',
      gpus: [8, 16, 32, 64],
      rates: { unit: 'per-minute-and-gpu', values: [2.25] },
      policies: [...best, 'fixed-4'],
      charts: [{ show: 'planning', x: 'gpus' }],
    },
    {
      ...l20,
      id: 'slo-scale-l20',
      title: 'Deadlines, on measured step times',
      mixes: both,
      slo: { base: 'fastest', scales: [1.25, 1.5, 2, 2.5, 3, 4] },
      policies: everyone,
      bound: true,
      charts: [{ show: 'attainment', x: 'sloScale' }],
    },
    {
      ...l20,
      id: 'share-of-bound-l20',
      title: 'Out of what is possible, on measured step times',
      mixes: both,
      slo: { base: 'fastest', scales: [1.5, 2, 3] },
      policies: planners,
      bound: true,
      charts: [{ show: 'share-of-bound', x: 'sloScale' }],
    },
    {
      ...l20,
      id: 'shapes-l20',
      title: 'Who meets deadlines, by shape, on measured step times',
      mixes: both,
      policies: planners,
      charts: [{ show: 'by-shape' }],
    },
    {
      ...l20,
      id: 'load-l20',
      title: 'Load, on measured step times',
      mixes: both,
      rates: { unit: 'load', values: [0.2, 0.4, 0.6, 0.8, 1, 1.5] },
      policies: planners,
      bound: true,
      charts: [{ show: 'attainment', x: 'rate' }],
    },
    {
      ...l20,
      id: 'granularity-l20',
      title: 'Steps a round of TetriServe, on measured step times',
      mixes: both,
      policies: granularities,
      charts: [{ show: 'attainment', x: 'option', option: 'stepGranularity', series: 'mix' }],
    },
    {
      ...l20,
      id: 'parts-of-horizon-l20',
      title: 'What the parts of horizon are worth, on measured step times',
      about: 'Each bar leaves one part out.',
      mixes: both,
      rates: { unit: 'load', values: [0.6, 0.9] },
      slo: { base: 'fastest', scales: [1.5] },
      policies: horizonParts,
      charts: [{ show: 'attainment', x: 'policy' }],
    },
    {
      ...l20,
      id: 'noise-l20',
      title: 'Steps that vary, on measured step times',
      mixes: both,
      stepCvs: [0, 0.05],
      policies: planners,
      charts: [{ show: 'attainment', x: 'policy', series: 'stepCv' }],
    },
    {
      ...l20,
      id: 'wrong-profile-l20',
      title: 'A profile that is wrong, on measured step times',
      mixes: both,
      slowdowns: [1, 1.1],
      policies: planners,
      charts: [{ show: 'attainment', x: 'policy', series: 'slowdown' }],
    },
  ],
};
