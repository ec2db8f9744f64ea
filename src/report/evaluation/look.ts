/** How a series looks, in all charts alike. */
export interface Look {
  readonly color: string;
  readonly symbol: string;
  /** Lengths of strokes and gaps, in pixels. */
  readonly dash: 'solid' | number[];
}

/**
 * By name, so that a policy looks the same in every chart. The colours are those of Okabe and Ito, which are told apart by people who see
 * fewer; symbols and dashes tell them apart in print.
 */
const looks: Readonly<Record<string, Look>> = {
  horizon: { color: '#0072b2', symbol: 'circle', dash: 'solid' },
  tetriserve: { color: '#d55e00', symbol: 'rect', dash: [9, 3] },
  edf: { color: '#009e73', symbol: 'triangle', dash: [3, 3] },
  srpt: { color: '#cc79a7', symbol: 'diamond', dash: [9, 3, 2, 3] },
  'per-shape': { color: '#b8860b', symbol: 'pin', dash: [14, 4] },
  'fixed-1': { color: '#bdbdbd', symbol: 'emptyCircle', dash: [2, 2] },
  'fixed-2': { color: '#969696', symbol: 'emptyRect', dash: [6, 3] },
  'fixed-4': { color: '#636363', symbol: 'emptyTriangle', dash: [6, 2, 2, 2] },
  'fixed-8': { color: '#252525', symbol: 'emptyDiamond', dash: [4, 2] },
  bound: { color: '#000000', symbol: 'none', dash: [1, 3] },
  target: { color: '#000000', symbol: 'none', dash: [1, 3] },
};

/** Of names without a look of their own. No policy has these colours: whoever remembers one is not misled. */
const spareColors = ['#332288', '#56b4e9', '#882255', '#999933', '#44aa99', '#aa4499', '#ddcc77'];
const spareSymbols = ['circle', 'rect', 'triangle', 'diamond', 'pin'];
const spareDashes: readonly Look['dash'][] = ['solid', [9, 3], [3, 3], [9, 3, 2, 3]];

/** The looks of the series of a chart, by name. Names that have none of their own get spare ones, in their order. */
export function looksOf(names: readonly string[]): ReadonlyMap<string, Look> {
  let used = 0;
  return new Map(names.map((name) => [name, Object.hasOwn(looks, name) ? looks[name]! : spareLook(used++)]));
}

/** Lists whose lengths have no common divisor: 140 series differ in one thing at least. */
function spareLook(index: number): Look {
  return {
    color: spareColors[index % spareColors.length]!,
    symbol: spareSymbols[index % spareSymbols.length]!,
    dash: spareDashes[index % spareDashes.length]!,
  };
}
