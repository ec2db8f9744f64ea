/** What every report ends with. It holds for every grid, and for every machine. */
export const limits = `## What this can and cannot show

Policies are compared here, not machines. The simulator knows what a step takes at each degree, what encoding and decoding take, and a fixed
cost of moving a request to other GPUs. It knows nothing else:

- no network, no time to start a chunk, and no contention between groups on one node; no cost of the first collective of a new group;
- no limits of memory: whatever the scheduler starts, fits;
- step times of one model a figure, from the source that its caption names. Estimates are estimates, and what others measured is not checked here;
- workloads that are drawn from a few distributions, not recorded. Real traffic follows the hour and the fashion, and its prompts repeat;
- no failures: GPUs do not get lost, and nobody cancels.

Planning times, where there are any, are those of the machine that this was run on: their order of magnitude is what counts. Before you believe
any of this for your own service, replay your own trace on your own profile: \`tetri profile\` measures one, \`tetri simulate --trace\` replays
the other, and \`tetri evaluate --grid\` repeats all of this.
`;
