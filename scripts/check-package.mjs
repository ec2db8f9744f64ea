/**
 * Looks at the package as it will be published: packs it, lints the tarball (publint, attw), checks what it holds, and
 * installs it into an empty project that type-checks and imports every entry point and runs the command.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, posix, resolve } from 'node:path';
import { commands, entryPoints, manifest, threads } from './entry-points.mjs';

const root = process.cwd();
const temporary = mkdtempSync(join(tmpdir(), 'tetri-package-'));
/** @type {string[]} */
const problems = [];

/**
 * Runs a command, the tools of this project's node_modules included; returns what it printed, throws if it failed.
 *
 * @param {string} command @param {string[]} args
 */
function run(command, args, cwd = root) {
  const path = [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter);
  return execFileSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** @param {string} name @param {() => string} check returns what to print; throws if it fails */
function step(name, check) {
  try {
    console.log(`ok     ${name}: ${check().trim()}`);
  } catch (error) {
    const { stdout, message } = /** @type {Error & { stdout?: string }} */ (error);
    problems.push(name);
    console.log(`FAILED ${name}: ${message}\n${stdout ?? ''}`);
  }
}

/** @param {readonly string[]} found */
function expectNone(found) {
  if (found.length > 0) throw new Error(found.join('\n       '));
}

const [packed] = JSON.parse(run('npm', ['pack', '--json', '--silent', '--pack-destination', temporary]));
const tarball = join(temporary, packed.filename);
/** @type {string[]} */
const files = packed.files.map((/** @type {{ path: string }} */ file) => file.path);
const [packedKb, unpackedKb] = [packed.size / 1000, packed.unpackedSize / 1000];
console.log(`packed ${files.length} files: ${packedKb.toFixed(0)} KB, ${unpackedKb.toFixed(0)} KB unpacked`);

step('contents', () => {
  const expected = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|src\/.+\.(ts|json)|dist\/.+\.(js|d\.ts)(\.map)?)$/;
  const worker = 'src/backends/cuda/worker';
  const ofWorkers = new RegExp(
    `^${worker}/(PROTOCOL\\.md|pyproject\\.toml|requirements\\.txt|tetri_worker/([a-z0-9_]+/)*[a-z0-9_]+\\.py)$`,
  );
  const due = [
    ...[`${worker}/requirements.txt`, `${worker}/tetri_worker/__main__.py`],
    ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'],
    ...entryPoints.flatMap(({ file }) => [file, `${file}.map`, file.replace(/\.js$/, '.d.ts')]),
    ...[...Object.values(commands), ...threads].map(({ file }) => file),
  ];
  expectNone([
    ...files
      .filter((file) => !expected.test(file) && !ofWorkers.test(file))
      .map((file) => `${file} does not belong there`),
    ...due.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
  ]);
  return 'what is due and nothing else';
});

step('source maps', () => {
  const maps = files.filter((file) => file.endsWith('.map'));
  expectNone(
    maps.flatMap((map) => {
      /** @type {{ sources: string[] }} */
      const { sources } = JSON.parse(readFileSync(map, 'utf8'));
      return sources
        .map((source) => posix.join(posix.dirname(map), source))
        .filter((source) => !files.includes(source))
        .map((source) => `${map} points to ${source}, which is not in the package`);
    }),
  );
  return `${maps.length} maps, all sources in the package`;
});

step('publint', () => run('publint', ['run', tarball, '--strict']).trim().split('\n').at(-1) ?? '');

step('attw', () => {
  run('attw', [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji']);
  return 'types resolve in every supported mode';
});

const consumer = join(temporary, 'consumer');

step('install', () => {
  const specifiers = entryPoints.map(({ subpath }) => posix.join(manifest.name, subpath));
  mkdirSync(consumer);
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  writeFileSync(
    join(consumer, 'consumer.ts'),
    [
      ...specifiers.map((specifier, index) => `import * as entry${index} from '${specifier}';`),
      ...specifiers.map((specifier, index) => `console.log('${specifier}:', Object.keys(entry${index}).join(', '));`),
    ].join('\n'),
  );
  writeFileSync(
    join(consumer, 'tsconfig.json'),
    JSON.stringify({
      // A strict user: looks into our declarations and has no Node types, only a console.
      compilerOptions: {
        ...{ module: 'NodeNext', target: 'ES2022', lib: ['ES2022', 'DOM'], types: [], skipLibCheck: false },
        ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      },
      include: ['consumer.ts'],
    }),
  );
  // What is optional for users is needed by one who imports everything.
  const peers = Object.keys(manifest.peerDependencies).map((name) => `${name}@${manifest.devDependencies[name]}`);
  const quiet = ['--silent', '--no-audit', '--no-fund', '--prefer-offline'];
  return run('npm', ['install', ...quiet, tarball, ...peers], consumer) || 'done';
});

step('type-check as a user', () => run('tsc', ['-p', '.'], consumer) || 'no errors, declarations included');

step('import as a user', () => `\n${run(process.execPath, ['consumer.js'], consumer)}`.replaceAll('\n', '\n       '));

for (const name of Object.keys(commands)) {
  step(`${name} --help`, () => {
    const bin = resolve(consumer, 'node_modules/.bin', name);
    const help = run(bin, ['--help'], consumer);
    if (!help.startsWith('Usage:')) throw new Error(`it printed ${JSON.stringify(help.slice(0, 200))}`);
    return `${help.split('\n')[0]}`;
  });
  step(`${name} --version`, () => {
    const version = run(resolve(consumer, 'node_modules/.bin', name), ['--version'], consumer).trim();
    if (version !== manifest.version) throw new Error(`it printed ${version}, package.json says ${manifest.version}`);
    return version;
  });
}

step('tetri evaluate with worker threads', () => {
  const experiment = {
    ...{ id: 'small', title: 'Small', profile: 'flux.1-dev_h100', requests: 5, shapes: ['256x256'], seeds: [1] },
    ...{ rates: { unit: 'per-minute', values: [12] }, slo: { base: 'paper', scales: [1] }, bound: true },
    ...{ policies: ['edf'], charts: [{ show: 'attainment' }] },
  };
  const grid = { schemaVersion: 1, title: 'Small', experiments: [experiment] };
  writeFileSync(join(consumer, 'grid.json'), JSON.stringify(grid));
  return (
    run(resolve(consumer, 'node_modules/.bin/tetri'), ['evaluate', '--grid', 'grid.json'], consumer).split('\n')[0] ??
    ''
  );
});

step('tetri capacity with worker threads', () => {
  const argv = ['capacity', '--requests', '5', '--shapes', '256x256', '--jobs', '2', '--chart', 'capacity.svg'];
  const said = run(resolve(consumer, 'node_modules/.bin/tetri'), argv, consumer);
  if (!said.includes('Wrote capacity.svg')) throw new Error(`it printed ${said}`);
  return said.split('\n')[0] ?? '';
});

rmSync(temporary, { recursive: true });
if (problems.length > 0) {
  console.log(`Failed: ${problems.join(', ')}`);
  process.exitCode = 1;
}
