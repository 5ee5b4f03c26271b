const noWidth = '&#8203;';

/**
 * Text from outside as part of a line of Markdown: no line end, no markup, no HTML, no end of a table's cell; no
 * mention, reference or link either. GitHub looks for those after it has turned entities into text, so an invisible
 * character stands between. What stands between two backticks becomes code, as in this project's own sentences.
 */
export function escapeProse(text: string): string {
  return flat(text)
    .split(/`([^`]+)`/)
    .map((part, index) => (index % 2 === 1 ? escapeCode(part) : prose(part)))
    .join('');
}

function prose(text: string): string {
  return entities(text)
    .replace(/&#64;|&#35;/g, `$&${noWidth}`)
    .replace(/\b(GH)-(?=\d)/gi, `$1${noWidth}-`)
    .replace(/&#58;|&#46;/g, `$&${noWidth}`);
}

/** Text from outside as code within a line or a table's cell: GitHub looks for no mentions or links there. */
export function escapeCode(text: string): string {
  return `<code>${entities(flat(text))}</code>`;
}

/** A sentence for an HTML page: as `escapeHtml`, and what stands between two backticks becomes code. */
export function proseHtml(text: string): string {
  return flat(text)
    .split(/`([^`]+)`/)
    .map((part, index) => (index % 2 === 1 ? `<code>${escapeHtml(part)}</code>` : entitiesHtml(part)))
    .join('');
}

/** Text from outside as text or attribute of an HTML page. */
export function escapeHtml(text: string): string {
  return entitiesHtml(flat(text));
}

function entitiesHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** What has a meaning in Mermaid's grammar or in its own entities, and what looks much like it and has none. */
const lookAlikes: Readonly<Record<string, string>> = {
  ':': '\u2236',
  ';': ',',
  '#': '\uff03',
  '%': '\uff05',
  '{': '(',
  '}': ')',
  '"': '\u2019',
  "'": '\u2019',
  '`': '\u2019',
  '<': '\u2039',
  '>': '\u203a',
  '&': '\uff06',
  '\\': '/',
  $: '\uff04',
};

/**
 * Text from outside as a label in a gantt chart of Mermaid, 60 characters at most.
 * Source: github.com/mermaid-js/mermaid, gantt.jison: a label ends at a colon, and a line that begins with a keyword
 * is another statement.
 */
export function escapeMermaid(text: string): string {
  const safe = shorten(flat(text), 60).replace(
    /[:;#%{}"'`<>&\\$]/g,
    (character) => lookAlikes[character] ?? ' ',
  );
  const statement =
    /^(acc(Title|Descr)|href|call|click|gantt|dateFormat|inclusiveEndDates|topAxis|axisFormat|tickInterval|includes|excludes|todayMarker|week(day|end)|title|section|end|\d{4}-)/i;
  return safe === '' || statement.test(safe) ? `\u203a ${safe}` : safe;
}

/** The first characters of a text, with an ellipsis where there are more. */
export function shorten(text: string, most: number): string {
  const characters = Array.from(text);
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

/** An address that may be linked, fit for Markdown and HTML; '' for any other. */
export function safeUrl(address: string | undefined): string {
  if (!address || !URL.canParse(address)) return '';
  const { protocol, href, username } = new URL(address);
  if ((protocol !== 'https:' && protocol !== 'http:') || username !== '') return '';
  return /^[\w.~:/?#@!$&*+,;=%-]+$/.test(href) ? href.replaceAll('&', '&amp;') : '';
}

/** On one line, without control characters and without those that turn the direction of writing around. */
function flat(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '')
    .trim();
}

function entities(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('://', '&#58;//')
    .replace(/\b(www)\./gi, '$1&#46;')
    .replace(/(?<!&)[\\`*_{}[\]()#|~!@$]/g, (character) => `&#${character.charCodeAt(0)};`);
}
