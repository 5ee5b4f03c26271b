import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { httpSuite } from './http-suite.ts';

const root = join(import.meta.dirname, '..', '..');
const CONTEXTS = ['example-api', 'examples/fastapi'];

/** Deploys to the Lambda of this machine as a user would. @returns the function's URL, without a slash at the end */
async function deploy(context: string, functionName: string, rootPath: string): Promise<string> {
  const env = rootPath ? ['--env', `API_ROOT_PATH=${rootPath}`] : [];
  const args = ['src/local/cli.ts', '--context', join(root, context), '--function', functionName, ...env];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  expect(stdout).toContain(`${functionName}: deployed`);
  expect(stdout).toMatch(/\/health +200 \{"status":"ok"\}/);
  return (/^ {2}URL +(\S+)$/m.exec(stdout)?.[1] ?? '').replace(/\/$/, '');
}

describe.each(CONTEXTS)('the image of %s on Lambda', (context) => {
  const name = `suite-${context.split('/').at(-1)}-${process.pid}`;

  describe('without API_ROOT_PATH', () => {
    let url = '';
    beforeAll(async () => {
      url = await deploy(context, name, '');
    });
    httpSuite(() => url, '');

    it('knows no prefix', async () => {
      expect((await fetch(`${url}/prod/health`)).status).toBe(404);
    });
  });

  describe('with API_ROOT_PATH=/prod', () => {
    let url = '';
    beforeAll(async () => {
      url = await deploy(context, `${name}-prod`, '/prod');
    });
    describe('asked with the stage in the path, as behind an HTTP API', () => {
      httpSuite(() => `${url}/prod`, '/prod');
    });
    describe('asked without, as by a function URL', () => {
      httpSuite(() => url, '');
    });

    it.each(['/production/health', '/prod/prod/health', '/prod', '/'])('does not have %s', async (path) => {
      const answer = await fetch(`${url}${path}`);
      expect(await answer.json()).toEqual({ error: { status: 404, message: `There is no ${path}` } });
    });
  });
});
