import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tryRun } from '../../src/local/parts/process.ts';
import { uvProgram } from '../support/uv.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.local');
const project = join(root, 'examples', 'fastapi');

const env = {
  ...process.env,
  UV_SYSTEM_CERTS: '1',
  UV_PROJECT_ENVIRONMENT: join(folder, 'fastapi-venv'),
  PYTHONDONTWRITEBYTECODE: '1',
};

describe('examples/fastapi', () => {
  it('passes its own tests', async () => {
    const args = ['run', '--frozen', 'python', '-m', 'pytest', '-q', '-p', 'no:cacheprovider'];
    const { code, stdout, stderr } = await tryRun(await uvProgram(folder), args, { cwd: project, env });
    expect(stdout + stderr).toMatch(/^\d{2,} passed/m);
    expect(stdout).not.toMatch(/skipped|failed|warning/);
    expect(code).toBe(0);
  });

  it('has a lockfile that belongs to its pyproject.toml', async () => {
    const { code, stderr } = await tryRun(await uvProgram(folder), ['lock', '--check'], {
      cwd: project,
      env,
    });
    expect(stderr).toContain('Resolved');
    expect(code, stderr).toBe(0);
  });
});
