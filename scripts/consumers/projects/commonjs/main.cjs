/** CommonJS: Node 20.19, 22.12 and newer take ES modules by `require()`. */
'use strict';
const { builtinProfile, createCluster, planRound } = require('@tetri/scheduler');
const { createSimulatedBackend } = require('@tetri/scheduler/backends/simulated');
const { createScheduler } = require('@tetri/scheduler/scheduler');
const { fileJournal } = require('@tetri/scheduler/scheduler/file-journal');
const { simulate } = require('@tetri/scheduler/simulation');

const profile = builtinProfile('flux.1-dev_h100');
const plan = planRound({
  ...{ nowMs: 0, profile, gpus: createCluster(8).gpus },
  requests: [{ id: 'photo', shape: '1024x1024', steps: 28, arrivalMs: 0, deadlineMs: 3000 }],
});
if (plan.assignments.length !== 1) throw new Error('expected one assignment');
for (const each of [createScheduler, createSimulatedBackend, fileJournal, simulate])
  if (typeof each !== 'function') throw new Error('expected a function');
// Both ways lead to the same module.
void import('@tetri/scheduler').then((imported) => {
  if (imported.planRound !== planRound) throw new Error('expected one planRound, and not two');
  console.log('commonjs: ok');
});
