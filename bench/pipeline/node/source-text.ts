const SYLLABLES = [
  'con',
  'fig',
  're',
  'qu',
  'est',
  'hand',
  'le',
  'par',
  'se',
  'va',
  'lu',
  'er',
  'to',
  'str',
  'ing',
  'ob',
];
const LINES = [
  'const # = require("./#");',
  '  if (# === undefined) return #.#(#, #);',
  '  for (const # of #.#) #.#(#);',
  'function #(#, #) {',
  '  return # ? #.# : #;',
  '}',
  '  // # the # of # when # is #.',
  '  this.# = # || #.#;',
  'exports.# = #;',
  '  throw new TypeError("# must be # not " + #);',
];

/** Words as programs have them. */
export function vocabulary(random: () => number, count: number): string[] {
  return Array.from({ length: count }, () => {
    const length = 2 + Math.floor(random() * 3);
    return Array.from({ length }, () => SYLLABLES[Math.floor(random() * SYLLABLES.length)]).join('');
  });
}

/** Text of about so many bytes that looks like JavaScript to a compressor: gzip makes it a quarter. */
export function sourceText(random: () => number, words: readonly string[], bytes: number): string {
  const parts: string[] = [];
  let length = 0;
  while (length < bytes) {
    const line = LINES[Math.floor(random() * LINES.length)] as string;
    // Few words make most of a text: the square prefers the first ones.
    const filled = line.replaceAll('#', () => words[Math.floor(random() ** 3 * words.length)] as string);
    parts.push(filled);
    length += filled.length + 1;
  }
  return `${parts.join('\n')}\n`.slice(0, bytes);
}
