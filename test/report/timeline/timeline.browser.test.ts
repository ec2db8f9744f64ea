import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createCluster } from '../../../src/model/index.js';
import { createPolicy } from '../../../src/policies/index.js';
import { builtinProfile } from '../../../src/profile/index.js';
import { timelinePage } from '../../../src/report/index.js';
import {
  createWorkload,
  paperSlo,
  poissonArrivals,
  simulate,
  skewedMix,
  type ChunkRecord,
} from '../../../src/simulation/index.js';
import { findChromium } from '../../browser/find-chromium.js';

/** What the page tells programs that look at it. */
interface TimelineHandle {
  readonly chunks: number;
  readonly lanes: number;
  readonly positionOf: (chunk: number) => { readonly x: number; readonly y: number };
}

declare const window: { readonly tetriTimeline: TimelineHandle; readonly attacked?: boolean };

const executablePath = findChromium();
const screenshots = 'test-output';
const profile = builtinProfile('flux.1-dev_h100');
const cluster = createCluster(16, 8);
const trace = createWorkload({
  ...{ profile, requests: 150, steps: 28, seed: 2, arrivals: poissonArrivals(45) },
  ...{ mix: skewedMix(['256x256', '512x512', '1024x1024', '2048x2048']), slo: paperSlo() },
});
const { log, records, policy } = simulate({ trace, profile, cluster, policy: createPolicy('horizon') });
const { model, accelerator, source } = profile;
const about = { policy, model, accelerator, 'step times': source.kind };
const html = timelinePage(log, { trace, cluster, records, about });
const late = records.filter(({ onTime }) => !onTime).map(({ requestId }) => requestId);

describe.skipIf(executablePath === undefined)('the page in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tetri-timeline-'));
    mkdirSync(screenshots, { recursive: true });
    // Root has no sandbox.
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens a page from a file, without a network; whatever it complains about or asks for fails the test. */
  async function open(text: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const file = join(folder, 'run.html');
    writeFileSync(file, text);
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, offline: true, ...options });
    const complaints: string[] = [];
    const url = pathToFileURL(file).href;
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => request.url() !== url && complaints.push(`request of ${request.url()}`));
    onTestFinished(async () => {
      await page.close();
      expect(complaints).toEqual([]);
    });
    await page.goto(url);
    return page;
  }

  /** The visible time, in seconds, as the page says it. */
  async function view(page: Page): Promise<readonly [from: number, to: number]> {
    const text = (await page.locator('#view').textContent()) ?? '';
    const [from, to] = [...text.matchAll(/-?[\d,]+\.\d+/g)].map(([number]) => Number(number.replaceAll(',', '')));
    return [from!, to!];
  }

  const span = async (page: Page): Promise<number> => {
    const [from, to] = await view(page);
    return to - from;
  };

  const positionOf = (page: Page, chunk: number): Promise<{ x: number; y: number }> =>
    page.evaluate((index) => window.tetriTimeline.positionOf(index), chunk);

  async function find(page: Page, id: string): Promise<void> {
    await page.getByRole('searchbox').fill(id);
    await page.keyboard.press('Enter');
  }

  /** What the tooltip or the details say, by name. */
  const facts = (page: Page, selector: string): Promise<Record<string, string>> =>
    page
      .locator(`${selector} > div`)
      .evaluateAll((entries) =>
        Object.fromEntries(entries.map((entry) => [entry.children[0]!.textContent, entry.children[1]!.textContent])),
      ) as Promise<Record<string, string>>;

  test('says what was run and how it went', async () => {
    const page = await open(html);
    const head = await page.locator('header').innerText();
    for (const words of [policy, model, accelerator, 'estimated', '16 in 2 NVLink domains']) {
      expect(head).toContain(words);
    }
    expect(head).toContain(`${150 - late.length} of 150 requests on time`);
    expect(await page.evaluate(() => [window.tetriTimeline.lanes, window.tetriTimeline.chunks])).toEqual([
      16,
      log.length,
    ]);
  });

  test('every chunk of a request can be pointed at and shows its details', async () => {
    const page = await open(html);
    const id = late[0]!;
    await find(page, id);
    const visible = await view(page);
    const chunks = [...log.entries()].filter(([, { requestIds }]) => requestIds.includes(id));
    expect(chunks.length).toBeGreaterThan(20);
    for (const [index, chunk] of chunks) {
      expect(chunk.startMs / 1000).toBeGreaterThan(visible[0]);
      const { x, y } = await positionOf(page, index);
      await page.mouse.move(x, y);
      expect(await facts(page, '#tooltip')).toMatchObject({
        Request: id,
        Shape: trace.requests.find((request) => request.id === id)!.shape,
        Stage: chunk.stage ?? 'denoise',
        Degree: `${chunk.degree}`,
        Start: `${(chunk.startMs / 1000).toFixed(3)} s`,
        Deadline: expect.stringMatching(/^[\d.]+ s$/),
        Lateness: expect.stringMatching(/late$|^never/),
      });
    }
    await page.mouse.move(5, 5);
    expect(await page.locator('#tooltip').isVisible()).toBe(false);
  });

  test('wheel, keys, buttons and dragging change what is visible', async () => {
    const page = await open(html);
    const whole = await span(page);
    const { x, y } = await positionOf(page, Math.floor(log.length / 2));
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -400);
    await expect.poll(() => span(page)).toBeLessThan(whole * 0.8);
    await page.keyboard.press('0');
    expect(await span(page)).toBe(whole);
    await page.keyboard.press('+');
    const zoomed = await span(page);
    expect(zoomed).toBeCloseTo(whole / 1.5, 0);
    const [from] = await view(page);
    await page.keyboard.press('ArrowRight');
    const [moved] = await view(page);
    expect(moved - from).toBeCloseTo(0.15 * zoomed, 0);
    await page.mouse.down();
    await page.mouse.move(x + 60, y, { steps: 4 });
    await page.mouse.up();
    expect((await view(page))[0]).toBeLessThan(moved);
    await page.keyboard.press('-');
    await page.getByRole('button', { name: 'Fit all' }).click();
    expect(await span(page)).toBe(whole);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    expect(await span(page)).toBeCloseTo(zoomed, 0);
  });

  test('late requests are listed, counted and jumped to', async () => {
    const page = await open(html);
    expect(late.length).toBeGreaterThan(3);
    expect(await page.locator('#late-count').textContent()).toBe(`${late.length}`);
    const listed = await page.locator('#late-rows th').allTextContents();
    expect([...listed].sort()).toEqual([...late].sort());
    await page.locator('#late-rows button').nth(2).click();
    expect(await facts(page, '#details-facts')).toMatchObject({ Request: listed[2]! });
    await page.locator('#viewport').focus();
    await page.keyboard.press('n');
    expect(await facts(page, '#details-facts')).toMatchObject({ Request: listed[3]! });
    await page.keyboard.press('p');
    await page.keyboard.press('p');
    expect(await facts(page, '#details-facts')).toMatchObject({ Request: listed[1]! });
    await page.keyboard.press('Escape');
    expect(await page.locator('#details').isVisible()).toBe(false);
  });

  test('late only, and a selection, make the others fade', async () => {
    const page = await open(html);
    const before = await page.locator('canvas').screenshot();
    await page.getByLabel('Late only').check();
    await page.evaluate('new Promise(requestAnimationFrame)');
    const faded = await page.locator('canvas').screenshot();
    expect(meanChroma(faded)).toBeLessThan(meanChroma(before) * 0.6);
    await page.getByLabel('Late only').uncheck();
    await find(page, trace.requests[10]!.id);
    expect(await facts(page, '#details-facts')).toMatchObject({ Request: trace.requests[10]!.id });
    expect(await page.locator('#chunks-left-out').isVisible()).toBe(false);
    expect(await page.locator('#chunk-rows tr').count()).toBe(
      log.filter(({ requestIds }) => requestIds.includes(trace.requests[10]!.id)).length,
    );
  });

  test('keys work while the checkbox has the focus, and the view never starts at minus zero', async () => {
    const requests = [{ id: 'a', shape: '256x256', steps: 1, arrivalMs: 0, deadlineMs: 50 }];
    const page = await open(timelinePage([], { trace: { schemaVersion: 1, requests }, cluster }));
    expect(await page.locator('#view').textContent()).toMatch(/^0\.000 s to /);
    const whole = await span(page);
    await page.getByLabel('Late only').focus();
    await page.keyboard.press('+');
    await expect.poll(() => span(page)).toBeLessThan(whole);
  });

  test('a request of 130,000 chunks that never ends opens, and it is said that not all of them are listed', async () => {
    const chunk = { requestIds: ['a'], gpus: [0], degree: 1, steps: 1, fromSteps: [0] };
    const many = Array.from({ length: 130_000 }, (_, at): ChunkRecord => ({ ...chunk, startMs: at, endMs: at + 1 }));
    const requests = [{ id: 'a', shape: '256x256', steps: 200_000, arrivalMs: 0, deadlineMs: 1000 }];
    const page = await open(timelinePage(many, { trace: { schemaVersion: 1, requests }, cluster }));
    await find(page, 'a');
    expect(await page.locator('#chunk-rows tr').count()).toBe(500);
    expect(await page.locator('#chunks-left-out').textContent()).toBe('The first 500 of 130,000 chunks.');
  });

  test('search says when there is nothing', async () => {
    const page = await open(html);
    await page.getByRole('searchbox').fill('no such request');
    expect(await page.locator('#search-status').textContent()).toBe('not found');
  });

  test('ids stay text, whatever they hold', async () => {
    const attack = 'window.attacked = true';
    const ids = [
      ...[
        `</script><script>${attack}</script>`,
        `<img src=x onerror="${attack}">`,
        `"'\u2028<!--`,
        `javascript:${attack}`,
      ],
    ];
    const requests = ids.map((id) => ({ id, shape: '256x256', steps: 1, arrivalMs: 0, deadlineMs: 1 }));
    const chunks = ids.map((id, gpu): ChunkRecord => {
      return { requestIds: [id], gpus: [gpu], degree: 1, startMs: 0, endMs: 1000, steps: 1, fromSteps: [0] };
    });
    const options = {
      trace: { schemaVersion: 1, requests } as const,
      cluster,
      about: { policy: ids[0], [ids[1]!]: ids[1] },
    };
    const page = await open(timelinePage(chunks, options));
    expect((await page.locator('#late-rows th').allTextContents()).sort()).toEqual([...ids].sort());
    for (const [index, id] of ids.entries()) {
      const { x, y } = await positionOf(page, index);
      await page.mouse.move(x, y);
      await page.mouse.click(x, y);
      expect(await facts(page, '#tooltip')).toMatchObject({ Request: id });
      expect(await facts(page, '#details-facts')).toMatchObject({ Request: id });
    }
    expect(await page.evaluate(() => window.attacked)).toBeUndefined();
  });

  test.each([
    ['light', 1440, 900],
    ['dark', 1440, 900],
    ['light', 420, 900],
  ] as const)('draws in %s at %d x %d', async (colorScheme, width, height) => {
    const page = await open(html, { colorScheme, viewport: { width, height } });
    const file = join(screenshots, `timeline-${colorScheme}-${width}.png`);
    const { colours, brightness } = lookAt(await page.screenshot({ path: file }));
    expect(colours).toBeGreaterThan(100);
    if (colorScheme === 'dark') expect(brightness).toBeLessThan(110);
    else expect(brightness).toBeGreaterThan(170);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });

  test('a run of 50,000 chunks opens and zooms', async () => {
    const long = Array.from({ length: 50_000 }, (_, index): ChunkRecord => {
      const [slot, half] = [Math.floor(index / 2), index % 2];
      const gpus = Array.from({ length: 8 }, (_, gpu) => gpu + 8 * half);
      const times = { startMs: slot * 100, endMs: slot * 100 + 95 };
      return {
        requestIds: [`q${Math.floor(index / 20)}`],
        gpus,
        degree: 8,
        ...times,
        steps: 1,
        fromSteps: [slot % 10],
      };
    });
    const requests = Array.from({ length: 2500 }, (_, index) => {
      return { id: `q${index}`, shape: '256x256', steps: 10, arrivalMs: index * 1000, deadlineMs: index * 1000 + 1000 };
    });
    const text = timelinePage(long, { trace: { schemaVersion: 1, requests }, cluster });
    expect(text.length).toBeLessThan(4_000_000);
    const page = await open(text);
    const whole = await span(page);
    const { x, y } = await positionOf(page, 25_001);
    await page.mouse.move(x, y);
    for (let turn = 0; turn < 8; turn++) await page.mouse.wheel(0, -500);
    await expect.poll(() => span(page)).toBeLessThan(whole / 100);
    await find(page, 'q1250');
    const at = await positionOf(page, 25_001);
    await page.mouse.move(at.x, at.y);
    expect(await facts(page, '#tooltip')).toMatchObject({ Request: 'q1250', Start: '1,250.000 s', GPUs: '8-15' });
  });
});

/** How many colours there are in a picture, and how bright it is from 0 to 255. */
function lookAt(png: Buffer): { readonly colours: number; readonly brightness: number } {
  const { data } = PNG.sync.read(png);
  const colours = new Set<number>();
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) {
    colours.add(data.readUIntBE(at, 3));
    sum += (data[at]! + data[at + 1]! + data[at + 2]!) / 3;
  }
  return { colours: colours.size, brightness: sum / (data.length / 4) };
}

/** How far the colours of a picture are from grey, in the mean. */
function meanChroma(png: Buffer): number {
  const { data } = PNG.sync.read(png);
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
    sum += Math.max(red, green, blue) - Math.min(red, green, blue);
  }
  return sum / (data.length / 4);
}
