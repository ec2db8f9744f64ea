const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Has the first signal that should end the process call back instead; the next one of any kind ends it. */
export function onInterrupt(callback: () => void): () => void {
  const undo = (): void => {
    for (const signal of signals) process.off(signal, interrupt);
  };
  const interrupt = (): void => {
    undo();
    callback();
  };
  for (const signal of signals) process.on(signal, interrupt);
  return undo;
}
