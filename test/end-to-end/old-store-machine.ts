import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { engineBridge } from '../../src/docker/engine.ts';
import { runningProcesses } from '../../src/docker/processes.ts';
import { containerRuntime } from '../../src/local/aws/container.ts';
import { startLocalAws } from '../../src/local/aws/server.ts';
import { enginePrograms } from '../../src/local/parts/engine-programs.ts';
import type { Parts } from '../../src/local/parts/index.ts';
import { type ActionOutcome, runMain, runPost } from '../../src/local/runner.ts';
import { type CacheService, runtimeToken, startCacheService } from '../support/cache-service.ts';
import { startOldStoreEngine } from '../support/old-store-engine.ts';

const root = join(import.meta.dirname, '..', '..');

/** What a test may change of one run. */
export interface RunOptions {
  inputs?: Record<string, string>;
  env?: Record<string, string>;
}

/** A machine whose Engine has the old image store, as on GitHub's hosted runners. */
export interface OldStoreMachine {
  /** Build context with a Dockerfile of three COPY, one of them in a stage of its own. */
  context: string;
  temp: string;
  /** RUNNER_TEMP of its jobs. */
  runnerTemp: string;
  /** PATH of the action. */
  path: string;
  cache: CacheService;
  /** What the last run printed, post included. */
  log(): string;
  /** Main of the build action. */
  main(options?: RunOptions): Promise<ActionOutcome>;
  /** Its post. */
  post(outcome: ActionOutcome): Promise<ActionOutcome>;
  /** What the runs of this machine have left behind until now; others may run tests beside it. */
  traces(): Promise<Traces>;
  close(): Promise<void>;
}

export interface Traces {
  /** Bridges of private Engines. */
  links: string[];
  mounts: string[];
  processes: string[];
  /** In RUNNER_TEMP. */
  files: string[];
}

/**
 * Starts the surroundings of the build action with an Engine that says of itself that it has the old image store.
 * Everything else is real, so no build could use the cache but in a private Engine.
 */
export async function startOldStoreMachine(parts: Parts): Promise<OldStoreMachine> {
  const temp = await mkdtemp(join(tmpdir(), 'machine-'));
  const [context, runner] = ['context', 'runner'].map((name) => join(temp, name)) as [string, string];
  await Promise.all([mkdir(context), mkdir(runner)]);
  const engine = await startOldStoreEngine(join(temp, 'engine'), parts.docker);
  await Promise.all(['one', 'two'].map((name) => writeFile(join(context, name), randomUUID().repeat(2_000))));
  await writeFile(join(context, 'Dockerfile'), dockerfile);
  const { env } = await enginePrograms(join(root, '.local'), () => {});
  const path = [...engine.path, env.PATH].join(delimiter);
  const stateFolder = join(temp, 'aws');
  const { docker, emulator, registry } = parts;
  const [aws, cache] = await Promise.all([
    startLocalAws({
      stateFolder,
      registry,
      runtime: containerRuntime({ docker, emulator, registry, stateFolder }),
    }),
    startCacheService(),
  ]);
  let lines: string[] = [];
  const engines: string[] = [];
  const options = {
    dist: join(root, 'dist'),
    temp: runner,
    workspace: context,
    summary: join(temp, 'summary.md'),
    print: (line: string) => void lines.push(line),
  };
  const call = (changes: RunOptions = {}) => ({
    name: 'build',
    inputs: {
      context,
      repository: `machine-${process.pid}`,
      registry: registry.host,
      'create-repository': 'true',
      platform: process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64',
      'aws-region': 'us-east-1',
      rebuild: 'always',
      'cache-scope': 'machine',
      ...changes.inputs,
    },
    env: {
      ...docker.env,
      ...engine.env,
      PATH: path,
      LD_LIBRARY_PATH: env.LD_LIBRARY_PATH ?? '',
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      ACTIONS_RESULTS_URL: cache.url,
      ACTIONS_CACHE_SERVICE_V2: 'true',
      // The cache's library speaks the old protocol to any other.
      GITHUB_SERVER_URL: 'https://github.com',
      ACTIONS_RUNTIME_TOKEN: runtimeToken({ scopes: { 'refs/heads/main': 'write' } }),
      ...changes.env,
    },
  });
  return {
    context,
    temp,
    runnerTemp: runner,
    path,
    cache,
    log: () => lines.join('\n'),
    async main(changes) {
      lines = [];
      cache.resetCounters();
      const outcome = await runMain(call(changes), options);
      // Kept before an Engine's folder or bridge exist, also of one that does not start.
      engines.push(...(outcome.state.engines ?? '').split('\n').filter(Boolean));
      return outcome;
    },
    post: async (outcome) => await runPost(call(), outcome, options),
    traces: async () => await tracesOf(runner, engines),
    async close() {
      await Promise.all([aws.close(), cache.close(), engine.close()]);
      await rm(temp, { recursive: true, force: true });
    },
  };
}

const dockerfile = `FROM scratch AS first
COPY one /one
FROM scratch
COPY --link --from=first /one /one
COPY --link two /two
CMD ["/one"]
`;

/** @param engines folders of private Engines; not below `runner` where its path is too long for a socket */
async function tracesOf(runner: string, engines: readonly string[]): Promise<Traces> {
  const bridges = engines.map(engineBridge);
  const ours = (line: string): boolean => [runner, ...engines].some((folder) => line.includes(folder));
  const commands = (await runningProcesses()).map(({ commandLine }) => commandLine);
  return {
    links: (await readdir('/sys/class/net')).filter((name) => bridges.includes(name)),
    mounts: (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter(ours),
    processes: commands.filter(ours),
    // The run record is the caller's.
    files: (await readdir(runner)).filter((name) => name !== 'deploy-lambda-container'),
  };
}
