/**
 * The packing of a round as an exact integer program, with rules of one's own.
 *
 * @packageDocumentation
 */
import untypedSolver, { type Model } from 'javascript-lp-solver';
import { finite, record, show } from '../model/check.js';
import { TetriError } from '../model/index.js';
import { checkKnapsack, resultOf, type KnapsackOption, type KnapsackResult } from './knapsack-problem.js';

// Its types describe a CommonJS module, where the solver is the `default` of the default import; its ESM build exports the
// solver itself.
const solver = untypedSolver as unknown as typeof untypedSolver.default;

/**
 * A rule beside the capacity: the coefficients of the chosen options add up to a sum within bounds.
 *
 * @experimental
 */
export interface LinearConstraint {
  /** Names the rule in errors. */
  readonly name: string;
  /** The sum is at most this; finite. Default no such bound. */
  readonly max?: number;
  /** The sum is at least this; finite. Default no such bound. */
  readonly min?: number;
  /** The sum is this; finite. Default no such bound. */
  readonly equal?: number;
  /** What an option adds to the sum if it is chosen; finite. Asked once for every option. */
  coefficient(group: number, option: number): number;
}

/**
 * What the integer program gave.
 *
 * @experimental
 */
export type IlpResult =
  | (KnapsackResult & {
      /** No choice that keeps all rules is worth more; and none of the same value costs less. */
      readonly status: 'optimal';
    })
  | {
      /** No choice keeps all rules. Only extra rules can bring that about. */
      readonly status: 'infeasible';
    };

/**
 * What counts as equal: sums that differ by no more than this, relative to the larger one if that is above 1. Well above
 * the solver's own precision of 1e-8, well below 1.
 */
const tolerance = 1e-6;

/**
 * The problem of `solveKnapsack` as an integer linear program, solved by branch and cut: a second, independent way to the
 * greatest value and the least cost, which also takes rules that the dynamic program cannot. Which of equal choices it
 * returns is not defined.
 *
 * Solved twice, so that no weighted sum of value and cost loses precision: for the greatest value, then for the least cost
 * at that value. An answer of the solver is taken only if it says that it is feasible and integral, and proves right when
 * checked against the rules here. There is no time limit, because what a stopped solver returns proves nothing.
 *
 * Two sums count as equal if they differ by less than a millionth (of the larger one if above 1). So values and costs
 * should be whole numbers below a million, or at least on a grid that is coarser than that.
 *
 * @param groups - the options of each group, at least one of them of width 0
 * @param capacity - GPUs at hand, a whole number of at least 0
 * @param extra - rules beside the capacity
 * @throws TetriError `unsolved` if the solver gives no answer that can be trusted; `empty`, `out-of-range` or
 * `invalid-type` as `checkKnapsack`, and for a bound or a coefficient that is not finite
 *
 * Complexity: exponential at worst, and a dense tableau of groups² x options. For tests, studies and small instances.
 *
 * @experimental
 */
export function solveKnapsackIlp(
  groups: readonly (readonly KnapsackOption[])[],
  capacity: number,
  extra: readonly LinearConstraint[] = [],
): IlpResult {
  checkKnapsack(groups, capacity);
  const tableOf = (pick: (option: KnapsackOption) => number): Table => groups.map((group) => group.map(pick));
  const rules: Rule[] = [
    { name: 'capacity', lower: 0, upper: capacity, coefficients: tableOf(({ width }) => width) },
    ...extra.map((constraint) => toRule(constraint, groups)),
  ];
  const value = tableOf((option) => option.value);
  const cost = tableOf((option) => option.cost);

  const dearest = optimise('max', value, rules);
  if (dearest === undefined) {
    if (extra.length === 0) throw unsolved('infeasible, though nobody has to run', groups);
    return { status: 'infeasible' };
  }
  const best = sumOf(value, dearest);
  const atBest = { name: 'value', lower: best - slack(best) / 2, upper: Infinity, coefficients: value };
  const choices = optimise('min', cost, [...rules, atBest]);
  if (choices === undefined) throw unsolved('infeasible at the value just found', best);
  const result = resultOf(groups, choices);
  // Each of the two answers is a witness against the other.
  if (!near(result.value, best)) throw unsolved(`value ${result.value} after a greatest value of ${best}`, choices);
  const dearestCost = sumOf(cost, dearest);
  if (result.cost > dearestCost + slack(dearestCost)) throw unsolved(`a least cost above ${dearestCost}`, choices);
  return { status: 'optimal', ...result };
}

/** A number for every option of every group. */
type Table = readonly (readonly number[])[];

/** A {@link LinearConstraint} in canonical form: both bounds, and the coefficients as a table. */
interface Rule {
  readonly name: string;
  readonly lower: number;
  readonly upper: number;
  readonly coefficients: Table;
}

function toRule(constraint: LinearConstraint, groups: readonly (readonly KnapsackOption[])[]): Rule {
  const { name, min, max, equal } = constraint;
  const bound = (value: number | undefined, field: string, none: number): number =>
    value === undefined ? none : finite(value, `${name}.${field}`);
  return {
    name,
    lower: Math.max(bound(min, 'min', -Infinity), bound(equal, 'equal', -Infinity)),
    upper: Math.min(bound(max, 'max', Infinity), bound(equal, 'equal', Infinity)),
    coefficients: groups.map((group, g) =>
      group.map((_, o) => finite(constraint.coefficient(g, o), `${name}.coefficient(${g}, ${o})`)),
    ),
  };
}

/**
 * The choices of greatest or least total within all rules, as the solver says and as checked here.
 *
 * @returns `undefined` if the solver says that there are none
 * @throws TetriError `unsolved`
 */
function optimise(opType: 'max' | 'min', objective: Table, rules: readonly Rule[]): readonly number[] | undefined {
  // The solver calls nothing integral where there is nothing to decide.
  if (objective.length === 0) return rules.every((rule) => keeps(rule, [])) ? [] : undefined;
  const solution = record(solver.Solve(modelOf(opType, objective, rules)), 'solution');
  if (solution['feasible'] === false) return undefined;
  if (solution['feasible'] !== true || solution['isIntegral'] !== true) throw unsolved('not integral', solution);
  const choices = objective.map((row, g) => {
    const shares = row.map((_, o) => Number(solution[variableOf(g, o)] ?? 0));
    const chosen = shares.findIndex((share) => near(share, 1));
    if (!shares.every((share, o) => near(share, o === chosen ? 1 : 0))) throw unsolved(`group ${g} is split`, solution);
    return chosen;
  });
  for (const rule of rules) {
    if (!keeps(rule, choices)) throw unsolved(`the rule ${show(rule.name)} is broken`, solution);
  }
  const total = sumOf(objective, choices);
  if (!near(Number(solution['result']), total)) throw unsolved(`the total is ${total}`, solution);
  return choices;
}

function modelOf(opType: 'max' | 'min', objective: Table, rules: readonly Rule[]): Model {
  const constraints: Model['constraints'] = {};
  const variables: Model['variables'] = {};
  const ints: Record<string, 1> = {};
  rules.forEach(({ lower, upper }, r) => {
    constraints[`rule ${r}`] = {
      ...(Number.isFinite(lower) && { min: lower }),
      ...(Number.isFinite(upper) && { max: upper }),
    };
  });
  objective.forEach((row, g) => {
    constraints[`group ${g}`] = { equal: 1 };
    row.forEach((coefficient, o) => {
      const column: Record<string, number> = { objective: coefficient, [`group ${g}`]: 1 };
      rules.forEach(({ coefficients }, r) => (column[`rule ${r}`] = at(coefficients, g, o)));
      variables[variableOf(g, o)] = column;
      // Whole, not below 0, and 1 in sum over the group: so each is 0 or 1 without a bound of its own.
      ints[variableOf(g, o)] = 1;
    });
  });
  // Presolve would set the objective of what it fixes to 0. The check for cycles calls a branch infeasible that merely
  // repeats a pivot, and so loses optima; the solver has Bland's rule against real cycles.
  const options = { presolve: false, exitOnCycles: false };
  return { optimize: 'objective', opType, constraints, variables, ints, options };
}

function variableOf(group: number, option: number): string {
  return `${group}/${option}`;
}

function at(table: Table, group: number, option: number): number {
  return (table[group] as readonly number[])[option] as number;
}

function sumOf(table: Table, choices: readonly number[]): number {
  return choices.reduce((sum, option, group) => sum + at(table, group, option), 0);
}

function keeps({ lower, upper, coefficients }: Rule, choices: readonly number[]): boolean {
  const sum = sumOf(coefficients, choices);
  return sum >= lower - slack(lower) && sum <= upper + slack(upper);
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= slack(b);
}

function slack(sum: number): number {
  return Number.isFinite(sum) ? tolerance * Math.max(1, Math.abs(sum)) : 0;
}

function unsolved(why: string, received: unknown): TetriError {
  return new TetriError('unsolved', `${why}, received ${show(received)}`, '', received);
}
