import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { marked } from 'marked';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compare } from '../../src/report/compare.ts';
import { escapeCode, escapeProse } from '../../src/report/escape.ts';
import { ganttMarkdown } from '../../src/report/gantt.ts';
import { reportHtml } from '../../src/report/html.ts';
import { reportMarkdown } from '../../src/report/markdown.ts';
import { cases } from '../report/cases.ts';
import { startChromium } from '../support/chromium.ts';

const root = join(import.meta.dirname, '..', '..');
/** A folder for pictures of every report, for people who look at them. */
const pictures = process.env.REPORT_PICTURES;

let browser: Browser;
let folder: string;

beforeAll(async () => {
  browser = await startChromium(join(root, '.local'));
  folder = await mkdtemp(join(tmpdir(), 'report-'));
});

afterAll(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Text with what Markdown, HTML and Mermaid may take for their own. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '`',
          '``',
          '```',
          '|',
          '\n',
          ':',
          ';',
          '#',
          '%%',
          '%%{',
          '}%%',
          '<b>',
          '</td>',
          '<!--',
          '-->',
          '&lt;',
        ],
        ...[
          'section ',
          'title ',
          'click ',
          'call a()',
          '---',
          '===',
          '**',
          '__',
          '~~',
          '[x](y)',
          '![x](y)',
          '\\',
        ],
        ...[
          '@all',
          '#1',
          'https://evil.test',
          'www.evil.test',
          'a@b.test',
          '$$',
          '{',
          '}',
          '"',
          "'",
          ',',
          '2026-01-01',
        ],
        ...[
          '\u2028',
          '\u202e',
          '\u0000',
          '😀',
          'end',
          'done, ',
          'crit, ',
          '#35;',
          '#colon;',
          '<',
          '>',
          '&',
          ' ',
        ],
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

/** A page in a context of its own, and every request that it makes beyond its first file. */
async function open(html: string, width: number, colorScheme: 'light' | 'dark' = 'light') {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const asked: string[] = [];
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const file = join(folder, `page-${Math.random()}.html`);
  await writeFile(file, html);
  const address = pathToFileURL(file).href;
  await page.route('**/*', (route) => {
    if (route.request().url() === address) return route.continue();
    asked.push(route.request().url());
    return route.abort();
  });
  await page.goto(address);
  return { page, asked, dialogs, close: () => context.close() };
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
const textWidth =
  "(range => (range.selectNodeContents(document.querySelector('h1')), range.getBoundingClientRect().width))(document.createRange())";
const foreign = "document.querySelectorAll('script, img, iframe, link').length";
const pwned = 'globalThis.pwned';

/** What test/support/report-in-page.js finds. */
interface Inspected {
  foreign: number;
  links: string[];
  headings: number;
  charts: string[];
  /** Cells in each row of each table. */
  cells: number[][];
}

/** The Markdown as a page: GitHub's flavour, without GitHub's own sanitizer, which is the harder test. */
async function githubPage(text: string): Promise<string> {
  const body = await marked.parse(text, { gfm: true });
  return `<!doctype html><meta charset="utf-8"><style>
body{font:16px/1.5 system-ui,"DejaVu Sans",sans-serif;margin:0 auto;padding:16px;max-width:900px;overflow-wrap:anywhere}
table{border-collapse:collapse}td,th{border:1px solid #d1d9e0;padding:6px 13px}code{background:#eff1f3;padding:.2em .4em;border-radius:6px;font-size:85%}
blockquote{border-left:4px solid #d1d9e0;margin:0;padding:0 1em;color:#59636e}pre code{white-space:pre-wrap}
</style>${body}`;
}

test('no name whatever leads out of a label, a cell or a sentence', async () => {
  const { page, close } = await open('<!doctype html><meta charset="utf-8">', 900);
  try {
    await page.addScriptTag({ path: join(root, 'node_modules', 'mermaid', 'dist', 'mermaid.min.js') });
    await page.addScriptTag({ path: join(root, 'test', 'support', 'report-in-page.js') });
    for (const names of fc.sample(fc.array(hostileText, { minLength: 12, maxLength: 12 }), {
      numRuns: 40,
      seed: 7,
    })) {
      const chart = ganttMarkdown({
        steps: names.map((label, index) => ({ label, startMs: index * 10, ms: 10, state: 'worked' })),
        vertices: [],
        endMs: 120,
      });
      const text = chart.replace(/^```mermaid\n|\n```$/g, '');
      expect(await page.evaluate<number>(`countBars(${JSON.stringify(text)})`), text).toBe(12);
      const table = `| a | b |\n| --- | --- |\n${names.map((one) => `| ${escapeProse(one)} | ${escapeCode(one)} |`).join('\n')}`;
      const html = await marked.parse(table, { gfm: true });
      expect(html.match(/<tr>/g)?.length, table).toBe(13);
      expect(html, table).not.toMatch(/<(?!\/?(table|thead|tbody|tr|th|td|code)\b)/);
    }
  } finally {
    await close();
  }
});

describe.each(Object.entries(cases))('%s', (name, { run, base, heading }) => {
  const comparison = compare(run, base);

  test('the Markdown holds nothing but its own markup, and Mermaid draws every chart', async () => {
    const text = reportMarkdown(run, comparison, { limit: 65_536, heading });
    const { page, asked, dialogs, close } = await open(await githubPage(text), 900);
    try {
      const before = await page.evaluate("document.querySelectorAll('script').length");
      expect(before).toBe(0);
      await page.addScriptTag({ path: join(root, 'test', 'support', 'report-in-page.js') });
      const found = await page.evaluate<Inspected>('inspectReport()');
      // Our own script is the one.
      expect(found.foreign).toBe(await page.evaluate("document.querySelectorAll('body script').length"));
      expect(found.headings).toBe(1);
      for (const link of found.links)
        expect(link).toMatch(/^https:\/\/(github\.com|[a-z]+\.lambda-url\.eu-central-1\.on\.aws)\//);
      for (const rows of found.cells) expect(new Set(rows).size).toBe(1);
      await page.addScriptTag({ path: join(root, 'node_modules', 'mermaid', 'dist', 'mermaid.min.js') });
      const drawn = await page.evaluate<number[]>('drawCharts()');
      expect(drawn).toEqual(found.charts.map((chart) => (chart.match(/^ {4}\S/gm) ?? []).length));
      expect(drawn.length).toBe(1);
      await picture(page, `${name}-markdown`);
      expect(await page.evaluate(pwned)).toBeUndefined();
      expect({ asked, dialogs }).toEqual({ asked: [], dialogs: [] });
    } finally {
      await close();
    }
  });

  test.each([
    [390, 'light'],
    [390, 'dark'],
    [900, 'light'],
    [900, 'dark'],
  ] as const)('the page fits %d px (%s), runs no script and asks for nothing', async (width, scheme) => {
    const html = reportHtml(run, comparison, base, heading);
    const { page, asked, dialogs, close } = await open(html, width, scheme);
    try {
      await picture(page, `${name}-page-${width}-${scheme}`);
      // Without fonts everything fits.
      expect(await page.evaluate(textWidth)).toBeGreaterThan(100);
      expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
      expect(await page.evaluate(foreign)).toBe(0);
      expect(await page.locator('h1').count()).toBe(1);
      expect(await page.evaluate(pwned)).toBeUndefined();
      expect({ asked, dialogs }).toEqual({ asked: [], dialogs: [] });
    } finally {
      await close();
    }
  });
});
