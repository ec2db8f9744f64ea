/** A moment in a call of the backend. */
export interface Moment {
  readonly call: 'prepare' | 'run' | 'step' | 'finish' | 'release';
  /** Before the backend gets it, or when it was answered and the scheduler does not know yet. */
  readonly when: 'before' | 'after';
}

/** Things that happen at the worst moment: in the middle of a call of the backend. Each happens once. */
export interface Ambushes {
  lay(moment: Moment, act: () => void): void;
  spring(call: Moment['call'], when: Moment['when']): void;
}

export function createAmbushes(): Ambushes {
  const laid: { readonly moment: Moment; readonly act: () => void }[] = [];
  return {
    lay(moment, act) {
      laid.push({ moment, act });
    },
    spring(call, when) {
      if (laid.length === 0) return;
      const index = laid.findIndex(({ moment }) => moment.call === call && moment.when === when);
      if (index >= 0) laid.splice(index, 1)[0]!.act();
    },
  };
}
