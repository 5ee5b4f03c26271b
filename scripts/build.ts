import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entries } from './entries.ts';
import { copyEsPackages } from './es-packages.ts';

const root = join(import.meta.dirname, '..');

/**
 * Runs a program of node_modules/.bin.
 * @throws Error with what it printed where it ends with another code than 0
 */
async function run(program: string, args: string[]): Promise<void> {
  const child = spawn(join(root, 'node_modules', '.bin', program), args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.on('data', (chunk) => (printed += chunk));
  child.stderr.on('data', (chunk) => (printed += chunk));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.on('close', resolve).on('error', reject),
  );
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with code ${code}:\n${printed}`);
}

/**
 * Makes all bundles from src/ in `target`: TypeScript to lib/, then one ESM file an entry point.
 * ncc cannot take TypeScript 7 by itself, hence the two steps.
 */
async function bundleAll(target: string): Promise<void> {
  await rm(join(root, 'lib'), { recursive: true, force: true });
  await run('tsc', ['-p', 'tsconfig.build.json']);
  await copyEsPackages(join(root, 'node_modules'), join(root, 'lib', 'node_modules'));
  // Two at a time: an entry takes 5 to 15 s of one core.
  const queue = Object.entries(entries);
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [name, entry] = next;
      await run('ncc', [
        'build',
        join('lib', `${entry}.js`),
        '-o',
        join(target, name),
        '--minify',
        '--no-cache',
        '--license',
        'licenses.txt',
        '--quiet',
      ]);
      // Actions are run from anywhere: the bundle must be ESM by its own nearest package.json.
      await writeFile(join(target, name, 'package.json'), '{\n  "type": "module"\n}\n');
    }
  };
  await Promise.all([worker(), worker()]);
}

/** Files below a folder as sorted relative paths. */
async function listFiles(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Names of the files that differ between two folders. */
async function differences(left: string, right: string): Promise<string[]> {
  const names = new Set([...(await listFiles(left)), ...(await listFiles(right))]);
  const differing: string[] = [];
  for (const name of names) {
    const [a, b] = await Promise.all(
      [left, right].map((folder) => readFile(join(folder, name)).catch(() => null)),
    );
    if (!a || !b || !a.equals(b)) differing.push(name);
  }
  return differing;
}

const dist = join(root, 'dist');
const fresh = await mkdtemp(join(tmpdir(), 'dist-'));
try {
  await bundleAll(fresh);
  if (process.argv.includes('--check')) {
    const stale = await differences(dist, fresh);
    if (stale.length > 0) {
      process.stderr.write(
        `dist/ is not what src/ makes: ${stale.join(', ')}. Run \`npm run build\` and commit dist/.\n`,
      );
      process.exitCode = 1;
    }
  } else {
    await rm(dist, { recursive: true, force: true });
    await mkdir(dist, { recursive: true });
    await cp(fresh, dist, { recursive: true });
  }
} finally {
  await rm(fresh, { recursive: true, force: true });
  await rm(join(root, 'lib'), { recursive: true, force: true });
}
