import fc from 'fast-check';

fc.configureGlobal({
  seed: Number(process.env['FC_SEED']),
  // `FC_RUNS=10000 npm test` looks longer.
  ...(process.env['FC_RUNS'] === undefined ? {} : { numRuns: Number(process.env['FC_RUNS']) }),
});
