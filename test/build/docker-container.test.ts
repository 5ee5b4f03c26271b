import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ActionOutcome, runMain, runPost } from '../../src/local/runner.ts';
import { writeActionEntries } from '../support/action-entries.ts';

let temp: string;
let lines: string[];

beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'docker-container-'));
  lines = [];
  for (const name of ['bin', 'runner', 'context']) await mkdir(join(temp, name));
  await writeActionEntries(join(temp, 'dist'), ['build']);
  await writeFile(join(temp, 'context', 'Dockerfile'), 'FROM scratch\nCOPY . /\n');
});
afterEach(async () => await rm(temp, { recursive: true, force: true }));

/**
 * Puts a `docker` on PATH that writes each call down as JSON and does what buildx would leave behind.
 * @param failing the buildx command that fails
 * @param printed what a build writes to standard error
 */
async function writeDocker(failing = '', printed: readonly string[] = []): Promise<void> {
  const program = `#!${process.execPath}
const { appendFileSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync(${JSON.stringify(join(temp, 'calls'))}, JSON.stringify(args) + '\\n');
if (args[0] === 'buildx' && args[1] === ${JSON.stringify(failing)}) {
  console.error('ERROR: the stub fails');
  process.exit(1);
}
if (args[1] === 'build') for (const line of ${JSON.stringify(printed)}) console.error(line);
const at = args.indexOf('--metadata-file');
if (at > 0) writeFileSync(args[at + 1], '{}');
`;
  await writeFile(join(temp, 'bin', 'docker'), program);
  await chmod(join(temp, 'bin', 'docker'), 0o755);
}

interface Finished {
  main: ActionOutcome;
  /** Arguments of each call, in order. */
  calls: string[][];
}

async function build(
  inputs: Record<string, string> = {},
  env: Record<string, string> = {},
): Promise<Finished> {
  const options = {
    dist: join(temp, 'dist'),
    temp: join(temp, 'runner'),
    workspace: temp,
    summary: join(temp, 'summary.md'),
    print: (line: string) => void lines.push(line),
  };
  const call = {
    name: 'build',
    inputs: {
      context: join(temp, 'context'),
      repository: 'app',
      driver: 'docker-container',
      push: 'false',
      'aws-region': 'us-east-1',
      ...inputs,
    },
    env: { PATH: [join(temp, 'bin'), dirname(process.execPath)].join(delimiter), HOME: temp, ...env },
  };
  const main = await runMain(call, options);
  await runPost(call, main, options);
  const text = await readFile(join(temp, 'calls'), 'utf8');
  const calls = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[]);
  return { main, calls };
}

/** The buildx commands among the calls. */
const commands = (calls: string[][]) => calls.map(([, command]) => command);

it('creates a builder, builds on it and removes it, each by the same name', async () => {
  await writeDocker();
  const { main, calls } = await build({ 'driver-opts': 'image=mirror/buildkit:1\nnetwork=host' });
  expect(main.exitCode, lines.join('\n')).toBe(0);
  expect(commands(calls)).toEqual(['create', 'build', 'rm']);
  const [create = [], built = [], removed = []] = calls;
  const name = create[3] ?? '';
  expect(name).toMatch(/^deploy-lambda-container-[0-9a-f]{8}$/);
  expect(create).toEqual(
    [
      ['buildx', 'create', '--name', name, '--driver', 'docker-container'],
      ['--driver-opt', 'image=mirror/buildkit:1', '--driver-opt', 'network=host', '--bootstrap'],
    ].flat(),
  );
  expect(built.slice(0, 4)).toEqual(['buildx', 'build', '--builder', name]);
  // A builder of its own has a network of its own making.
  expect(built).not.toContain('--network');
  expect(removed).toEqual(['buildx', 'rm', '--force', name]);
});

it('gives the builder the network of the machine where nothing else is asked for', async () => {
  await writeDocker();
  const { calls } = await build();
  expect(calls[0]?.slice(6)).toEqual(['--driver-opt', 'network=host', '--bootstrap']);
});

it('removes the builder after a build that failed', async () => {
  await writeDocker('build');
  const { main, calls } = await build();
  expect(main.exitCode).toBe(1);
  expect(main.errors).toEqual([expect.stringContaining('the stub fails')]);
  expect(commands(calls)).toEqual(['create', 'build', 'rm']);
});

it('says that Buildx is missing where docker does not know its options', async () => {
  const program = `#!/bin/sh
case "$2" in
  build) echo 'unknown flag: --builder' >&2; exit 125 ;;
  *) echo "docker: 'buildx' is not a docker command." >&2; exit 1 ;;
esac
`;
  await writeFile(join(temp, 'calls'), '[]');
  await writeFile(join(temp, 'bin', 'docker'), program, { mode: 0o755 });
  const engine = createServer((_request, response) => response.end('{"ServerVersion":"28.0.4"}'));
  const socket = join(temp, 'docker.sock');
  await new Promise<void>((resolve) => engine.listen(socket, resolve));
  const { main } = await build({ driver: 'docker' }, { DOCKER_HOST: `unix://${socket}` });
  await new Promise((resolve) => engine.close(resolve));
  expect(main.errors).toEqual([
    'Docker has no Buildx here. Install it: https://docs.docker.com/build/install-buildx/',
  ]);
});

it('removes what is left of a builder that did not start, and says what else can be done', async () => {
  await writeDocker('create');
  const { main, calls } = await build();
  expect(main.errors).toEqual([
    'Cannot start a docker-container builder: ERROR: the stub fails. Name a `builder` that runs, or use an Engine with the containerd image store.',
  ]);
  expect(commands(calls)).toEqual(['create', 'rm']);
  expect(existsSync(main.state['docker-config'] ?? '')).toBe(false);
});

it('shows what a build prints and obeys none of it', async () => {
  const planted = [
    '::error::planted',
    '#5 0.1 progress\r::error::behind a carriage return',
    '  ::add-mask::builder',
    '::stop-commands::mine',
    '::mine::',
    '::endgroup::',
    '##[error]of old',
  ];
  await writeDocker('', planted);
  const { main } = await build();
  expect(main.exitCode).toBe(0);
  expect(main.errors).toEqual([]);
  const log = lines.join('\n');
  for (const line of planted.flatMap((text) => text.split('\r'))) expect(log).toContain(line);
  // Afterwards the runner listens again: the group is closed, and its last line is not shown.
  expect(log).not.toMatch(/::resume-|\*\*\*/);
});
