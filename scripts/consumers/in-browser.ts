import { pathToFileURL } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { findChromium } from '../../test/browser/find-chromium.js';

/** Fails if the bundle in Chromium gives other plans than the module in Node. */
export async function comparePlans(bundle: string, module: string): Promise<string> {
  const { plansAsText } = (await import(pathToFileURL(module).href)) as { plansAsText: () => string };
  const inNode = plansAsText();
  return inPage(async (page) => {
    await page.addScriptTag({ path: bundle });
    const inBrowser = await page.evaluate('consumer.plansAsText()');
    if (inBrowser !== inNode) throw new Error(`Chromium says\n${String(inBrowser)}\nand Node\n${inNode}`);
    return `${(JSON.parse(inNode) as unknown[]).length} policies plan the same in Chromium and Node`;
  });
}

/** Fails unless a module says in Chromium that all is well. */
export async function runInBrowser(module: string): Promise<string> {
  return inPage(async (page) => {
    const [said] = await Promise.all([
      page.waitForEvent('console'),
      page.addScriptTag({ path: module, type: 'module' }),
    ]);
    const text = said.text();
    if (!text.endsWith(': ok')) throw new Error(text);
    return text;
  });
}

/** Does something with an empty page; an error that nobody catches there is one here. */
async function inPage(act: (page: Page) => Promise<string>): Promise<string> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('there is no Chromium: install it, or set CHROMIUM_PATH');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    const failed = new Promise<never>((_, reject) => page.on('pageerror', reject));
    return await Promise.race([act(page), failed]);
  } finally {
    await browser.close();
  }
}
