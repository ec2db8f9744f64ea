import type { LiveState } from './live-state.js';

type Point = LiveState['history'][number];
type LivePicture = LiveState['pictures'][number];

/** What `GET /live` remembers: the last minute, and the last pictures. */
export interface LiveHistory {
  readonly points: readonly Point[];
  readonly pictures: readonly LivePicture[];
  addPoint(point: Point): void;
  addPicture(picture: LivePicture): void;
}

export function createLiveHistory(maxPoints = 60, maxPictures = 12): LiveHistory {
  const points: Point[] = [];
  const pictures: LivePicture[] = [];
  return {
    points,
    pictures,
    addPoint(point) {
      points.push(point);
      if (points.length > maxPoints) points.shift();
    },
    addPicture(picture) {
      pictures.unshift(picture);
      if (pictures.length > maxPictures) pictures.pop();
    },
  };
}
