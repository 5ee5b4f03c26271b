import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

/**
 * Clones HEAD twice, builds dist/ in each from nothing, and compares all three: what is committed is what anybody
 * makes of this source. Ends with code 1 and the names of the files that differ.
 */
const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

async function build(folder: string): Promise<Map<string, string>> {
  await run('git', ['clone', '--quiet', '--no-hardlinks', root, folder]);
  await rm(join(folder, 'dist'), { recursive: true });
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
  await run('npm', ['run', '--silent', 'build'], { cwd: folder });
  return await digests(join(folder, 'dist'));
}

/** SHA-256 of each file by its path. */
async function digests(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const found = await Promise.all(
    files.map(
      async (file): Promise<[string, string]> => [
        relative(folder, file),
        createHash('sha256')
          .update(await readFile(file))
          .digest('hex'),
      ],
    ),
  );
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const temp = await mkdtemp(join(tmpdir(), 'reproducible-'));
try {
  const committed = await digests(join(root, 'dist'));
  const built = [await build(join(temp, 'one')), await build(join(temp, 'two'))];
  const names = new Set([committed, ...built].flatMap((each) => [...each.keys()]));
  const differing = [...names].filter((name) => built.some((each) => each.get(name) !== committed.get(name)));
  process.stdout.write([...committed].map(([name, digest]) => `${digest}  dist/${name}\n`).join(''));
  if (differing.length > 0) {
    process.stderr.write(
      `Not what two clean builds make: ${differing.map((name) => `dist/${name}`).join(', ')}\n`,
    );
    process.exitCode = 1;
  }
} finally {
  await rm(temp, { recursive: true, force: true });
}
