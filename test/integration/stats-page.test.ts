/** `stats-page` in a real browser: it opens, it lives, it shows a worker that goes and comes back, and it runs nothing foreign. */
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cleanUp } from '../support/clean-up.js';
import { Instance } from '../support/instance.js';
import { findProgram, missingPrograms, skipped } from '../support/requirements.js';
import type { RunningServer } from '../support/server.js';
import { request, requestVars } from '../support/uwsgi-client.js';

vi.setConfig({ testTimeout: 60_000 });

const reasons = ['the page in a browser', missingPrograms('chromium')] as const;

describe.skipIf(skipped(...reasons))('stats-page', () => {
  let browser: Browser;
  let instance: Instance;
  let server: RunningServer;
  let url: string;

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: findProgram('chromium')!,
      args: [
        ...['--headless', '--no-sandbox', '--disable-gpu'],
        ...['--disable-background-networking', '--disable-sync'],
      ],
    });
    instance = await Instance.make();
    server = await instance.start('--processes', '2', '--threads', '2', '--stats-page', '127.0.0.1:0');
    const [, address] = await server.lines.waitFor(/^\*\*\* Stats page enabled on (\S+) fd/);
    url = `http://${address}/`;
  });
  afterAll(async () => {
    await browser?.close();
    await cleanUp();
  });

  async function open(
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<{ page: Page; problems: string[] }> {
    const page = await browser.newPage(options);
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(url);
    await page.locator('#workers tbody tr').nth(1).waitFor();
    return { page, problems };
  }

  const cell = (page: Page, worker: number, column: number) =>
    page.locator(`#workers tbody tr:nth-child(${worker}) td:nth-child(${column})`);

  it('shows the workers, draws its charts and goes on by itself', async () => {
    const { page, problems } = await open();
    expect(await page.title()).toMatch(/uwsgi-node$/);
    const requests = page.locator('#figures div:nth-child(2) dd');
    for (const expected of ['5', '10']) {
      for (let n = 0; n < 5; n++) await instance.get('/');
      await expect.poll(() => requests.textContent(), { timeout: 10_000 }).toBe(expected);
    }
    expect(await page.locator('.chart canvas').count()).toBe(4);
    const isDrawn = () =>
      page
        .locator('.chart canvas')
        .first()
        .evaluate((canvas: { toDataURL(): string }) => canvas.toDataURL().length);
    await expect.poll(isDrawn, { timeout: 10_000 }).toBeGreaterThan(3000);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('shows a worker that was killed, and its return', async () => {
    const { page } = await open();
    const [pid] = [await cell(page, 1, 2).textContent()];
    process.kill(Number(pid), 'SIGKILL');
    await expect
      .poll(async () => [await cell(page, 1, 2).textContent(), await cell(page, 1, 3).textContent()], {
        timeout: 20_000,
      })
      .toEqual([expect.not.stringMatching(`^(${pid}|-)$`), 'idle']);
    expect(await cell(page, 1, 10).textContent()).toBe('2×');
    await page.close();
  });

  it('fits a phone, in the dark too', async () => {
    const phone = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;
    const { page, problems } = await open(phone);
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBe(390);
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe('rgb(20, 23, 27)');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('lets nothing but its own script run, and is in no frame', async () => {
    const response = await fetch(url);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toMatch(
      /default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'/,
    );
    expect(policy).toContain("frame-ancestors 'none'");
    expect((await fetch(`${url}metrics`)).status).toBe(404);
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });

  it('shows the URI of a request that takes long, as text whatever it is, and says when the server is away', async () => {
    const { page, problems } = await open();
    const uri = '/stuck?<img src=x onerror=document.title=1>&and=more';
    const stuck = request(instance.socketPath, {
      vars: requestVars({ PATH_INFO: '/stuck', REQUEST_URI: uri, REMOTE_ADDR: '203.0.113.9' }),
    });
    const running = page.locator('#running tbody td:last-child');
    await expect.poll(() => running.first().textContent(), { timeout: 10_000 }).toBe(`GET ${uri}`);
    expect(await page.locator('#nothing').isHidden()).toBe(true);
    await running.first().locator('button').click();
    expect(await running.first().getAttribute('class')).toContain('open');
    expect(await page.locator('img').count()).toBe(0);
    expect(problems).toEqual([]);
    await server.destroy();
    await stuck;
    await expect.poll(() => page.locator('#problem').isVisible(), { timeout: 10_000 }).toBe(true);
    await page.close();
  });
});
