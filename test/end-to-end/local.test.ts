import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetAliasCommand, ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localLambda } from '../../src/local/function.ts';
import { runningServer } from '../../src/local/server-process.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.local');
const functionName = `local-test-${process.pid}`;

const dockerfile = `FROM node:24-bookworm-slim
COPY --from=public.ecr.aws/awsguru/aws-lambda-adapter:1.0.0 /lambda-adapter /opt/extensions/lambda-adapter
ENV PORT=8080 AWS_LWA_READINESS_CHECK_PATH=/ready
COPY server.mjs /server.mjs
CMD ["node", "/server.mjs"]
`;

/** An app whose answers and health are in its source, so that each edit is a new image. */
const app = (text: string, healthStatus = 200): string => `import { createServer } from 'node:http';
createServer((request, response) => {
  response.statusCode = request.url === '/health' ? ${healthStatus} : 200;
  response.end(${JSON.stringify(text)});
}).listen(8080);
`;

interface Finished {
  code: number;
  printed: string;
}

/** \`npm run local -- ARGS\` without npm. */
async function local(...args: string[]): Promise<Finished> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['src/local/cli.ts', ...args], {
      cwd: root,
    });
    return { code: 0, printed: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, printed: `${stdout}${stderr}` };
  }
}

const row = (printed: string, name: string): string =>
  new RegExp(`^  ${name} +(.+)$`, 'm').exec(printed)?.[1]?.trim() ?? '';

describe('npm run local', () => {
  let context = '';
  let url = '';
  const deploy = () => local('--context', context, '--function', functionName);

  beforeAll(async () => {
    context = await mkdtemp(join(tmpdir(), 'local-test-'));
    await writeFile(join(context, 'Dockerfile'), dockerfile);
    await writeFile(join(context, 'server.mjs'), app('first'));
  });
  afterAll(() => rm(context, { recursive: true, force: true }));

  it('deploys version 1 and prints URL, digest, size, health and cold start', async () => {
    const { code, printed } = await deploy();
    expect(printed).toContain(`${functionName}: deployed`);
    expect(code).toBe(0);
    url = row(printed, 'URL');
    expect(row(printed, 'version')).toBe('1');
    expect(row(printed, 'digest')).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(row(printed, 'image size')).toMatch(/^[\d.]+ MB compressed, \d+ layers$/);
    expect(row(printed, '/health')).toBe('200 first');
    expect(row(printed, 'cold start')).toMatch(/^\d+ ms$|^\d+\.\d s$/);
    expect(await (await fetch(url)).text()).toBe('first');
    expect(await readFile(row(printed, 'report'), 'utf8')).toContain(`${functionName} is live on version 1`);
  });

  it('says unchanged the second time and runs no step of the Dockerfile', async () => {
    const { code, printed } = await deploy();
    expect(code).toBe(0);
    expect(printed).toContain(`${functionName}: unchanged`);
    expect(printed).not.toMatch(/creating it|pushing layers [1-9]/);
  });

  it('deploys version 2 after an edit, to the same URL', async () => {
    await writeFile(join(context, 'server.mjs'), app('second'));
    const { code, printed } = await deploy();
    expect(code).toBe(0);
    expect(row(printed, 'version')).toBe('2');
    expect(row(printed, 'URL')).toBe(url);
    expect(await (await fetch(url)).text()).toBe('second');
  });

  it.each([
    { image: 'whose /health answers 500', source: app('broken', 500), says: /\/health.*500/ },
    {
      image: 'that crashes at each start',
      source: "throw new Error('no database');\n",
      says: /crashe?d|ended|no database/i,
    },
    {
      image: 'that listens on another port',
      source: app('broken').replace('8080', '9090'),
      // The function's own time limit is no shorter, so that Lambda's words about it never come.
      says: /no answer within 30 s/,
    },
  ])('takes back an image $image; the URL serves version 2 all the while', async ({ source, says }) => {
    await writeFile(join(context, 'server.mjs'), source);
    const seen = new Set<string>();
    let polling = true;
    const poll = (async () => {
      let count = 0;
      while (polling) {
        const answer = await fetch(url);
        seen.add(`${answer.status} ${await answer.text()}`);
        count += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return count;
    })();
    const { code, printed } = await deploy();
    polling = false;
    expect(await poll).toBeGreaterThan(10);
    expect([...seen]).toEqual(['200 second']);
    expect(code).toBe(1);
    expect(printed).toContain(`${functionName}: rolled-back`);
    expect(/^Error: Function .*/m.exec(printed)?.[0]).toMatch(says);
  });

  it('leaves the alias at version 2 with no weights', async () => {
    const lambda = localLambda(await runningServer(folder));
    const alias = await lambda.send(new GetAliasCommand({ FunctionName: functionName, Name: 'live' }));
    expect(alias.FunctionVersion).toBe('2');
    expect(alias.RoutingConfig?.AdditionalVersionWeights ?? {}).toEqual({});
    const { Versions = [] } = await lambda.send(
      new ListVersionsByFunctionCommand({ FunctionName: functionName }),
    );
    expect(Versions.map(({ Version }) => Version)).toEqual(expect.arrayContaining(['$LATEST', '1', '2']));
    lambda.destroy();
  });

  it('says which line of a Dockerfile does not build, exit 1, and goes on serving', async () => {
    await writeFile(join(context, 'Dockerfile'), `${dockerfile}RUN exit 7\n`);
    const { code, printed } = await deploy();
    expect(code).toBe(1);
    expect(printed).toMatch(/Error: Build of .*Dockerfile failed.*RUN|Error: Build of .*exit code: 7/);
    expect(await (await fetch(url)).text()).toBe('second');
  });

  it('invokes and shows logs', async () => {
    const invoked = await local('invoke', '/x', '--function', functionName);
    expect(invoked).toMatchObject({ code: 0, printed: expect.stringContaining('second') });
    const logs = await local('logs', '--function', functionName);
    expect(logs.printed).toMatch(/REPORT RequestId: .*Init Duration/);
  });
});
