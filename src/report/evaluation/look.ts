/** How a series looks, in all charts alike. */
export interface Look {
  readonly color: string;
  readonly symbol: string;
  readonly dash: 'solid' | 'dashed' | 'dotted';
}

/**
 * By name, so that a policy looks the same in every chart. The colours are those of Okabe and Ito, which are told apart by people who see
 * fewer; symbols and dashes tell them apart in print.
 */
const looks: Readonly<Record<string, Look>> = {
  horizon: { color: '#0072b2', symbol: 'circle', dash: 'solid' },
  tetriserve: { color: '#d55e00', symbol: 'rect', dash: 'solid' },
  edf: { color: '#009e73', symbol: 'triangle', dash: 'solid' },
  srpt: { color: '#cc79a7', symbol: 'diamond', dash: 'solid' },
  'per-shape': { color: '#b8860b', symbol: 'pin', dash: 'dashed' },
  'fixed-1': { color: '#bdbdbd', symbol: 'emptyCircle', dash: 'dashed' },
  'fixed-2': { color: '#969696', symbol: 'emptyRect', dash: 'dashed' },
  'fixed-4': { color: '#636363', symbol: 'emptyTriangle', dash: 'dashed' },
  'fixed-8': { color: '#252525', symbol: 'emptyDiamond', dash: 'dashed' },
  bound: { color: '#000000', symbol: 'none', dash: 'dotted' },
};

const others: readonly Look[] = [
  ...['horizon', 'tetriserve', 'edf', 'srpt', 'per-shape', 'fixed-4', 'fixed-1'].map((name) => looks[name]!),
];

/** @param index - of the series in its chart, for names that have no look of their own */
export function lookOf(name: string, index: number): Look {
  return (Object.hasOwn(looks, name) ? looks[name] : undefined) ?? others[index % others.length]!;
}
