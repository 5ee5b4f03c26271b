import { expect, test } from 'vitest';
import { escapeCode, escapeHtml, escapeMermaid, escapeProse, safeUrl } from '../../src/report/escape.ts';

test('prose has no markup, and nothing that GitHub makes a mention or a link of', () => {
  expect(escapeProse('a|b\n<b>\u202e *c*')).toBe('a&#124;b &lt;b&gt; &#42;c&#42;');
  expect(escapeProse('@all #1 http://x')).toBe('&#64;&#8203;all &#35;&#8203;1 http&#58;&#8203;//x');
});

test('what stands between backticks is code', () => {
  expect(escapeProse('set `a_b` or `')).toBe('set <code>a&#95;b</code> or &#96;');
  expect(escapeCode('x</code><script>')).toBe('<code>x&lt;/code&gt;&lt;script&gt;</code>');
});

test('a label of Mermaid has none of its syntax, and is no statement', () => {
  expect(escapeMermaid('a: b; c #d %%{init}%%\n`')).not.toMatch(/[:;#%{}`\n]/);
  expect(escapeMermaid('section x')).toBe('› section x');
  expect(escapeMermaid('')).not.toBe('');
});

test('text of an HTML page', () => {
  expect(escapeHtml(`<a b='"&">`)).toBe('&lt;a b=&#39;&quot;&amp;&quot;&gt;');
});

test.each([
  ['https://a.lambda-url.eu-central-1.on.aws/', 'https://a.lambda-url.eu-central-1.on.aws/'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
  ['javascript:alert(1)', ''],
  ['https://a/)"<b>', ''],
  ['https://user@a/', ''],
  ['no address', ''],
  [undefined, ''],
])('link to %s', (address, expected) => {
  expect(safeUrl(address)).toBe(expected);
});
