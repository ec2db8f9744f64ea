/**
 * What the library takes from its platform beside the language: what Node, Deno, Bun and browsers all have. It stands in for
 * their types when the library is checked (tsconfig.build.json), so that nothing else of them gets in by accident; users see the
 * types of their own platform.
 */

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare const performance: { readonly timeOrigin: number; now(): number };

declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare function clearTimeout(timer: unknown): void;
declare function queueMicrotask(callback: () => void): void;

/** Node, Bun and Deno have it, browsers do not. */
declare const setImmediate: ((callback: () => void) => unknown) | undefined;
