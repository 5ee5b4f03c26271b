import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Licences that may be in a bundle: permissive ones, which ask for no more than to be named, as licenses.txt does. */
const ALLOWED: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
];

/** Whether every licence of an SPDX expression is allowed: with OR that asks for more than it must. */
export function isAllowed(license: string): boolean {
  return license
    .replace(/[()]/g, '')
    .split(/ (?:AND|OR) /)
    .every((one) => ALLOWED.includes(one));
}

/** A package in a bundle. */
export interface Bundled {
  name: string;
  /** As its package.json says; '' where it says nothing. */
  license: string;
}

const root = join(import.meta.dirname, '..');

/**
 * The packages of each bundle, from what ncc wrote into its licenses.txt: name, licence and text, one after another.
 * @returns by name of the bundle
 */
export async function bundledPackages(): Promise<Map<string, Bundled[]>> {
  const entries = (await readdir(join(root, 'dist'), { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  const found = await Promise.all(
    entries.map(async ({ name }): Promise<[string, Bundled[]]> => {
      const text = await readFile(join(root, 'dist', name, 'licenses.txt'), 'utf8');
      return [name, await packagesOf(text)];
    }),
  );
  return new Map(found.sort(([a], [b]) => a.localeCompare(b)));
}

async function packagesOf(text: string): Promise<Bundled[]> {
  const names = text
    .split('\n')
    .filter((line, at, lines) => (at === 0 || lines[at - 1] === '') && /^(@[\w.-]+\/)?[\w.-]+$/.test(line))
    .filter((name) => existsSync(join(root, 'node_modules', name, 'package.json')));
  return await Promise.all(
    [...new Set(names)].map(async (name) => {
      const { license } = JSON.parse(
        await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8'),
      ) as {
        license?: unknown;
      };
      return { name, license: typeof license === 'string' ? license : '' };
    }),
  );
}

if (import.meta.main)
  for (const [bundle, packages] of await bundledPackages()) {
    const licenses = [...new Set(packages.map(({ license }) => license))].sort();
    process.stdout.write(`${bundle}: ${packages.length} packages (${licenses.join(', ')})\n`);
  }
