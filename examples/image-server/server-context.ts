import type { Registry } from 'prom-client';
import type { ImageService } from './image-service.js';
import type { LiveFeed } from './live/live-feed.js';
import type { LiveHistory } from './live/live-history.js';
import type { ImageServerSettings } from './options.js';
import type { PictureStore } from './picture-store.js';
import type { RequestBoard } from './live/request-board.js';
import type { Sizes } from './generations/sizes.js';

/** What the routes share. */
export interface ServerContext {
  readonly settings: ImageServerSettings;
  readonly service: ImageService;
  readonly sizes: Sizes;
  readonly board: RequestBoard;
  readonly pictures: PictureStore;
  readonly history: LiveHistory;
  readonly feed: LiveFeed;
  readonly registry: Registry;
}
