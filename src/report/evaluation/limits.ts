/** What every report ends with. */
export const limits = `## What this can and cannot show

Policies are compared here, not machines. The simulator knows what a step takes at each degree, what encoding and decoding take, and a fixed
cost of moving a request to other GPUs. It knows nothing else:

- no network, no time to start a chunk, and no contention between groups on one node; no cost of the first collective of a new group;
- no limits of memory: whatever the scheduler starts, fits;
- step times of one model a figure, from the source that its caption names. Estimates are estimates, and what others measured is not checked here;
- workloads that are drawn, from the paper's distributions. Real traffic follows the hour and the fashion, and its prompts repeat;
- no failures: GPUs do not get lost, and nobody cancels.

Planning times are those of a machine with few and shared processor cores: their order of magnitude is what counts. Differences that are smaller
than the intervals, on few seeds, mean nothing. Before you believe any of this for your own service, replay your own trace on your own
profile: \`tetri profile\` measures one, \`tetri simulate --trace\` replays the other, and \`tetri evaluate --grid\` repeats all of
this.
`;
