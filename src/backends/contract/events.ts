/** Something that happens to a backend by itself. Reported between `open` and `close`. */
export type BackendEvent =
  | {
      /**
       * A GPU is gone. What runs on it rejects with `gpu-lost`, before or after this event. Reported once until it is back.
       */
      readonly type: 'gpu-lost';
      readonly gpu: number;
      /** For people. */
      readonly detail: string;
    }
  | {
      /** A lost GPU can be used again, at once: what ran on it before the loss uses it no more, however late its call is answered. */
      readonly type: 'gpu-back';
      readonly gpu: number;
    }
  | {
      /**
       * Everything is gone, all state included: a driver that died, a connection that broke. Calls in progress reject with
       * `backend-lost`; `open` again where the capabilities say `reopens`, otherwise `close`.
       */
      readonly type: 'lost';
      /** For people. */
      readonly detail: string;
    };

/** Is told what happens to a backend. It does not throw. */
export type BackendListener = (event: BackendEvent) => void;
