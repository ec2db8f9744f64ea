/**
 * The public API as text: a report for each entry point in `api/`, made by API Extractor from the declarations that are
 * published, so that a change of the API is seen in a review. `npm run api` writes the reports; without `--write` a report
 * that is stale is a failure. So is whatever is public without a comment.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { entryPoints } from './entry-points.mjs';

const { write } = parseArgs({ options: { write: { type: 'boolean', default: false } } }).values;
const folder = resolve('api');
const temporary = mkdtempSync(join(tmpdir(), 'tetri-api-'));
const none = { logLevel: ExtractorLogLevel.None };
const error = { logLevel: ExtractorLogLevel.Error };
/** @type {Set<string>} */
const undocumented = new Set();
/** @type {string[]} */
const stale = [];

/** `./packing/ilp` is `packing-ilp`, and `.` is `index`. @param {string} subpath */
function nameOf(subpath) {
  return subpath.slice(2).replaceAll('/', '-') || 'index';
}

/** Makes the report of an entry point. @param {import('./entry-points.mjs').EntryPoint} entryPoint */
function report({ subpath, file }) {
  const name = nameOf(subpath);
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: resolve('package.json'),
    configObject: {
      projectFolder: resolve('.'),
      mainEntryPointFilePath: resolve(file.replace(/\.js$/, '.d.ts')),
      newlineKind: 'lf',
      compiler: { tsconfigFilePath: resolve('tsconfig.docs.json') },
      apiReport: { enabled: true, reportFileName: name, reportFolder: folder, reportTempFolder: temporary },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: error },
        extractorMessageReporting: {
          default: error,
          // All that is exported is public.
          'ae-missing-release-tag': none,
          // What another entry point exports is missed here. TypeDoc looks at all of them, for types and links.
          'ae-forgotten-export': none,
          'ae-unresolved-link': none,
        },
        // ESLint looks at the syntax of comments.
        tsdocMessageReporting: { default: none },
      },
    },
  });
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: write,
    printApiReportDiff: !write,
    messageCallback(message) {
      const { messageId, text, sourceFilePath, sourceFileLine } = message;
      if (messageId === 'ae-undocumented') {
        undocumented.add(`${relative('.', sourceFilePath ?? '')}:${sourceFileLine}: ${text}`);
        message.handled = true;
      }
      // That the report has changed is said below, with what to do.
      if (messageId.startsWith('console-api-report-') && messageId !== 'console-api-report-diff')
        message.handled = true;
      if (messageId === 'console-preamble' || messageId === 'console-compiler-version-notice') message.handled = true;
    },
  });
  if (apiReportChanged) stale.push(`api/${name}.api.md`);
}

for (const entryPoint of entryPoints) report(entryPoint);
rmSync(temporary, { recursive: true });

const due = entryPoints.map(({ subpath }) => `${nameOf(subpath)}.api.md`);
for (const file of readdirSync(folder).filter((name) => !due.includes(name))) {
  if (write) rmSync(join(folder, file));
  stale.push(`api/${file}`);
}

if (undocumented.size > 0) console.log(`Public and without a comment:\n  ${[...undocumented].join('\n  ')}`);
if (stale.length > 0) console.log(`${write ? 'Written' : 'Stale'}: ${stale.join(', ')}`);
if (stale.length > 0 && !write) {
  console.log(
    'The public API has changed. If it should: npm run api, commit the reports, and tell it in CHANGELOG.md.',
  );
}
if (undocumented.size > 0 || (stale.length > 0 && !write)) process.exitCode = 1;
else console.log(`${due.length} reports are up to date`);
