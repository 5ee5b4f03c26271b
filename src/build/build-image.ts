import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { buildHistory } from '../docker/build-history.ts';
import { takeBuildMetadata } from '../docker/build-metadata.ts';
import { inspectBuilder } from '../docker/builder.ts';
import { buildFailure, failedOnCache, runBuild } from '../docker/buildx.ts';
import type { Docker } from '../docker/command.ts';
import { vertices as verticesOf } from '../docker/timings.ts';
import { DeployError } from '../errors.ts';
import { cacheServiceTrouble } from '../github/cache-service.ts';
import { foreignGroup } from '../github/foreign-text.ts';
import { type BuildRecord, type BuildVertex, type CacheRecord, timed } from '../record.ts';
import type { BuildRun } from './build-run.ts';
import type { BuilderSource, ReadyBuilder } from './builder.ts';
import type { LayerCache } from './cache.ts';
import { startCacheExport } from './cache-export.ts';
import { fillMounts, keepMounts } from './cache-mounts/run.ts';
import { showDockerChecks } from './docker-checks.ts';
import { type Early, startEarly } from './early.ts';
import { type ContextFiles, startExplaining } from './explain.ts';
import type { BuildInputs } from './inputs.ts';
import { type BuildPlan, planBuild } from './plan.ts';
import { readBack, startMemory } from './read-back.ts';
import type { SignedIn } from './sign-in.ts';

/** What was found out before the build. */
export interface Before {
  signedIn: SignedIn;
  cache: LayerCache;
  builder: BuilderSource;
  /** All tags of the image, and the one among them that marks its inputs ('' where there is none). */
  tags: string[];
  mark: string;
  /** The context's files, where they were hashed. */
  context: ContextFiles;
  /** Digest of the base image; '' where it is not known. */
  base: string;
}

/**
 * Builds, pushes and checks the image; then starts the cache's export.
 * @throws DeployError
 */
export async function buildImage(inputs: BuildInputs, run: BuildRun, before: Before): Promise<void> {
  const { record, log } = run;
  const { signedIn, mark } = before;
  const buildRecord = record.build as BuildRecord;
  const files = join(run.job.runnerTemp, `build-${randomUUID().slice(0, 8)}`);
  const facts = {
    host: signedIn.registry.host,
    platform: signedIn.platform,
    tags: pushedTags(before.tags, mark),
    metadataFile: `${files}.json`,
  };
  if (inputs.dryRun) {
    const { name } = await before.builder.find();
    const { lines } = planBuild(inputs, {
      ...facts,
      cache: before.cache,
      builder: name,
      hostNetwork: false,
    });
    for (const line of [`Why: ${buildRecord.reason}`, ...lines, 'dry-run: nothing was built.'])
      log.info(line);
    buildRecord.result = 'planned';
    record.result = 'planned';
    return;
  }
  const starting = timed(record, 'start builder', () =>
    before.builder.start(signedIn.docker, signedIn.folder),
  );
  const finding = usableCache(before.cache, run);
  const filling = timed(record, 'cache mounts', () =>
    fillMounts(inputs, run, { platform: signedIn.platform, builder: starting, cache: finding }),
  );
  const [ready, cache, mounts] = await Promise.all([starting, finding, filling]);
  const { name: builder, hostNetwork } = ready;
  const plan = planBuild(inputs, { ...facts, cache, builder, hostNetwork });
  for (const line of [`Why: ${buildRecord.reason}`, ...plan.lines]) log.info(line);
  let early: Early | undefined;
  const building = timed(record, inputs.push ? 'build and push' : 'build', () =>
    build(ready, plan, run, (line) => early?.line(line)).finally(async () => await early?.end(log)),
  );
  // After buildx has started: they load what takes the processor for a while.
  const memory = startMemory(inputs, run);
  early = startEarly(inputs, { ready, signedIn, plan, base: before.base, memory });
  const explain = startExplaining(inputs, run, signedIn.platform, before.context);
  const { docker, cacheWorks } = await building;
  const metadata = await takeBuildMetadata(facts.metadataFile);
  if (inputs.push && metadata.digest === '') throw withoutDigest(metadata.trouble);
  // What was built is checked while its history is read.
  const [history] = await Promise.all([
    buildHistory(docker, metadata.ref),
    inputs.push
      ? timed(record, 'check image', () =>
          readBack(signedIn, inputs, run, {
            digest: metadata.digest,
            config: metadata.config,
            mark,
            store: ready.storeOf?.(docker),
            memory,
            early: early?.scan,
          }),
        )
      : undefined,
  ]);
  const vertices = verticesOf(history);
  buildRecord.vertices = vertices;
  await showDockerChecks(history, inputs, run);
  await explain(vertices);
  record.cache = cacheUse(cache, vertices);
  if (mounts) await keepMounts(mounts, vertices, docker, run, `${files}-mounts.json`);
  if (plan.cacheTo !== '' && cacheWorks && isNews(record.cache))
    run.keep(
      'cache-export',
      JSON.stringify(startCacheExport(docker, plan.request, plan.cacheTo, plan.secretEnv, `${files}-cache`)),
    );
  buildRecord.result = 'built';
  record.result = 'built';
}

function withoutDigest(trouble: string): DeployError {
  return new DeployError(
    `The image was built and pushed, but buildx does not say which one it is: of its metadata file, ${trouble}.`,
    'Run the job again; where it stays so, update Buildx, or see whether the disk of RUNNER_TEMP is full.',
  );
}

/** The cache, or none where its service is in trouble, and which. */
async function usableCache(
  cache: LayerCache,
  { env, log }: BuildRun,
): Promise<LayerCache & { trouble: string }> {
  const trouble = cache.kind === 'gha' ? await cacheServiceTrouble(env) : '';
  if (trouble === '') return { ...cache, trouble };
  log.warning(`GitHub's cache service is of no use (${trouble}); building without the layer cache.`);
  return { kind: 'off', writable: false, note: '', trouble };
}

/** What a build took from the cache. */
function cacheUse({ kind }: LayerCache, vertices: readonly BuildVertex[]): CacheRecord {
  const steps = vertices.filter((vertex) => ['run', 'copy', 'add'].includes(vertex.kind));
  return { kind, hits: steps.filter(({ cached }) => cached).length, total: steps.length, ms: 0 };
}

/** Whether the cache lacks something of this build; where the builder told nothing, it may. */
function isNews({ hits, total }: CacheRecord): boolean {
  return total === 0 || hits < total;
}

/**
 * Builds; where the imported cache was the trouble, once more without it.
 * @returns the docker that holds the result, and whether the cache could be used, so that it is worth writing to
 */
async function build(
  ready: ReadyBuilder,
  plan: BuildPlan,
  { log }: BuildRun,
  onLine: (line: string) => void,
): Promise<{ docker: Docker; cacheWorks: boolean }> {
  const show = (line: string): void => {
    log.info(line);
    onLine(line);
  };
  const attempt = (docker: Docker, request: BuildPlan['request']) =>
    foreignGroup(log, 'docker buildx build', () => runBuild(docker, request, plan.secretEnv, show));
  const first = await attempt(ready.docker, plan.request);
  // Without Buildx docker takes its options for its own; then this says what is missing.
  if (first.code !== 0 && first.tail.some((line) => /^unknown (shorthand )?flag|unknown command/.test(line)))
    await inspectBuilder(ready.docker, ready.name);
  const trouble = first.cacheTrouble || (failedOnCache(first.tail) ? 'it does not hold what it lists' : '');
  if (first.code === 0) {
    if (first.cacheTrouble !== '')
      log.warning(`The layer cache could not be read (${trouble}); this build went without it.`);
    return { docker: ready.docker, cacheWorks: first.cacheTrouble === '' };
  }
  if (plan.request.cacheFrom === '' || trouble === '') throw buildFailure(plan.request.file, first.tail);
  log.warning(`The layer cache could not be used (${trouble}); building once more without it.`);
  const docker = first.cacheTrouble === '' ? ready.docker : await ready.another();
  const second = await attempt(docker, { ...plan.request, cacheFrom: '' });
  if (second.code !== 0) throw buildFailure(plan.request.file, second.tail);
  return { docker, cacheWorks: false };
}

/**
 * The tags that buildx pushes. The one that marks the inputs follows after the image's check, unless it is the only
 * one: a push without a tag would become `latest`.
 */
function pushedTags(tags: string[], mark: string): string[] {
  const others = tags.filter((tag) => tag !== mark);
  if (others.length > 0) return others;
  return [mark === '' ? `build-${randomUUID().slice(0, 8)}` : mark];
}
