import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findChromium } from '../../browser/find-chromium.js';
import { startFakeLiveServer, type FakeLiveServer } from './fake-live-server.js';
import { busyState, gpus, livePicture, liveRequest, liveState } from './live-states.js';

// As much of a browser as is asked here: the tests are compiled without its types.
declare const window: { readonly attacked?: boolean; readonly violations: readonly string[] };
declare const document: {
  readonly activeElement: { readonly id: string; readonly tagName: string };
  readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number };
};
declare function getComputedStyle(element: unknown): {
  readonly backgroundColor: string;
  readonly outlineStyle: string;
};
declare function addEventListener(
  type: string,
  listener: (event: { animationName: string; propertyName: string; violatedDirective: string }) => void,
): void;

interface OpenOptions {
  /** What the console may say. */
  readonly expected?: RegExp;
  /** Whether the test moves the time of the page. */
  readonly clock?: boolean;
}

const executablePath = findChromium();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(executablePath === undefined)('the live page in Chromium', { timeout: 60_000 }, () => {
  let browser: Browser;

  beforeAll(async () => {
    // Root has no sandbox.
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
  }, 60_000);

  afterAll(async () => browser.close());

  /** The page of a server that has told `first`. Whatever it complains about fails the test, but what is `expected`. */
  async function open(
    first = liveState(),
    { expected = /^$/, clock = false, ...options }: Parameters<Browser['newPage']>[0] & OpenOptions = {},
  ): Promise<{ page: Page; server: FakeLiveServer }> {
    const server = await startFakeLiveServer();
    server.tell(first);
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !request.url().startsWith('data:')) complaints.push(request.url());
    });
    await page.addInitScript(() => {
      const violations: string[] = [];
      Object.assign(window, { violations });
      addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective));
    });
    onTestFinished(async () => {
      const violations = await page.evaluate(() => window.violations);
      await page.close();
      await server[Symbol.asyncDispose]();
      expect({ violations, complaints: complaints.filter((text) => !expected.test(text)) }).toEqual({
        violations: [],
        complaints: [],
      });
    });
    if (clock) await page.clock.install();
    await page.goto(server.url);
    await page.getByText('Live', { exact: true }).waitFor();
    return { page, server };
  }

  /** The text of each element, with every space as one. */
  async function texts(page: Page, selector: string): Promise<string[]> {
    const found = await page.locator(selector).allTextContents();
    return found.map((text) => text.replace(/\s+/g, ' ').trim());
  }

  /** The colour that an element, or what stands before or after it, is filled with. */
  const colour = (page: Page, selector: string): Promise<string> =>
    page
      .locator(selector)
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundColor);

  test('says whose it is, and what there is not yet', async () => {
    const { page } = await open();
    expect(await page.locator('h1').textContent()).toBe('flux.1-dev');
    expect(await page.title()).toBe('flux.1-dev, live');
    expect(await page.locator('#about').textContent()).toBe('h100, simulated \u00b7 policy horizon');
    expect(await texts(page, '.piece')).toEqual(gpus(8, 8).map(({ id }) => `GPU ${id}: idle`));
    expect(await texts(page, '.figure')).toEqual(['\u2013', '0 of 8', '0', '0']);
    expect(await page.locator('#no-gpus').isVisible()).toBe(false);
    expect(await page.getByText('Nobody waits.').isVisible()).toBe(true);
    expect(await page.getByText('None yet. Ask for one.').isVisible()).toBe(true);
  });

  test('says that the GPUs are not there yet', async () => {
    const { page } = await open(liveState({ gpus: [] }));
    expect(await page.locator('#no-gpus').textContent()).toBe('None yet: the server is still opening them.');
    expect(await page.locator('#no-gpus').isVisible()).toBe(true);
  });

  test('shows a request that waits, runs on GPUs and becomes a picture, in one colour', async () => {
    const { page, server } = await open(liveState({ requests: [liveRequest()] }));
    expect(await texts(page, '#queue > li')).toEqual([
      expect.stringMatching(/^a lighthouse at dusk1024 . 10240 of 28queued3\.0 s$/),
    ]);

    const running = { status: 'running', stepsDone: 7, gpus: [4, 5, 6, 7], slackMs: 1234 } as const;
    server.tell(
      liveState({
        gpus: gpus(8, 8, running.gpus),
        groups: [{ requestIds: ['r1'], gpus: running.gpus.slice(), degree: 4, stage: 'running' }],
        requests: [liveRequest({ ...running, gpus: running.gpus.slice() })],
      }),
    );
    await page.getByText('GPUs 4\u20137', { exact: true }).waitFor();
    expect(await texts(page, '.piece')).toEqual([
      ...['GPU 0: idle', 'GPU 1: idle', 'GPU 2: idle', 'GPU 3: idle'],
      'GPUs 4\u20137: \u00d74 a lighthouse at dusk',
    ]);
    expect(await texts(page, '#queue > li')).toEqual([expect.stringMatching(/7 of 28GPUs 4\u201371\.2 s$/)]);
    expect(await texts(page, '.figure')).toEqual(['\u2013', '4 of 8', '0', '0']);
    const inQueue = await colour(page, '#queue .swatch');
    expect(await colour(page, '.bands > span')).toBe(inQueue);
    const [gpu, piece] = [
      await page.locator('.piece').first().boundingBox(),
      await page.locator('.group').boundingBox(),
    ];
    expect(piece!.width / gpu!.width).toBeGreaterThan(4);

    server.tell(
      liveState({
        ended: { completed: 1, onTime: 1, failed: 0, cancelled: 0, refused: 0 },
        sloAttainment: 1,
        pictures: [livePicture()],
      }),
    );
    const picture = page.getByRole('img', { name: 'a lighthouse at dusk' });
    await picture.waitFor();
    await expect
      .poll(() => picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth))
      .toBe(96);
    expect(await texts(page, '#pictures .facts')).toEqual(['\u2713 on time2.3 s']);
    expect(await colour(page, '#pictures .swatch')).toBe(inQueue);
    expect(await page.locator('#queue > li').count()).toBe(0);
    expect(await texts(page, '.figure')).toEqual(['100%', '0 of 8', '0', '1']);
  });

  test('sixteen requests have sixteen colours, and keep them when the first are done', async () => {
    const requests = Array.from({ length: 20 }, (_, at) => liveRequest({ id: `r${at}`, gpus: [at] }));
    const colours = (): Promise<string[]> =>
      page.locator('#queue .swatch').evaluateAll((all) => all.map((one) => getComputedStyle(one).backgroundColor));
    const { page, server } = await open(liveState({ requests: requests.slice(0, 16) }));
    const first = await colours();
    expect(new Set(first).size).toBe(16);
    server.tell(liveState({ requests: requests.slice(4) }));
    await expect.poll(async () => (await colours()).slice(0, 12)).toEqual(first.slice(4));
    expect(new Set(await colours())).toEqual(new Set(first));
  });

  test('says what every GPU is in, and who shares one', async () => {
    const { page } = await open(busyState(6));
    const pieces = await texts(page, '.piece');
    expect(pieces).toHaveLength(5 * 5 + 1);
    for (const piece of [
      'GPUs 0\u20133: \u00d74 a lighthouse at dusk, oil on canvas',
      'GPU 4: \u00d71 2 together: macro photo of frost on a fern',
      'GPU 5: \u00d71 late botanical plate of a thistle, 1820',
      'GPU 7, slowed down: 7 by 1.4: idle',
      'GPU 12: \u00d71 decoding still life with quinces and pewter',
      'GPU 13: \u00d71 preparing night train through snow',
      'GPU 15: lost',
      'GPU 22: held',
      'GPU 38: excluded',
    ]) {
      expect(pieces).toContain(piece);
    }
    expect(await texts(page, '.domain h3')).toEqual([0, 1, 2, 3, 4, 5].map((domain) => `Domain ${domain}`));
  });

  test('who is late is said in words, and counted', async () => {
    const { page } = await open(busyState());
    expect(await texts(page, '#queue > .late .slack')).toEqual(['0.6 s late', '1.9 s late']);
    expect(await page.locator('#queue-summary').textContent()).toBe('9 unfinished, 2 late');
    expect(await texts(page, '#ended dl > div')).toEqual(['on time177', 'late7', 'failed1', 'refused4', 'cancelled2']);
    expect(await texts(page, '#pictures .late .mark')).toEqual(['\u2717 late', '\u2717 late']);
    expect(await page.getByRole('img', { name: /^SLO attainment/ }).getAttribute('aria-label')).toBe(
      'SLO attainment in the last minute: between 84.0% and 98.9%',
    );
  });

  test('a chart has a gap where there is no value', async () => {
    const history = [null, 1, 0.5, null, 0.5].map((sloAttainment, at) => ({
      ...{ atMs: 1000 * at - 3000, sloAttainment, waiting: at, busyGpus: 8 },
    }));
    const { page } = await open(liveState({ history }));
    const line = await page.locator('#attainment .line').getAttribute('d');
    expect(line).toBe('M570.0 0.0L580.0 50.0M600.0 50.0L600 50.0');
  });

  test('says that it is disconnected, and comes back by itself', async () => {
    const { page, server } = await open(busyState(), { expected: /ERR_INCOMPLETE_CHUNKED_ENCODING|503/ });
    const notice = page.locator('#notice');
    expect(await notice.textContent()).toBe('');
    server.hangUp();
    await page.getByText('Disconnected', { exact: true }).waitFor();
    expect(await notice.textContent()).toMatch(
      /^The connection to the server is lost\. This is how it was at .+; trying/,
    );
    expect(await page.locator('#queue > li').count()).toBe(9);
    server.tell(liveState());
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await notice.textContent()).toBe('');
    expect(await page.locator('#queue > li').count()).toBe(0);
  });

  test('a server that says nothing for long is asked again', async () => {
    const { page, server } = await open(liveState(), { clock: true });
    await page.clock.fastForward(15_000);
    server.tell(liveState({ nowMs: 16_000 }));
    await page.evaluate('new Promise(requestAnimationFrame)');
    await page.clock.fastForward(15_000);
    expect(server.connections).toBe(1);
    await page.clock.fastForward(6000);
    await page.clock.fastForward(1000);
    await expect.poll(() => server.connections).toBe(2);
    await page.getByText('Live', { exact: true }).waitFor();
  });

  test('says that the server is draining, and takes nothing new', async () => {
    const { page, server } = await open();
    const { server: about } = liveState();
    server.tell(liveState({ server: { ...about, draining: true } }));
    await page.getByText('Draining', { exact: true }).waitFor();
    expect(await page.locator('#notice').textContent()).toContain('takes nothing new');
    expect(await page.getByRole('button', { name: 'Generate' }).isDisabled()).toBe(true);
  });

  test('prompts, ids and addresses stay text, whatever they hold', async () => {
    const attack = 'window.attacked = true';
    const hostile = `</span><img src=x onerror="${attack}"><script>${attack}</script>${'long'.repeat(500)}`;
    const requests = [liveRequest({ id: hostile, prompt: hostile, shape: hostile, gpus: [0], status: 'running' })];
    const groups = [{ requestIds: [hostile], gpus: [0], degree: 1, stage: 'running' as const }];
    const pictures = [
      livePicture({ id: hostile, requestId: hostile, prompt: hostile, shape: hostile }),
      livePicture({ id: 'p2', url: 'http://192.0.2.1/' }),
      livePicture({ id: 'p3', url: `javascript:${attack}` }),
    ];
    const { page } = await open(liveState({ requests, groups, pictures }));
    expect(await page.locator('#queue .prompt').textContent()).toBe(hostile);
    expect(await page.locator('.piece .who').first().textContent()).toBe(hostile);
    expect(await page.locator('#pictures .prompt').first().textContent()).toBe(hostile);
    expect(await page.locator('#pictures li').count()).toBe(3);
    expect(await page.locator('#pictures :is([href], [src])').count()).toBe(2);
    expect(await page.locator('body script, img:not(#pictures a > img)').count()).toBe(0);
    expect(await page.evaluate(() => window.attacked)).toBeUndefined();
    expect(await overflow(page)).toBe(0);
  });

  test('with the keyboard alone a picture is asked for', async () => {
    const { page, server } = await open();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    server.answer = async () => {
      await held;
      return { status: 200, body: { data: [{ url: '/pictures/p1.png', latency_ms: 2345.6, on_time: false }] } };
    };
    await page.getByRole('option', { name: /^256/ }).waitFor({ state: 'attached' });
    const focused = (): Promise<string> =>
      page.evaluate(() => {
        const { outlineStyle } = getComputedStyle(document.activeElement);
        return `${document.activeElement.id || document.activeElement.tagName} ${outlineStyle}`;
      });
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('prompt solid');
    await page.keyboard.type('a heron');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('size solid');
    await page.keyboard.type('512');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('slo solid');
    await page.keyboard.type('2.5');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('BUTTON solid');
    await page.keyboard.press('Enter');
    const status = page.locator('#form-status');
    await expect.poll(() => status.textContent()).toBe('Sent; the picture is under way.');
    await page.keyboard.press('Enter');
    await expect.poll(() => status.textContent()).toBe('Sent; 2 pictures are under way.');
    await expect.poll(() => server.received.length).toBe(2);
    expect(server.received[0]).toEqual({ prompt: 'a heron', size: '512x512', slo_ms: 2500, response_format: 'url' });
    release();
    await expect.poll(() => status.textContent()).toBe('Done after 2.3 s, late.');
  });

  test.each([
    {
      answer: {
        status: 429,
        headers: { 'retry-after': '7' },
        body: { error: { message: 'too busy to make it in time', param: null } },
      },
      says: 'Too busy to make it in time. Please try again in 7 s.',
    },
    {
      answer: { status: 503, headers: { 'retry-after': '10' }, body: { error: { message: 'the server is draining' } } },
      says: 'The server is draining. Please try again in 10 s.',
    },
    {
      answer: { status: 400, body: { error: { message: "'size' must be less.", param: 'size' } } },
      says: "This was not accepted: 'size' must be less.",
      wrong: 'size',
    },
    { answer: { status: 502, body: 'Bad Gateway' }, says: 'The server could not make this picture.' },
  ])('an answer of $answer.status is said politely', async ({ answer, says, wrong }) => {
    const { page, server } = await open(liveState(), { expected: /status of [45]/ });
    server.answer = () => answer;
    await page.getByLabel('Prompt').fill('a heron');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#form-status').textContent()).toBe(says);
    expect(await page.locator('[aria-invalid=true]').evaluateAll((fields) => fields.map(({ id }) => id))).toEqual(
      wrong === undefined ? [] : [wrong],
    );
    expect(server.received).toEqual([{ prompt: 'a heron', size: '1024x1024', response_format: 'url' }]);
  });

  test('what cannot be sent is said where it is wrong', async () => {
    const { page, server } = await open();
    await page.getByRole('button', { name: 'Generate' }).click();
    expect(await page.locator(':focus').getAttribute('aria-describedby')).toBe('form-status');
    expect(await page.locator('#form-status').textContent()).toBe('Say what the picture should show.');
    await page.getByLabel('Prompt').fill('a heron');
    await page.getByLabel('SLO, seconds').fill('-1');
    await page.keyboard.press('Enter');
    expect(await page.locator('#form-status').textContent()).toContain('a number of seconds above 0');
    expect(await page.locator(':focus').getAttribute('id')).toBe('slo');
    expect(server.received).toEqual([]);
  });

  const overflow = (page: Page): Promise<number> =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

  /** What axe-core finds that would keep somebody from using the page. */
  async function barriers(page: Page): Promise<unknown> {
    await page.evaluate(axe);
    return page.evaluate(`axe.run().then(({ violations }) => violations.map(
      ({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + failureSummary).join('; ')))`);
  }

  test.each([
    { reducedMotion: 'reduce' as const, moves: 0 },
    { reducedMotion: 'no-preference' as const, moves: 1 },
  ])('moves only for those who like it: $reducedMotion', async ({ reducedMotion, moves }) => {
    const { page, server } = await open(liveState(), { reducedMotion });
    await page.evaluate(() => {
      const names = new Set<string>();
      Object.assign(window, { names });
      addEventListener('animationstart', ({ animationName }) => names.add(animationName));
      addEventListener('transitionrun', ({ propertyName }) => names.add(propertyName));
    });
    server.tell(liveState({ requests: [liveRequest()] }));
    await page.getByText('0 of 28').waitFor();
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
    expect(await page.evaluate('window.names.size')).toBe(moves);
  });

  describe.each(['light', 'dark'] as const)('in the %s', (colorScheme) => {
    test.each([
      { width: 360, domains: 8 },
      { width: 820, domains: 2 },
      { width: 1440, domains: 8 },
    ])('fits $width px with $domains domains, and everybody can use it', async ({ width, domains }) => {
      const { page } = await open(busyState(domains), { colorScheme, viewport: { width, height: 800 } });
      expect(await overflow(page)).toBe(0);
      expect(await page.locator('.names li').count()).toBe(8 * domains);
      expect(await barriers(page)).toEqual([]);
    });

    test('can be used while it is disconnected', async () => {
      const { page, server } = await open(busyState(), { colorScheme, expected: /ERR_INCOMPLETE|503/ });
      server.hangUp();
      await page.getByText('Disconnected', { exact: true }).waitFor();
      expect(await barriers(page)).toEqual([]);
    });

    test('has the colours for it', async () => {
      const { page } = await open(busyState(), { colorScheme });
      const [red] = (await colour(page, 'body')).match(/\d+/)!;
      expect(Number(red) < 128).toBe(colorScheme === 'dark');
    });
  });
});
