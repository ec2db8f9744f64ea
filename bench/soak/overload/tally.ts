/** Counts things by name; it keeps numbers, and nothing that is counted. */
export interface Tally {
  add(name: string, amount?: number): void;
  of(name: string): number;
  /** Names and numbers, by name. */
  entries(): [string, number][];
}

export function createTally(): Tally {
  const counts = new Map<string, number>();
  return {
    add(name, amount = 1) {
      counts.set(name, (counts.get(name) ?? 0) + amount);
    },
    of: (name) => counts.get(name) ?? 0,
    entries: () => [...counts].sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}
