import { horizon, type Policy } from '@tetri/scheduler';
import type { ImageEngine } from './engines/image-engine.js';

/** What an image server is made from. */
export interface ImageServerOptions {
  readonly engine: ImageEngine;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any that is free. */
  readonly port?: number;
  /** Who runs where. Default `horizon()`. */
  readonly policy?: Policy;
  /** Denoising steps of each request. Default 28. */
  readonly steps?: number;
  /** A request that names no deadline is due after so many times its fastest latency. Default 3. */
  readonly sloScale?: number;
  /** `feasible`: who would be late is refused at once. `all`: everybody is served, late if need be. Default `feasible`. */
  readonly admit?: 'feasible' | 'all';
  /**
   * Requests that are accepted and not done, at most. Default: three a GPU. The more there are, the longer it takes to tell whether another
   * one can be on time.
   */
  readonly maxRequests?: number;
  /** Clients that watch `/live`, at most. Default 50. */
  readonly maxWatchers?: number;
  /** What pictures in memory may take, in bytes. Default 64 MiB. */
  readonly pictureBytes?: number;
  /** How long a picture can be fetched, in ms. Default ten minutes. */
  readonly pictureMs?: number;
  /** How long `drain()` waits for requests that were accepted, in ms. Default 30 000. */
  readonly drainMs?: number;
  /** How long a request may take to arrive, in ms. Default 30 000. */
  readonly receiveMs?: number;
  /** Where clients reach this server, such as `https://images.example.org`, for the addresses of pictures. Default: where they say they do. */
  readonly publicUrl?: string;
  /** How long the end of GPUs that are still being opened may take when the server closes, in ms. Default 10 000. */
  readonly closeMs?: number;
  /** How long answers may take to be sent when the server closes, in ms. Default 5000. */
  readonly sendMs?: number;
  /** What is logged: a level of pino, such as `info`. Default `silent`. */
  readonly logLevel?: string;
}

/** The options with every default filled in. */
export type ImageServerSettings = Required<ImageServerOptions>;

/** Those that do not depend on other options. */
export const defaults = {
  host: '127.0.0.1',
  port: 0,
  steps: 28,
  sloScale: 3,
  admit: 'feasible',
  maxWatchers: 50,
  pictureBytes: 64 * 2 ** 20,
  pictureMs: 600_000,
  drainMs: 30_000,
  closeMs: 10_000,
  receiveMs: 30_000,
  sendMs: 5000,
  publicUrl: '',
  logLevel: 'silent',
} satisfies Partial<ImageServerOptions>;

export function withDefaults(options: ImageServerOptions): ImageServerSettings {
  return { policy: horizon(), maxRequests: 3 * options.engine.gpus, ...defaults, ...options };
}
