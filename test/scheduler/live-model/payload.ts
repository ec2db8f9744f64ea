/** What the clients of these tests have generated, and what comes with it. */
export interface Payload {
  readonly name: string;
  /** Makes every chunk fail that it is in. */
  readonly poisonous?: true;
  /** Nobody takes its artifact. */
  readonly undeliverable?: true;
}

export function isPoisonous(payload: unknown): boolean {
  return (payload as Payload | undefined)?.poisonous === true;
}

export function isUndeliverable(payload: unknown): boolean {
  return (payload as Payload | undefined)?.undeliverable === true;
}
