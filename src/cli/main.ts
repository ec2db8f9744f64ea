#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import { onInterrupt } from './on-interrupt.js';
import { runCli } from './run-cli.js';

// `tetri ... | head` closes the pipe early: nothing is wrong then, and nobody is left to be told.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    if (stream === process.stdout) process.stderr.write(`tetri: cannot write the output: ${error.message}\n`);
    process.exit(1);
  });
}

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdinIsTerminal: () => process.stdin.isTTY,
  readStdin: () => text(process.stdin),
  clockMs: () => performance.now(),
  onInterrupt,
  debug: process.env['TETRI_DEBUG'] === '1',
});
