import { posix } from 'node:path';

/**
 * Something that cannot be known for certain about what BuildKit would do. Whoever meets one builds, instead of
 * guessing that nothing changed; the message is the end of the sentence "built because ...".
 */
export class Doubt extends Error {
  override readonly name = 'Doubt';
}

/**
 * The patterns of an ignore file, in order.
 * Source: github.com/moby/patternmatcher, `ignorefile.ReadAll`.
 */
export function parseIgnoreFile(text: string): string[] {
  const patterns: string[] = [];
  for (const line of text.replace(/^\uFEFF/, '').split('\n')) {
    // One carriage return belongs to the line end.
    const raw = line.replace(/\r$/, '');
    if (raw.startsWith('#')) continue;
    let pattern = trimSpace(raw);
    if (pattern === '') continue;
    const invert = pattern.startsWith('!');
    if (invert) pattern = trimSpace(pattern.slice(1));
    if (pattern !== '') {
      pattern = clean(pattern);
      if (pattern.length > 1 && pattern.startsWith('/')) pattern = pattern.slice(1);
    }
    patterns.push(invert ? `!${pattern}` : pattern);
  }
  return patterns;
}

/** Which patterns matched a directory: what the paths below it start from. */
export type ParentMatches = readonly boolean[];

interface Pattern {
  text: string;
  exception: boolean;
  matches(path: string): boolean;
}

/** Decides what an ignore file leaves out, directory by directory, from the top. */
export interface IgnoreMatcher {
  /**
   * @param path relative, with `/`
   * @param parent what this returned for the directory that holds it; undefined at the top
   */
  match(path: string, parent: ParentMatches | undefined): { ignored: boolean; matches: ParentMatches };
  /**
   * Whether BuildKit also opens a file that `match` lets through. Its walk remembers which patterns matched a
   * directory, its opening of files does not: a pattern after an exception may exclude the file again, and it is
   * received empty. Source: github.com/moby/patternmatcher, `MatchesOrParentMatches`.
   */
  opens(path: string): boolean;
  /** Whether an exception (`!pattern`) may bring back something inside of this ignored directory. */
  mayReinclude(directory: string): boolean;
}

/**
 * A matcher with the semantics of BuildKit: the last pattern that matches a path or a directory above it decides.
 * Source: github.com/moby/patternmatcher, `MatchesUsingParentResults`; github.com/tonistiigi/fsutil, filter.go.
 * @throws Doubt on a pattern whose meaning differs between Go's and JavaScript's regular expressions, or is an error
 */
export function ignoreMatcher(texts: readonly string[]): IgnoreMatcher {
  const patterns = texts.map(compile).filter((pattern) => pattern !== undefined);
  const exceptions = patterns.filter(({ exception }) => exception);
  // As in fsutil: an exception with a wildcard anywhere but at its end could match in any directory.
  const anywhere = exceptions.some(({ text }) => /[*[\]?^\\]/.test(withoutTrailingGlob(text)));
  const excludesAgain = patterns
    .slice(patterns.findIndex(({ exception }) => exception))
    .some(({ exception }) => !exception);
  return {
    opens(path) {
      if (exceptions.length === 0 || !excludesAgain) return true;
      const parts = path.split('/');
      const above = parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
      let ignored = false;
      for (const pattern of patterns)
        if (pattern.exception === ignored && above.some((folder) => pattern.matches(folder)))
          ignored = !pattern.exception;
      return !ignored;
    },
    match(path, parent) {
      let ignored = false;
      const matches = patterns.map((pattern, index) => {
        let match = parent?.[index] ?? false;
        // A pattern that could not change the outcome is not tried, and counts as no match for what lies below.
        if (!match && pattern.exception === ignored) match = pattern.matches(path);
        if (match) ignored = !pattern.exception;
        return match;
      });
      return { ignored, matches };
    },
    mayReinclude(directory) {
      if (anywhere) return true;
      return exceptions.some(({ text }) => `${withoutTrailingGlob(text)}/`.startsWith(`${directory}/`));
    },
  };
}

function withoutTrailingGlob(text: string): string {
  return text.replace(/\/\*\*$/, '').replace(/\/\*$/, '');
}

function compile(raw: string): Pattern | undefined {
  let text = trimSpace(raw);
  if (text === '') return undefined;
  text = clean(text);
  const exception = text.startsWith('!');
  if (exception) text = text.slice(1);
  if (text === '') throw new Doubt('the ignore file holds a lone `!`');
  return { text, exception, matches: matcherOf(text) };
}

/** Translates a pattern the way moby does: exact, prefix and suffix forms are compared as texts, others as regexp. */
function matcherOf(text: string): (path: string) => boolean {
  // Control characters, invalid UTF-8 and byte order marks are read differently there.
  if (/[\p{Cc}\uFFFD\uFEFF]/u.test(text)) throw doubtful(text);
  const { kind, source } = translate([...text], text);
  // moby means to take these as they are, but its table of characters to escape has no room for them (v0.6.0): to a
  // regular expression they are operators, until that is mended.
  if (kind === 'regexp' && /[{|}]/.test(text)) throw doubtful(text);
  if (kind === 'exact') return (path) => path === text;
  if (kind === 'prefix') {
    const prefix = text.slice(0, -2);
    return (path) => path.startsWith(prefix);
  }
  if (kind === 'suffix') {
    const suffix = text.slice(2);
    return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
  }
  const regexp = new RegExp(`^${source}$`, 'u');
  return (path) => regexp.test(path);
}

type Kind = 'exact' | 'prefix' | 'suffix' | 'regexp';

function translate(chars: readonly string[], text: string): { kind: Kind; source: string } {
  let kind: Kind = 'exact';
  let source = '';
  let at = 0;
  while (at < chars.length) {
    if (chars[at] === '*' && chars[at + 1] === '*') {
      const first = at === 0;
      at += chars[at + 2] === '/' ? 3 : 2;
      const last = at >= chars.length;
      source += last ? '[^\\n]*' : '(?:[^\\n]*/)?';
      kind = afterStars(kind, first, last);
    } else {
      const token = translateToken(chars, at, text);
      source += token.source;
      at = token.next;
      if (token.wild) kind = 'regexp';
    }
  }
  return { kind, source };
}

/** `**` at the start alone, at the end alone, or anything more. */
function afterStars(kind: Kind, first: boolean, last: boolean): Kind {
  if (first) return 'suffix';
  return last && kind === 'exact' ? 'prefix' : 'regexp';
}

/** Anything but `**`; `wild` where moby then compares by regular expression. */
function translateToken(
  chars: readonly string[],
  at: number,
  text: string,
): { source: string; next: number; wild: boolean } {
  const char = chars[at] ?? '';
  const next = at + 1;
  if (char === '*') return { source: '[^/]*', next, wild: true };
  if (char === '?') return { source: '[^/]', next, wild: true };
  if (char === ']') return { source: '\\]', next, wild: true };
  if (char === '\\') return { source: escaped(chars[next], text), next: next + 1, wild: true };
  if (char === '[') {
    const end = chars.indexOf(']', next);
    return {
      source: characterClass(chars.slice(next, Math.max(end, next)), text),
      next: end + 1,
      wild: true,
    };
  }
  // moby leaves a caret as it is: an anchor inside of a regular expression.
  return { source: /[.+()$]/.test(char) ? `\\${char}` : char, next, wild: false };
}

function escaped(char: string | undefined, text: string): string {
  // `\d` is a digit to Go's regular expressions, and most letters are errors.
  if (char === undefined || !/^[!-/:-@[-`{-~]$/.test(char)) throw doubtful(text);
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function characterClass(inside: readonly string[], text: string): string {
  const negated = inside[0] === '^';
  const members = (negated ? inside.slice(1) : inside).join('');
  if (!/^(?:[^\\[\]^-]-[^\\[\]^-]|[^\\[\]^-])+$/u.test(members)) throw doubtful(text);
  for (const [, low = '', high = ''] of members.matchAll(/(.)-(.)/gu))
    if ((low.codePointAt(0) ?? 0) > (high.codePointAt(0) ?? 0)) throw doubtful(text);
  return `[${negated ? '^' : ''}${members}]`;
}

function doubtful(text: string): Doubt {
  return new Doubt(`the ignore file's pattern ${JSON.stringify(text)} has no certain meaning`);
}

/** Go's `filepath.Clean`, which unlike Node keeps no slash at the end. */
function clean(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/** Go's `strings.TrimSpace`: other than `String.trim` it takes U+0085 and leaves U+FEFF. */
function trimSpace(text: string): string {
  const space = '[\\t\\n\\v\\f\\r \\u0085\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]+';
  return text.replace(new RegExp(`^${space}`), '').replace(new RegExp(`${space}$`), '');
}
