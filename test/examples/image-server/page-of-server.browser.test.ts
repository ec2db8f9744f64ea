import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createImageServer, type ImageServer } from '../../../examples/image-server/create-image-server.js';
import { readProfile } from '../../../examples/image-server/engines/read-profile.js';
import { createSimulatedEngine } from '../../../examples/image-server/engines/simulated-engine.js';
import { builtinProfile } from '../../../src/profile/index.js';
import { findChromium } from '../../browser/find-chromium.js';

// As much of a browser as is asked here: the tests are compiled without its types.
declare const window: { readonly seen: ReadonlySet<string> };
declare const document: { readonly body: unknown; querySelector(selector: string): { textContent: string } | null };
declare const MutationObserver: new (note: () => void) => { observe(target: unknown, options: object): void };

const executablePath = findChromium();

describe.skipIf(executablePath === undefined)('the page of a running server', { timeout: 60_000 }, () => {
  let browser: Browser;
  let server: ImageServer;

  beforeAll(async () => {
    // Root has no sandbox.
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
    server = await createImageServer({ engine: createSimulatedEngine(builtinProfile('flux.1-dev_h100'), 8) });
    await server.listen();
    await server.service.opened;
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test('what the form asks for runs on GPUs and becomes a picture', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(server.url!);
    await page.getByText('Live', { exact: true }).waitFor();
    // Whatever the request is said to do, however short.
    await page.evaluate(() => {
      const seen = new Set<string>();
      Object.assign(window, { seen });
      const note = (): void => {
        const where = document.querySelector('#queue .where')?.textContent;
        const piece = document.querySelector('.group .who')?.textContent;
        if (where !== undefined) seen.add(`where: ${where.replace(/\d.*/, '')}`);
        if (piece !== undefined) seen.add(`on GPUs: ${piece}`);
      };
      new MutationObserver(note).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    // Five seconds at best on eight GPUs: long enough to be seen.
    await page.getByLabel('Size').selectOption('2048x2048');
    await page.getByLabel('SLO, seconds').fill('30');
    await page.getByLabel('Prompt').fill('a heron in the reeds');
    await page.keyboard.press('Enter');

    const picture = page.getByRole('img', { name: 'a heron in the reeds' });
    await picture.waitFor();
    await expect
      .poll(() => picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth))
      .toBe(2048);
    expect(await page.evaluate(() => [...window.seen])).toEqual(
      expect.arrayContaining(['where: GPUs ', 'on GPUs: a heron in the reeds']),
    );
    await expect.poll(() => page.locator('#form-status').textContent()).toMatch(/^Done after [\d.]+ s, on time\.$/);
    await expect.poll(() => page.locator('#attainment .figure').textContent()).toMatch(/^100%/);
    expect(await page.locator('#queue > li').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a deadline that nobody could meet is refused, and it is said why', async () => {
    const page = await browser.newPage();
    await page.goto(server.url!);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByLabel('Size').selectOption('2048x2048');
    await page.getByLabel('SLO, seconds').fill('0.1');
    await page.getByLabel('Prompt').fill('a heron in a hurry');
    await page.keyboard.press('Enter');
    await page.getByText(/^This was not accepted: the SLO in ms must be at least \d+ for 2048x2048/).waitFor();
    expect(await page.getByLabel('SLO, seconds').getAttribute('aria-invalid')).toBe('true');
    await page.close();
  });

  test('whom a full server refuses is told when to come again', async () => {
    // Half a minute for each picture: nobody is done before the test is.
    const engine = createSimulatedEngine(await readProfile('flux.1-dev_h100', 0.1), 8);
    const full = await createImageServer({ engine, maxRequests: 2 });
    const url = await full.listen();
    await full.service.opened;
    const enough = new AbortController();
    const orders = ['a heron', 'another heron'].map((prompt) =>
      fetch(`${url}/v1/images/generations`, {
        ...{ method: 'POST', signal: enough.signal, headers: { 'content-type': 'application/json' } },
        body: JSON.stringify({ prompt, size: '2048x2048', slo_ms: 600_000 }),
      }),
    );
    const page = await browser.newPage();
    try {
      await page.goto(url);
      await expect.poll(() => page.locator('#queue > li').count()).toBe(2);
      await page.getByLabel('Prompt').fill('one heron more');
      await page.keyboard.press('Enter');
      await page.getByText(/\w. Please try again in \d+ s\.$/).waitFor();
      await expect.poll(() => page.locator('#ended dl').innerText()).toMatch(/refused\s*1/);
      expect(await page.locator('#form-status').getAttribute('class')).toBe('error');
    } finally {
      enough.abort();
      expect((await Promise.allSettled(orders)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      await page.close();
      await full.close();
    }
  });

  test('a server that drains says so until it is gone', async () => {
    const engine = createSimulatedEngine(await readProfile('flux.1-dev_h100', 0.1), 8);
    const leaving = await createImageServer({ engine, drainMs: 5000 });
    const url = await leaving.listen();
    await leaving.service.opened;
    const page = await browser.newPage();
    await page.goto(url);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByLabel('SLO, seconds').fill('600');
    await page.getByLabel('Prompt').fill('a last heron');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#queue > li').count()).toBe(1);
    const drained = leaving.drain();
    await page.getByText('Draining', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Generate' }).isDisabled()).toBe(true);
    expect(await page.locator('#queue > li').count()).toBe(1);
    await drained;
    await page.getByText('Disconnected', { exact: true }).waitFor();
    await expect.poll(() => page.locator('#form-status').textContent()).toMatch(/not available|could not be/);
    await page.close();
  });
});
