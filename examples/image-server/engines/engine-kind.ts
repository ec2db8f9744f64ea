/** Which engines there are. */
export const engineKinds = ['simulated', 'cpu', 'cuda'] as const;

/** One of them. */
export type EngineKind = (typeof engineKinds)[number];
