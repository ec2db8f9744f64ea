/** What can be wrong inside of the faulty backend. What can be wrong at its surface is put round it, see `backend-defects`. */
export type Fault =
  // Life cycle.
  | 'draining-takes-work'
  | 'close-forgets-those-who-wait'
  | 'close-waits-for-chunks'
  | 'close-keeps-state'
  | 'closing-tells-losses'
  // What a step computes.
  | 'chunks-matter'
  | 'degree-matters'
  | 'change-of-degree-matters'
  | 'gpu-matters'
  | 'order-of-gpus-matters'
  | 'second-shape-cannot-move'
  | 'full-batch-matters'
  | 'wide-batch-matters'
  | 'batch-takes-step-of-first'
  // What a batch does to its members.
  | 'refused-batch-touches-first'
  | 'abort-leaves-mates-behind'
  | 'release-takes-mates-along'
  | 'failure-harms-mates'
  // Releases.
  | 'release-does-not-stop'
  | 'old-chunk-writes-to-new-state'
  | 'released-prepare-comes-late'
  // Losses.
  | 'loss-is-told-twice'
  | 'chunks-survive-loss'
  | 'loss-ends-every-chunk'
  | 'loss-forgets-those-who-wait'
  | 'reopened-remembers'
  // Concurrency.
  | 'two-chunks-at-a-time';
