import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decideCacheMounts } from '../src/build/cache-mounts/decision.ts';
import { restoreCacheMounts, saveCacheMounts } from '../src/build/cache-mounts/moves.ts';
import { planCacheMounts } from '../src/build/cache-mounts/plan.ts';
import { type CacheMountsState, measureCacheMounts } from '../src/build/cache-mounts/state.ts';
import { buildHistory } from '../src/docker/build-history.ts';
import { runDocker } from '../src/docker/command.ts';
import { vertices } from '../src/docker/timings.ts';
import { openCacheStore } from '../src/github/cache.ts';
import type { Log } from '../src/github/log.ts';
import { ensureParts } from '../src/local/parts/index.ts';
import { runtimeToken, startCacheService } from '../test/support/cache-service.ts';
import { ensurePythonImage, type Project, projects } from './cache-mounts/projects.ts';
import { type Distance, startRegistryProxy } from './cache-mounts/registry-proxy.ts';

/**
 * What `cache-mounts: auto` decides by, measured: installing with and without the mount after a change of one
 * dependency, restoring and saving, at two distances of the registry. The cache service stands on this machine: on
 * GitHub add the archive's bytes at its speed. pip keeps no downloads of a registry without TLS, as this one is, so
 * that only what it compiled counts.
 */
const DISTANCES: Distance[] = [
  { name: 'near', latency: 2, bandwidth: 100e6 },
  { name: 'far', latency: 80, bandwidth: 2.5e6 },
];

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const local = join(import.meta.dirname, '..', '.local');
const parts = await ensureParts(local, say);
await ensurePythonImage(parts, local);
const docker = { program: parts.docker.program, env: { ...process.env, ...parts.docker.env } };
const folder = await mkdtemp(join(tmpdir(), 'bench-cache-mounts-'));
const context = join(folder, 'context');
const [service, proxy] = await Promise.all([startCacheService(), startRegistryProxy()]);
Object.assign(process.env, {
  ACTIONS_RESULTS_URL: service.url,
  ACTIONS_RUNTIME_TOKEN: runtimeToken(),
  ACTIONS_CACHE_SERVICE_V2: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_WORKSPACE: folder,
  RUNNER_TEMP: folder,
});
const verbose = process.argv.includes('--verbose');
const show = (line: string): void => (verbose ? say(`  ${line}`) : undefined);
const log: Log = { info: show, warning: say, debug: () => {}, group: async (_heading, work) => await work() };

/** One job on a fresh machine. */
async function job(project: Project, files: Record<string, string>, scope: string) {
  await rm(context, { recursive: true, force: true });
  await mkdir(context, { recursive: true });
  // Its own mounts, and no layer of an earlier measurement.
  const dockerfile = project.dockerfile
    .replace('--mount=type=cache,', `--mount=type=cache,id=${scope},`)
    .replace('COPY requirements', `ENV RUN=${randomUUID()}\nCOPY requirements`)
    .replace('COPY package', `ENV RUN=${randomUUID()}\nCOPY package`);
  for (const [name, text] of Object.entries({ ...files, Dockerfile: dockerfile }))
    await writeFile(join(context, name), text);
  const builder = {
    docker,
    name: 'default',
    platform: 'linux/amd64',
    buildArgs: [`INDEX=${proxy.url}`],
    buildContexts: parts.buildContexts,
  };
  const plan = planCacheMounts(
    project.dockerfile.replace('--mount=type=cache,', `--mount=type=cache,id=${scope},`),
    {
      target: '',
      platform: builder.platform,
      buildArgs: {},
      scope,
    },
  );
  const state = await restoreCacheMounts(plan, {
    ...{ mode: 'true', noCache: false, context, folder, store: openCacheStore(), log },
    layerCache: Promise.resolve(true),
    isServiceInTrouble: Promise.resolve(false),
    builder: Promise.resolve(builder),
  });
  const metadata = join(folder, 'metadata.json');
  const { code, stderr } = await runDocker(docker, [
    ...[
      'buildx',
      'build',
      '--builder',
      'default',
      '--network',
      'host',
      '--allow',
      'network.host',
      '--progress',
      'plain',
    ],
    ...builder.buildContexts.flatMap((entry) => ['--build-context', entry]),
    ...['--build-arg', `INDEX=${proxy.url}`, '--provenance=false', '--output', 'type=cacheonly'],
    ...['--metadata-file', metadata, context],
  ]);
  if (code !== 0 || !state) throw new Error(stderr);
  const ref = (JSON.parse(await readFile(metadata, 'utf8')) as Record<string, string>)['buildx.build.ref'];
  const measured = measureCacheMounts(state, vertices(await buildHistory(docker, ref ?? '')));
  const saved = await saveCacheMounts(measured, { docker, store: openCacheStore(), log });
  await forget(scope);
  return { state: measured, saved };
}

async function forget(scope: string): Promise<void> {
  const filters = ['--filter', 'type=exec.cachemount', '--filter', `description~=${scope}`];
  await runDocker(docker, ['buildx', 'prune', '--builder', 'default', '--force', ...filters]);
}

/** What `auto` does at the next change of the lockfile, had it measured the same twice. */
function verdict({ runs, states, statistics }: CacheMountsState, saveMs = 0): string {
  const changed = Object.fromEntries(
    Object.entries(states).map(([id, state]) => [id, { ...state, hash: 'another' }]),
  );
  const twice = Object.entries(statistics.runs).map(([id, run]) => [
    id,
    { ...run, warmMs: [...run.warmMs, ...run.warmMs] },
  ]);
  const known = { ...statistics, runs: Object.fromEntries(twice), saveMs: [saveMs] };
  return decideCacheMounts('auto', runs, changed, known, true).reason.replace(/ \(.*/, '');
}

const seconds = (ms: number | undefined): string => (ms === undefined ? '-' : (ms / 1000).toFixed(1));

try {
  const only = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
  say(
    '| project | registry | without, s | with, s | restore, s | save, s | archive, MB | `auto`, next time |',
  );
  say('|---|---|---|---|---|---|---|---|');
  for (const project of await projects()) {
    if (only && !project.name.startsWith(only)) continue;
    // Fills the proxy's memory.
    await job(project, project.after, `warm-up-${randomUUID().slice(0, 8)}`);
    for (const distance of DISTANCES) {
      proxy.setDistance(distance);
      const scope = `bench-${randomUUID().slice(0, 8)}`;
      const cold = await job(project, project.before, scope);
      const warm = await job(project, project.after, scope);
      const moved = [warm.state.restored?.ms, cold.saved?.ms];
      const figures = [cold.state.installMs, warm.state.installMs, ...moved].map(seconds);
      const mb = ((cold.saved?.bytes ?? 0) / 1e6).toFixed(0);
      say(
        `| ${[project.name, distance.name, ...figures, mb, verdict(warm.state, cold.saved?.ms)].join(' | ')} |`,
      );
    }
    proxy.setDistance({ name: 'here', latency: 0, bandwidth: Number.POSITIVE_INFINITY });
  }
} finally {
  await Promise.all([service.close(), proxy.close(), rm(folder, { recursive: true, force: true })]);
}
process.exit(0);
