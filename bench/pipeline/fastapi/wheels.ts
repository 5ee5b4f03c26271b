import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { madeOnce } from '../../../src/local/parts/once.ts';
import { run } from '../../../src/local/parts/process.ts';
import { packageIndex } from '../../../src/local/parts/python.ts';
import { uvProgram } from '../../../test/support/uv.ts';
import type { AppState } from '../app.ts';

/** The packages that the app can be made of. */
export interface Wheels {
  /** Of the archives. */
  folder: string;
  /** pyproject.toml and uv.lock of a state; packages come from `registry`. */
  manifests(state: AppState, registry: string): Record<'pyproject.toml' | 'uv.lock', string>;
}

/** What a service with a database and an HTTP client behind it names itself. */
const DEPENDENCIES = [
  ...['fastapi', 'uvicorn[standard]', 'pydantic-settings', 'python-multipart', 'jinja2', 'orjson'],
  ...['sqlalchemy[asyncio]', 'asyncpg', 'alembic', 'redis', 'boto3', 'httpx', 'pyjwt[crypto]', 'sentry-sdk'],
];
const ADDED = 'openpyxl';
/** Versions are those of these days, so that each run on each machine installs the same. */
const DAYS = { before: '2026-08-01', after: '2026-11-01' };
/** uv's own, until all is locked. */
const CACHE = 'uv-cache';
const STATES = [false, true].flatMap((added) => [false, true].map((updated) => ({ added, updated })));

/**
 * Gets the wheels of real packages from PyPI, once.
 * @param folder the ignored folder
 * @throws Error or DeployError where PyPI cannot be reached
 */
export async function getWheels(folder: string, say: (line: string) => void): Promise<Wheels> {
  const recipe = JSON.stringify([1, DEPENDENCIES, ADDED, DAYS, process.arch]);
  const target = await madeOnce(join(folder, 'bench', 'wheels'), recipe, async (draft) => {
    say('Packages of the FastAPI app: from PyPI (once) ...');
    const files = new Map<string, string>();
    for (const state of STATES)
      for (const url of wheelsOf(await makeLock(draft, state, folder, say)))
        files.set(url.split('/').at(-1) ?? '', url);
    await rm(join(draft, CACHE), { recursive: true, force: true });
    for (const [name, url] of files) await writeFile(join(draft, name), await download(url));
  });
  const locks = new Map<string, string>();
  for (const state of STATES)
    locks.set(nameOf(state), await readFile(join(target, nameOf(state), 'uv.lock'), 'utf8'));
  return {
    folder: target,
    manifests: (state, registry) => ({
      'pyproject.toml': project(state.added),
      'uv.lock': (locks.get(nameOf(state)) ?? '').replaceAll(
        /url = "[^"]*\/([^"/]+)"/g,
        `url = "${registry}/$1"`,
      ),
    }),
  };
}

function nameOf({ added, updated }: Pick<AppState, 'added' | 'updated'>): string {
  return `${updated ? 'after' : 'before'}${added ? '-added' : ''}`;
}

function project(added: boolean): string {
  const dependencies = added ? [...DEPENDENCIES, ADDED] : DEPENDENCIES;
  return `[project]
name = "bench-app"
version = "1.0.0"
requires-python = ">=3.11"
dependencies = ${JSON.stringify(dependencies)}

[tool.uv]
package = false
`;
}

/** @returns the lockfile's text */
async function makeLock(
  draft: string,
  state: Pick<AppState, 'added' | 'updated'>,
  folder: string,
  say: (line: string) => void,
): Promise<string> {
  const place = join(draft, nameOf(state));
  await mkdir(place);
  await writeFile(join(place, 'pyproject.toml'), project(state.added));
  const index = await packageIndex(folder, say);
  const day = `${state.updated ? DAYS.after : DAYS.before}T00:00:00Z`;
  await run(await uvProgram(folder), ['lock', '--exclude-newer', day], {
    cwd: place,
    env: {
      ...process.env,
      ...{ UV_SYSTEM_CERTS: '1', UV_PYTHON_DOWNLOADS: 'never', UV_CACHE_DIR: join(draft, CACHE) },
      ...(index && { UV_DEFAULT_INDEX: index }),
    },
    what: 'Lock the packages of the FastAPI app',
  });
  return await readFile(join(place, 'uv.lock'), 'utf8');
}

/** The wheels in a lockfile that Python 3.11 or 3.12 of Debian can use on this machine's architecture. */
export function wheelsOf(lock: string, arch: string = process.arch): string[] {
  const machine = arch === 'arm64' ? 'aarch64' : 'x86_64';
  const fits = new RegExp(
    `-(cp31[12]-cp31[12]|cp3\\d+-abi3|(py2\\.)?py3-none)-(any|[^-]*manylinux[^-]*_${machine})\\.whl$`,
  );
  return [...lock.matchAll(/url = "([^"]+)"/g)].flatMap(([, url = '']) => (fits.test(url) ? [url] : []));
}

async function download(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return Buffer.from(await response.arrayBuffer());
}
