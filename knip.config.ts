import type { KnipConfig } from 'knip';
import { commands, entryPoints, threads } from './scripts/entry-points.mjs';

const published = [...entryPoints, ...Object.values(commands), ...threads].map(({ source }) => source);

/** What is unused: files, exports, dependencies. Everything that is reached from what stands here, or in a script of package.json, is used. */
export default {
  entry: [
    ...published,
    'src/report/timeline/page/main.ts',
    // Started as processes or threads of their own.
    'scripts/{evaluate,capacity}-worker.mjs',
    'bench/{index,study}.ts',
    'bench/soak/kill/server.ts',
    'test/scheduler/journal/child.ts',
    // Imported by the modules that code blocks of the guides become.
    'test/docs/given.ts',
    // Run by `npm run examples`, or tested.
    'examples/*.ts',
    'examples/image-server/{main,client}.ts',
    // Loaded by its page.
    'examples/image-server/public/page.js',
    // Installed, compiled and run elsewhere.
    'scripts/consumers/projects/**',
    // Run by hand.
    'scripts/pictures/image-server.ts',
  ],
  project: ['{src,test,bench,examples,scripts}/**/*.{ts,js,mjs,cjs}'],
  // The tools that scripts/check-package.mjs runs, and what is put into a page as it stands in its file.
  ignoreDependencies: ['@arethetypeswrong/cli', 'publint', 'axe-core'],
  // There on machines with NVIDIA GPUs only, and our own.
  ignoreBinaries: ['nvidia-smi', 'tetri'],
  // A type that only its own file uses may be exported all the same: it is what an exported function takes or returns.
  ignoreExportsUsedInFile: { interface: true, type: true },
} satisfies KnipConfig;
