import type { RunLog } from '../../simulation/index.js';
import type { ReportOptions } from '../report-options.js';
import { embedJson, escapeHtml } from './embed.js';
import { encodeRun } from './encode-run.js';
import { body, script, scriptHash, style, styleHash } from './page.generated.js';

// Nothing may be fetched, and only our own script may run, whatever the names in the data are.
const contentPolicy = `default-src 'none'; script-src '${scriptHash}'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'`;

/**
 * A run as a page to look at in a browser: one HTML file that needs no network.
 *
 * Each GPU is a lane, grouped by NVLink domain; each chunk is a block over the GPUs that it held, coloured by request. Below, each
 * request has a line from its arrival to its completion, with its deadline; those that missed it are marked and listed. The
 * page can be zoomed, searched, and used with the keyboard. It stays quick with tens of thousands of chunks, which make a file
 * of a few megabytes.
 *
 * Safe to open whatever the ids of requests are: they are data to the page and never markup or script.
 *
 * Facts of `about` stand in the head of the page under the names that they have; `policy` is also in its title.
 *
 * O(sum of the degrees of all chunks).
 */
export function timelinePage(log: RunLog, options: ReportOptions): string {
  const policy = options.about?.['policy'];
  const title = typeof policy === 'string' ? `${policy}: timeline of a run` : 'Timeline of a run';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
<script type="application/json" id="run">${embedJson(encodeRun(log, options))}</script>
<script>${script}</script>
</body>
</html>
`;
}
