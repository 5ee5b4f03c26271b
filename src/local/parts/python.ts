import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { DeployError } from '../../errors.ts';
import { debianPackages, hasApt, libraryFolders } from './debian.ts';
import { madeOnce } from './once.ts';
import { run, tryRun } from './process.ts';

/** A Python with pip. */
export interface Python {
  program: string;
  /** The whole environment that it needs. */
  env: NodeJS.ProcessEnv;
}

const found = new Map<string, Promise<Python>>();

/**
 * A Python 3 with pip: the machine's, else Debian's unpacked into `<folder>/python`.
 * @throws DeployError where there is neither
 */
export async function python(folder: string, say: (line: string) => void): Promise<Python> {
  const key = resolve(folder);
  const known = found.get(key) ?? findPython(key, say);
  found.set(key, known);
  return await known.catch((error: unknown) => {
    found.delete(key);
    throw error;
  });
}

async function findPython(folder: string, say: (line: string) => void): Promise<Python> {
  for (const program of ['python3', 'python'])
    if ((await tryRun(program, ['-m', 'pip', '--version'])).code === 0) return { program, env: process.env };
  if (!hasApt())
    throw new DeployError(
      'This machine has no Python 3 with pip.',
      'Install Python 3 with pip and run this again.',
    );
  const made = await madeOnce(join(folder, 'python'), '1 python3 python3-pip', async (draft) => {
    say("Python: unpacking Debian's with pip (once, about 10 s) ...");
    const options = { suite: 'own', folder, dependencies: 'missing' as const };
    await debianPackages(['python3', 'python3-pip'], join(draft, 'root'), options);
  });
  return await pythonIn(join(made, 'root'));
}

/** The Python of an unpacked root, told where its library is: its own idea of that is `/usr`. */
async function pythonIn(root: string): Promise<Python> {
  const usr = join(root, 'usr');
  const own = existsSync(join(usr, 'bin')) ? await readdir(join(usr, 'bin')) : [];
  const name = own.find((file) => /^python3\.\d+$/.test(file));
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    LD_LIBRARY_PATH: (await libraryFolders(root)).join(delimiter),
    PYTHONPATH: join(usr, 'lib', 'python3', 'dist-packages'),
    // The base library is the system's where only pip was missing.
    ...(name && { PYTHONHOME: usr }),
  };
  return { program: name ? join(usr, 'bin', name) : 'python3', env };
}

/**
 * Runs pip, with the machine's own settings for its package index and certificates.
 * @param args as `download`, `--no-deps`, ...
 * @throws DeployError with the last lines that pip printed
 */
export async function pip(args: string[], folder: string, say: (line: string) => void): Promise<void> {
  const { program, env } = await python(folder, say);
  const [command = '', ...rest] = args;
  await run(
    program,
    ['-m', 'pip', command, '--quiet', '--disable-pip-version-check', '--no-input', ...rest],
    {
      env,
      what: `pip ${args.join(' ').slice(0, 120)}`,
      hint: 'Check that this machine reaches PyPI, and run this again.',
    },
  );
}

const PYPI = 'https://pypi.org/simple';

/** The package index that this machine's pip uses; empty for PyPI itself. */
export async function packageIndex(folder: string, say: (line: string) => void): Promise<string> {
  const { program, env } = await python(folder, say);
  const asked = await tryRun(program, ['-m', 'pip', 'config', 'get', 'global.index-url'], { env });
  const index = (env.PIP_INDEX_URL ?? (asked.code === 0 ? asked.stdout : '')).trim().replace(/\/+$/, '');
  return index === PYPI ? '' : index;
}
