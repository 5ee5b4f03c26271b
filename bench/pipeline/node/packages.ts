import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { madeOnce } from '../../../src/local/parts/once.ts';
import { seededRandom } from '../random.ts';
import { sourceText, vocabulary } from './source-text.ts';
import { type TarFile, tarArchive } from './tar.ts';

/** A package as the lockfile and its own package.json tell it. */
export interface PackageEntry {
  name: string;
  version: string;
  dependencies: Record<string, string>;
  /** `sha512-...` of its archive. */
  integrity: string;
  /** Name of its archive in the folder. */
  file: string;
}

/** The packages that the app can be made of. */
export interface Packages {
  /** Of the archives. */
  folder: string;
  entries: PackageEntry[];
}

/** As in an Express app of some age: what it names itself, and all with theirs. */
export const DIRECT = 30;
export const COUNT = 425;
export const ADDED = 'pkg-added';
const SEED = 2026;
/** Another number makes the archives anew. */
const RECIPE = 3;

export function packageName(index: number): string {
  return `pkg-${String(index).padStart(3, '0')}`;
}

/**
 * Makes archives of packages with random content, which compresses as JavaScript does, and of this project's
 * TypeScript; once.
 * @param folder the ignored folder
 * @param typescript folders of TypeScript and of its program for this platform
 */
export async function makePackages(folder: string, typescript: readonly string[]): Promise<Packages> {
  const versions = await Promise.all(typescript.map(async (path) => (await packageJson(path)).version));
  const recipe = `${RECIPE} ${SEED} ${COUNT} ${versions.join(' ')}`;
  const target = await madeOnce(join(folder, 'bench', 'packages'), recipe, async (draft) => {
    const entries: PackageEntry[] = [];
    const add = async (
      facts: Pick<PackageEntry, 'name' | 'version' | 'dependencies'>,
      files: TarFile[],
    ): Promise<void> => {
      const file = `${facts.name.replace('/', '-')}-${facts.version}.tgz`;
      const archive = gzipSync(tarArchive(files), { level: 9 });
      const hash = createHash('sha512').update(archive).digest('base64');
      await writeFile(join(draft, file), archive);
      entries.push({ ...facts, file, integrity: `sha512-${hash}` });
    };
    for (const name of [...Array.from({ length: COUNT }, (_, index) => packageName(index)), ADDED])
      for (const version of ['1.0.0', ...(hasUpdate(name) ? ['1.1.0'] : [])]) {
        const facts = { name, version, dependencies: dependenciesOf(name) };
        await add(facts, syntheticFiles(facts));
      }
    for (const path of typescript) {
      const { name, version } = await packageJson(path);
      await add({ name, version, dependencies: {} }, await filesBelow(path, 'package'));
    }
    await writeFile(join(draft, 'index.json'), JSON.stringify(entries));
  });
  const entries = JSON.parse(await readFile(join(target, 'index.json'), 'utf8')) as PackageEntry[];
  return { folder: target, entries };
}

/** A third of the packages has a newer version, which a change of the whole lockfile takes. */
export function hasUpdate(name: string): boolean {
  return name !== ADDED && Number(name.slice(4)) % 3 === 0;
}

/** The tree: what the app names itself has about a dozen dependencies each, at two levels. */
function dependenciesOf(name: string): Record<string, string> {
  if (name === ADDED) return {};
  const index = Number(name.slice(4));
  const names: string[] = [];
  for (let other = DIRECT; other < COUNT; other += 1) {
    const parent = other < 4 * DIRECT ? other % DIRECT : DIRECT + (other % (3 * DIRECT));
    if (parent === index) names.push(packageName(other));
  }
  return Object.fromEntries(names.map((other) => [other, '^1.0.0']));
}

function syntheticFiles(facts: Pick<PackageEntry, 'name' | 'version' | 'dependencies'>): TarFile[] {
  const seed = createHash('sha256').update(`${SEED} ${facts.name} ${facts.version}`).digest().readUInt32LE();
  const random = seededRandom(seed);
  const words = vocabulary(random, 400);
  // Few packages have most files: the median is about 12, the mean about 22.
  const count = Math.round(3 + 9 * Math.exp(1.15 * normal(random)));
  const manifest = { ...facts, license: 'MIT', main: 'lib/f0.js' };
  const files: TarFile[] = [{ path: 'package/package.json', content: Buffer.from(JSON.stringify(manifest)) }];
  for (let index = 0; index < Math.min(count, 400); index += 1) {
    // Median 2 KB, mean about 8 KB.
    const size = Math.min(2_000_000, Math.round(2000 * Math.exp(1.65 * normal(random))));
    const extension = ['js', 'd.ts', 'js.map', 'js'][index % 4];
    const path = `package/lib/${index < 20 ? '' : `d${index % 7}/`}f${index}.${extension}`;
    files.push({ path, content: Buffer.from(sourceText(random, words, size)) });
  }
  return files;
}

/** A number of the standard normal distribution (Box-Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

async function packageJson(path: string): Promise<{ name: string; version: string }> {
  return JSON.parse(await readFile(join(path, 'package.json'), 'utf8')) as { name: string; version: string };
}

async function filesBelow(folder: string, prefix: string): Promise<TarFile[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return await Promise.all(
    names
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const executable = (statSync(path).mode & 0o100) !== 0;
        return {
          path: `${prefix}${path.slice(folder.length)}`,
          content: await readFile(path),
          executable,
        };
      }),
  );
}
