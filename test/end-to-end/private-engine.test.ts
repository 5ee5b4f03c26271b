import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { containerRuntime } from '../../src/local/aws/container.ts';
import { type LocalAws, startLocalAws } from '../../src/local/aws/server.ts';
import { enginePrograms } from '../../src/local/parts/engine-programs.ts';
import { type ActionOutcome, runMain, runPost } from '../../src/local/runner.ts';
import { readRecord } from '../../src/record.ts';
import { type CacheService, runtimeToken, startCacheService } from '../support/cache-service.ts';

const root = join(import.meta.dirname, '..', '..');
const repository = `private-engine-${process.pid}`;

/**
 * The build action on a machine whose Engine has the old image store, as on GitHub's hosted runners: a `docker` that
 * says so of the real Engine. Everything else is real, so no build could use the cache but in a private Engine.
 */
describe('a build where the Engine takes no remote cache', () => {
  const parts = inject('parts');
  let temp = '';
  let context = '';
  let bin = '';
  let path = '';
  let libraries = '';
  let aws: LocalAws;
  let cache: CacheService;
  let lines: string[] = [];

  beforeAll(async () => {
    temp = await mkdtemp(join(tmpdir(), 'engine-test-'));
    [context, bin] = [join(temp, 'context'), join(temp, 'bin')];
    await Promise.all([mkdir(context), mkdir(bin)]);
    await writeFile(join(bin, 'docker'), oldStoreDocker(parts.docker.program));
    await chmod(join(bin, 'docker'), 0o755);
    const { env } = await enginePrograms(join(root, '.local'), () => {});
    path = [bin, env.PATH].join(delimiter);
    libraries = env.LD_LIBRARY_PATH ?? '';
    await writeFile(join(context, 'one'), randomUUID().repeat(2_000));
    await writeFile(join(context, 'two'), randomUUID().repeat(2_000));
    await writeFile(
      join(context, 'Dockerfile'),
      'FROM scratch AS first\nCOPY one /one\nFROM scratch\nCOPY --link --from=first /one /one\nCOPY --link two /two\nCMD ["/one"]\n',
    );
    aws = await startLocalAws({
      stateFolder: join(temp, 'aws'),
      registry: parts.registry,
      runtime: containerRuntime({
        docker: parts.docker,
        emulator: parts.emulator,
        registry: parts.registry,
        stateFolder: join(temp, 'aws'),
      }),
    });
    cache = await startCacheService();
  });
  afterAll(async () => {
    await aws.close();
    await cache.close();
    await rm(temp, { recursive: true, force: true });
  });

  const options = () => ({
    dist: join(root, 'dist'),
    temp: join(temp, 'runner'),
    workspace: context,
    summary: join(temp, 'summary.md'),
    print: (line: string) => void lines.push(line),
  });
  const call = (env: Record<string, string> = {}) => ({
    name: 'build',
    inputs: {
      context,
      repository,
      registry: parts.registry.host,
      'create-repository': 'true',
      platform: process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64',
      'aws-region': 'us-east-1',
      rebuild: 'always',
    },
    env: {
      ...parts.docker.env,
      PATH: path,
      LD_LIBRARY_PATH: libraries,
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      ACTIONS_RESULTS_URL: cache.url,
      ACTIONS_CACHE_SERVICE_V2: 'true',
      ACTIONS_RUNTIME_TOKEN: runtimeToken({ scopes: { 'refs/heads/main': 'write' } }),
      ...env,
    },
  });
  const main = async (env: Record<string, string> = {}): Promise<ActionOutcome> => {
    lines = [];
    cache.resetCounters();
    return await runMain(call(env), options());
  };

  it('starts one of its own, and fills the cache beside what follows', async () => {
    const before = await traces(temp);
    const outcome = await main();
    expect(outcome.exitCode, lines.join('\n')).toBe(0);
    expect(outcome.outputs['build-result']).toBe('built');
    expect(outcome.state.engine).toMatch(/engine-[0-9a-f]{8}$/);
    // A bridge of its own, which lasts as long as the Engine.
    expect((await traces(temp)).links).toHaveLength(before.links.length + 1);
    await runPost(call(), outcome, options());
    expect(lines.join('\n')).toContain('Layer cache: written in');
    expect(cache.entries().some(({ key }) => key.startsWith('index-'))).toBe(true);
    expect(await traces(temp)).toEqual(before);
    expect(await readdir(options().temp)).toEqual(['deploy-lambda-container']);
  });

  it('takes every step from the cache on the next machine, and writes nothing', async () => {
    const outcome = await main();
    expect(outcome.exitCode, lines.join('\n')).toBe(0);
    const record = await readRecord(outcome.outputs.record ?? '');
    expect(record.cache).toMatchObject({ kind: 'gha', hits: 3, total: 3 });
    expect(outcome.state['cache-export']).toBeUndefined();
    await runPost(call(), outcome, options());
    expect(cache.counters()).toMatchObject({ bytesUp: 0, by: { CreateCacheEntry: 0 } });
  });

  it('leaves nothing behind where the build fails', async () => {
    const before = await traces(temp);
    await writeFile(
      join(context, 'Dockerfile.slow'),
      'FROM scratch\nCOPY one /one\nRUN ["/one"]\nCMD ["/one"]\n',
    );
    const outcome = await runMain(
      { ...call(), inputs: { ...call().inputs, file: join(context, 'Dockerfile.slow') } },
      options(),
    );
    expect(outcome.exitCode).toBe(1);
    await runPost(call(), outcome, options());
    expect(await traces(temp)).toEqual(before);
  });

  it('says so where the private Engine does not start, and goes on to the next way', async () => {
    const before = await traces(temp);
    const broken = join(temp, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'dockerd'), '#!/bin/sh\necho "no space left on device" >&2\nexit 1\n');
    await chmod(join(broken, 'dockerd'), 0o755);
    const outcome = await main({ PATH: [bin, broken, path].join(delimiter) });
    const log = lines.join('\n');
    expect(log).toContain('A private Docker Engine does not start: no space left on device.');
    // The next way needs an image that this machine may not be able to pull: it is tried, and its error is the last.
    expect(outcome.state.builder).toMatch(/^deploy-lambda-container-/);
    await runPost(call(), outcome, options());
    expect(await traces(temp)).toEqual(before);
  });
});

/** A script, since the action starts whatever `docker` is on PATH. */
function oldStoreDocker(docker: string): string {
  return `#!/bin/sh
if [ "$1" = info ]; then
  echo '["28.0.4", [["Backing Filesystem", "extfs"]]]'
else
  exec '${docker}' "$@"
fi
`;
}

/** What a private Engine could leave on a machine. */
async function traces(folder: string): Promise<{ links: string[]; mounts: string[]; processes: string[] }> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return {
    links: (await readdir('/sys/class/net')).filter((name) => name.startsWith('dlc-')).sort(),
    mounts: (await readFile('/proc/self/mountinfo', 'utf8'))
      .split('\n')
      .filter((line) => line.includes(folder)),
    processes: commands.filter((line) => line.includes(join(folder, 'runner'))),
  };
}
