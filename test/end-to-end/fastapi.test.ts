import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { madeOnce } from '../../src/local/parts/once.ts';
import { tryRun } from '../../src/local/parts/process.ts';
import { pip } from '../../src/local/parts/python.ts';
import { UV_IMAGE } from '../../src/local/parts/uv-image.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.local');
const project = join(root, 'examples', 'fastapi');

/** The uv that the Dockerfile names, from PyPI. @returns the program's path */
async function uv(): Promise<string> {
  const version = UV_IMAGE.split(':').at(-1);
  const made = await madeOnce(join(folder, 'uv'), `1 uv ${version}`, async (draft) => {
    await pip(['install', '--target', draft, `uv==${version}`], folder, () => {});
  });
  return join(made, 'bin', 'uv');
}

const env = {
  ...process.env,
  UV_SYSTEM_CERTS: '1',
  UV_PROJECT_ENVIRONMENT: join(folder, 'fastapi-venv'),
  PYTHONDONTWRITEBYTECODE: '1',
};

describe('examples/fastapi', () => {
  it('passes its own tests', async () => {
    const args = ['run', '--frozen', 'python', '-m', 'pytest', '-q', '-p', 'no:cacheprovider'];
    const { code, stdout, stderr } = await tryRun(await uv(), args, { cwd: project, env });
    expect(stdout + stderr).toMatch(/^\d{2,} passed/m);
    expect(stdout).not.toMatch(/skipped|failed|warning/);
    expect(code).toBe(0);
  });

  it('has a lockfile that belongs to its pyproject.toml', async () => {
    const { code, stderr } = await tryRun(await uv(), ['lock', '--check'], { cwd: project, env });
    expect(stderr).toContain('Resolved');
    expect(code, stderr).toBe(0);
  });
});
