import { readFile, rm, writeFile } from 'node:fs/promises';
import type { Docker } from '../../docker/command.ts';
import { describeError } from '../../errors.ts';
import { openCacheStore } from '../../github/cache.ts';
import type { Log } from '../../github/log.ts';
import type { BuildVertex, CacheMountsRecord } from '../../record.ts';
import type { BuildRun } from '../build-run.ts';
import type { ReadyBuilder } from '../builder.ts';
import { cacheScope, type LayerCache } from '../cache.ts';
import type { BuildInputs, Platform } from '../inputs.ts';
import { dockerfilePath, isGitContext, nameValues } from '../plan.ts';
import { restoreCacheMounts, saveCacheMounts } from './moves.ts';
import { planCacheMounts } from './plan.ts';
import { type CacheMountsState, cacheMountsRecord, measureCacheMounts } from './state.ts';

/** What post needs to save the mounts, as text in a file. */
interface KeptMounts {
  state: CacheMountsState;
  /** Variables by which docker reaches the builder. */
  env: Record<string, string>;
}

const dockerVariables = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CONFIG',
  'BUILDX_CONFIG',
];

/** The build that the mounts are for. */
export interface MountsBuild {
  platform: Platform;
  /** Its cache mounts are looked up while it starts. */
  builder: Promise<ReadyBuilder>;
  /** Where layers are kept, and whether that service is in trouble, once both are known. */
  cache: Promise<LayerCache & { trouble: string }>;
}

/**
 * Fills the Dockerfile's cache mounts before the build, where that pays. Never throws.
 * @returns undefined where there are none to keep
 */
export async function fillMounts(
  inputs: BuildInputs,
  run: BuildRun,
  { platform, builder, cache }: MountsBuild,
): Promise<CacheMountsState | undefined> {
  if (inputs.cacheMounts === 'false' || inputs.cache === 'off' || isGitContext(inputs.context))
    return undefined;
  const text = await readFile(dockerfilePath(inputs), 'utf8').catch(() => '');
  const plan = planCacheMounts(text, {
    target: inputs.target,
    platform,
    buildArgs: Object.fromEntries(inputs.buildArgs.map(({ name, value }) => [name, value])),
    scope: cacheScope(inputs, platform),
  });
  return await restoreCacheMounts(plan, {
    mode: inputs.cacheMounts,
    noCache: inputs.noCache,
    context: inputs.context,
    folder: run.job.runnerTemp,
    layerCache: cache.then(({ kind }) => kind !== 'off'),
    isServiceInTrouble: cache.then(({ trouble }) => trouble !== ''),
    builder: builder.then(
      ({ docker, name }) => ({
        docker,
        name,
        platform,
        buildArgs: nameValues(inputs.buildArgs),
        buildContexts: nameValues(inputs.buildContexts),
      }),
      () => undefined,
    ),
    store: openCacheStore(),
    log: run.log,
  });
}

/**
 * Measures what the build's installations took and hands the mounts to post, which saves them after the deploy.
 * Never throws: the image is built.
 * @param file path of a temporary file
 */
export async function keepMounts(
  filled: CacheMountsState,
  vertices: readonly BuildVertex[],
  docker: Docker,
  run: BuildRun,
  file: string,
): Promise<void> {
  const state = measureCacheMounts(filled, vertices);
  run.record.cacheMounts = cacheMountsRecord(state);
  const env = Object.fromEntries(
    dockerVariables.flatMap((name) => (docker.env[name] === undefined ? [] : [[name, docker.env[name]]])),
  ) as Record<string, string>;
  // A file, since the system limits the length of a variable.
  run.keep('cache-mounts', file);
  try {
    await writeFile(file, JSON.stringify({ state, env } satisfies KeptMounts), { mode: 0o600 });
  } catch (error) {
    // Half a file would be none that post can read.
    await rm(file, { force: true });
    run.log.warning(`Cache mounts: not saved. ${describeError(error)}`);
  }
}

/**
 * Saves the mounts in post. Never throws.
 * @param file from `keepMounts`; removed
 * @returns what the run record is to say of them now
 */
export async function saveKeptMounts(
  file: string,
  environment: NodeJS.ProcessEnv,
  log: Log,
): Promise<CacheMountsRecord | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  await rm(file, { force: true });
  if (text === '') return undefined;
  const { state, env } = JSON.parse(text) as KeptMounts;
  const docker = { program: 'docker', env: { ...environment, ...env } };
  const saved = await saveCacheMounts(state, { docker, store: openCacheStore(), log });
  return cacheMountsRecord(state, saved);
}
