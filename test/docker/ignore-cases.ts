/** The files of a context, sorted as a walk meets them. */
export const files = [
  '.env',
  'README.md',
  'a.js',
  'ab.js',
  'src/.env',
  'src/a.js',
  'src/lib/a.js',
  'src/lib/b.ts',
  'src/x/y/z.md',
];

const without = (...names: string[]): string[] => files.filter((file) => !names.includes(file));
const only = (...names: string[]): string[] => files.filter((file) => names.includes(file));

/** Ignore files and the files they leave; test/end-to-end/fingerprint.test.ts holds each against BuildKit. */
export const ignoreCases: [string, string[]][] = [
  ['', files],
  ['a.js', without('a.js')],
  ['/a.js', without('a.js')],
  ['./src/../a.js', without('a.js')],
  ['*.js', without('a.js', 'ab.js')],
  ['**/*.js', without('a.js', 'ab.js', 'src/a.js', 'src/lib/a.js')],
  ['**/a.js', without('a.js', 'src/a.js', 'src/lib/a.js')],
  ['?.js', without('a.js')],
  ['a[a-c].js', without('ab.js')],
  ['[^r].js', without('a.js')],
  ['src/', only('.env', 'README.md', 'a.js', 'ab.js')],
  ['src/*', only('.env', 'README.md', 'a.js', 'ab.js')],
  ['src/**', only('.env', 'README.md', 'a.js', 'ab.js')],
  ['src/lib/', without('src/lib/a.js', 'src/lib/b.ts')],
  ['**/lib', without('src/lib/a.js', 'src/lib/b.ts')],
  ['**/.env', without('.env', 'src/.env')],
  ['*\n!src', without('.env', 'README.md', 'a.js', 'ab.js')],
  ['*\n!src/lib/*.ts', only('src/lib/b.ts')],
  ['**\n!**/*.md', only('README.md', 'src/x/y/z.md')],
  ['src\n!src/lib', without('src/.env', 'src/a.js', 'src/x/y/z.md')],
  ['!src/lib\nsrc', only('.env', 'README.md', 'a.js', 'ab.js')],
  ['src\n!src/lib\nsrc/lib/a.js', without('src/.env', 'src/a.js', 'src/x/y/z.md', 'src/lib/a.js')],
  ['\uFEFFa.js\r\nab.js\r\n', without('a.js', 'ab.js')],
  ['# a.js\n  ab.js  \n\n', without('ab.js')],
  [' # a.js', files],
  ['! a.js\n*.js\n! a.js', without('ab.js')],
  ['a\\.js', without('a.js')],
  ['src/**/z.md', without('src/x/y/z.md')],
  ['**/y/**', without('src/x/y/z.md')],
  ['s**', only('.env', 'README.md', 'a.js', 'ab.js')],
  ['**.md', without('README.md', 'src/x/y/z.md')],
  ['../src', files],
  ['.', files],
];
