/** What `stats-page` serves: one page, and the numbers in it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { packageRoot } from '../package-root.js';
import type { History, Sample } from './history.js';
import type { Answer, Routes } from './http-endpoint.js';
import type { Report } from './report.js';
import type { Snapshot } from './snapshot.js';
import { toReport } from './to-report.js';

/** What the page asks for once a second. */
export interface PageData {
  report: Report;
  /** Those that it has not seen. */
  samples: Sample[];
}

export function pageRoutes(snapshot: () => Snapshot, history: Pick<History, 'since'>): Routes {
  let page: Answer | null = null;
  return {
    '/': () => {
      page ??= readPage();
      return page;
    },
    '/data': (query) => {
      const samples = history.since(Number(query.get('since')) || 0);
      const data: PageData = { report: toReport(snapshot(), { noCores: false }), samples };
      return { type: 'application/json', body: JSON.stringify(data) };
    },
  };
}

/** The page as the build has put it together (rolldown.config.js). Nothing but what is in it may run in the browser. */
function readPage(): Answer {
  const body = readFileSync(new URL('dist/stats-page.html', packageRoot), 'utf8');
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(body, 'script')}`,
    `style-src ${hashOf(body, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  const headers = { 'Content-Security-Policy': policy.join('; '), 'Referrer-Policy': 'no-referrer' };
  return { type: 'text/html; charset=utf-8', body, headers };
}

function hashOf(page: string, element: 'script' | 'style'): string {
  const text = page.slice(
    page.indexOf(`<${element}>`) + element.length + 2,
    page.lastIndexOf(`</${element}>`),
  );
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
