import type { ContextSpec, Entry } from './context-spec.ts';
import type { Random } from './random.ts';

const names = [
  ...['a', 'b', 'ab', 'a.js', 'b.ts', '.env', 'lib', 'A', 'node_modules', '.git', 'x'.repeat(200)],
  ...['ä', 'a\u0308', '日本', '😀', 'a b', ' a', 'a ', 'a+b', 'a^b', 'a$', '(a)', 'a|b', '{a}', '~'],
  ...['[x]', '!n', '#c', 'a*', 'a?', 'a\\b', 'a\nb', 'a\tb', '..a', '...', '%41', 'a:b', '-f', '"a"'],
];
const fileModes = [0o644, 0o644, 0o755, 0o600, 0o640, 0o400, 0o777, 0o4755, 0o2755, 0o000];
const folderModes = [0o755, 0o755, 0o700, 0o775, 0o1777, 0o2775, 0o500];
const targets = ['a', '../b', 'd0', 'd1/a', '/etc/passwd', '/', '.', '..', 'nowhere', 'ä', 'a b'];

/** A small context with all that an ignore file, a checkout or a mistake may bring. */
export function randomContext(random: Random): ContextSpec {
  const folders = random.times(4, () =>
    random.times(1 + random.below(3), () => folderName(random)).join('/'),
  );
  const entries: Entry[] = [];
  for (let left = random.below(16); left > 0; left -= 1)
    entries.push(randomEntry(random, randomPath(random, folders), entries));
  const paths = [...entries.map(({ path }) => path), ...folders, 'Dockerfile', '.dockerignore'];
  const lines = () => random.times(random.below(6), () => randomIgnoreLine(random, paths));
  const own = random.oneIn(4);
  return {
    entries,
    ignore: own && random.oneIn(2) ? undefined : lines(),
    ownIgnore: own ? lines() : undefined,
    dockerfileInside: random.oneIn(3),
    named: random.oneIn(6),
  };
}

export function randomPath(random: Random, folders: readonly string[]): string {
  const name = random.oneIn(3) ? random.from(names) : random.from(names.slice(0, 8));
  return random.oneIn(4) || folders.length === 0 ? name : `${random.from(folders)}/${name}`;
}

export function randomEntry(random: Random, path: string, others: readonly Entry[]): Entry {
  const files = others.filter(({ type }) => type === 'file');
  const choice = random.below(12);
  if (choice < 2) return { type: 'directory', path, mode: random.from(folderModes) };
  if (choice === 2) return { type: 'symlink', path, target: random.from(targets) };
  if (choice === 3 && files.length > 0) return { type: 'hard link', path, target: random.from(files).path };
  return { type: 'file', path, mode: random.from(fileModes), content: randomContent(random) };
}

/** Mostly a few bytes; at times empty, or long enough to be read in pieces. */
export function randomContent(random: Random): string {
  if (random.oneIn(8)) return '';
  const text = `${random.below(4)}`;
  return random.oneIn(60) ? text.repeat((1 << 20) + random.below(9)) : text.repeat(1 + random.below(3));
}

export function randomMode(random: Random, type: 'file' | 'directory'): number {
  return random.from(type === 'file' ? fileModes : folderModes);
}

/** A line of an ignore file with its end, made of the paths that it may match. */
export function randomIgnoreLine(random: Random, paths: readonly string[]): string {
  if (random.oneIn(14))
    return random.from(['\n', '# a\n', '#a', ' # a\n', '  \n', '\r\n', '!\n', '/\n', '.\n', '..\n']);
  const parts = random.from(paths).split('/');
  const kept = parts.slice(0, 1 + random.below(parts.length + 1)).map((part) => changedPart(random, part));
  const before = random.from([
    '',
    '',
    '',
    '',
    '!',
    '!',
    '!',
    '/',
    '!/',
    '**/',
    '!**/',
    '! ',
    './',
    ' ',
    '*/',
    random.oneIn(9) ? '\uFEFF' : '',
  ]);
  const after = random.from([
    '',
    '',
    '',
    '',
    '',
    '/',
    '/**',
    '/*',
    '**',
    '/.',
    '//',
    ' ',
    '\t',
    '/**/*',
    '/../a',
  ]);
  const end = random.from(['\n', '\n', '\n', '\n', '\r\n', '\r\n', '\r\r\n']);
  return `${before}${kept.join('/')}${after}${end}`;
}

function changedPart(random: Random, part: string): string {
  const changes: ((part: string) => string)[] = [
    () => '*',
    () => '**',
    (text) => text.replace(/.$/u, '?'),
    (text) => `${text.slice(0, 1)}*`,
    (text) => `*${text.slice(-1)}`,
    (text) => text.replace(/^[a-z]/, '[a-m]'),
    (text) => text.replace(/^[a-z]/, '[^a]'),
    (text) => text.replace(/^[^a-z\d]/iu, '\\$&'),
    (text) => `${text}**`,
  ];
  return random.oneIn(3) ? random.from(changes)(part) : part;
}

function folderName(random: Random): string {
  return random.oneIn(6) ? random.from(names) : `d${random.below(3)}`;
}
