import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildFailure, failedOnCache, runBuild } from '../docker/buildx.ts';
import type { Docker } from '../docker/command.ts';
import type { Manifest, Registry } from '../docker/registry.ts';
import { buildVertices } from '../docker/timings.ts';
import { DeployError } from '../errors.ts';
import { cacheServiceTrouble } from '../github/cache-service.ts';
import type { Log } from '../github/log.ts';
import { type BuildRecord, type BuildVertex, type CacheRecord, type ImageRecord, timed } from '../record.ts';
import type { BuildRun } from './build-run.ts';
import { type BuilderSource, builderSource, type ReadyBuilder } from './builder.ts';
import { type LayerCache, layerCache } from './cache.ts';
import { startCacheExport } from './cache-export.ts';
import { checkImage } from './image-check.ts';
import type { BuildInputs } from './inputs.ts';
import { type BuildPlan, imageName, planBuild } from './plan.ts';
import { type SignedIn, signIn } from './sign-in.ts';
import { type Fingerprint, inputsFingerprint } from './skip.ts';
import { imageTags, inputsTag } from './tags.ts';

/**
 * Signs in, reuses the image of unchanged inputs or builds and pushes one, and checks it. Fills the record.
 * @throws DeployError
 */
export async function runBuildAction(inputs: BuildInputs, run: BuildRun): Promise<void> {
  const { record, log } = run;
  const cache = layerCache(inputs, run.env, Date.now());
  const builder = builderSource(inputs, run, cache.kind !== 'off');
  // All of these at once; the first that fails ends the run.
  const signingIn = timed(record, 'sign in', () => signIn(inputs, run));
  builder.find().catch(() => {});
  const cacheTrouble = cache.kind === 'gha' ? cacheServiceTrouble(run.env) : '';
  const [signedIn, fingerprint] = await Promise.all([
    signingIn,
    timed(record, 'hash inputs', () => inputsFingerprint(inputs, run.env, { signedIn: signingIn, builder })),
  ]);
  const { registry } = signedIn;
  const mark = 'hash' in fingerprint ? inputsTag(fingerprint.hash) : '';
  const tags = [...imageTags(run.job, inputs.tags), ...(mark === '' ? [] : [mark])];
  record.build = { result: 'failed', reason: '', tags, vertices: [] };

  const found = mark === '' || !inputs.push ? undefined : await lookUp(registry, inputs.repository, mark);
  if (found && inputs.rebuild === 'changed') {
    log.info(`Reuse ${imageName(registry.host, inputs.repository)}:${mark}: none of its inputs changed.`);
    record.image = await checkImage(registry, inputs.repository, found, signedIn.platform);
    if (!inputs.dryRun) await addTags(registry, inputs.repository, tags, found);
    record.build = { ...record.build, result: 'reused', reason: 'no input of the build changed' };
    record.result = 'reused';
    return;
  }
  record.build.reason = whyBuilt(fingerprint, inputs);
  if (cache.note !== '') log.info(cache.note);
  const usable = cacheWithout(cache, await cacheTrouble, log);
  await buildImage(inputs, run, { signedIn, cache: usable, builder, tags, mark });
}

/** The cache, or none where its service is in trouble. */
function cacheWithout(cache: LayerCache, trouble: string, log: Log): LayerCache {
  if (trouble === '') return cache;
  log.warning(`GitHub's cache service is of no use (${trouble}); building without the layer cache.`);
  return { kind: 'off', writable: false, note: '' };
}

/** Why there is a build, one clause. */
function whyBuilt(fingerprint: Fingerprint, inputs: BuildInputs): string {
  if ('doubt' in fingerprint) return `the skip is off: ${fingerprint.doubt}`;
  return inputs.rebuild === 'always'
    ? 'rebuild: always'
    : 'an input of the build changed, or it was never pushed';
}

/** What was found out before the build. */
interface Before {
  signedIn: SignedIn;
  cache: LayerCache;
  builder: BuilderSource;
  /** All tags of the image, and the one among them that marks its inputs ('' where there is none). */
  tags: string[];
  mark: string;
}

async function buildImage(inputs: BuildInputs, run: BuildRun, before: Before): Promise<void> {
  const { record, log } = run;
  const { signedIn, cache, mark } = before;
  const buildRecord = record.build as BuildRecord;
  const files = join(run.job.runnerTemp, `build-${randomUUID().slice(0, 8)}`);
  const facts = {
    host: signedIn.registry.host,
    platform: signedIn.platform,
    tags: pushedTags(before.tags, mark),
    cache,
    metadataFile: `${files}.json`,
  };
  if (inputs.dryRun) {
    const { name } = await before.builder.find();
    const { lines } = planBuild(inputs, { ...facts, builder: name, hostNetwork: false });
    for (const line of [`Why: ${buildRecord.reason}`, ...lines, 'dry-run: nothing was built.'])
      log.info(line);
    buildRecord.result = 'planned';
    record.result = 'planned';
    return;
  }
  const ready = await timed(record, 'start builder', () =>
    before.builder.start(signedIn.docker, signedIn.folder),
  );
  const plan = planBuild(inputs, { ...facts, builder: ready.name, hostNetwork: ready.hostNetwork });
  for (const line of [`Why: ${buildRecord.reason}`, ...plan.lines]) log.info(line);
  const { docker, cacheWorks } = await timed(record, inputs.push ? 'build and push' : 'build', () =>
    build(ready, plan, run),
  );
  const metadata = JSON.parse(await readFile(facts.metadataFile, 'utf8')) as Record<
    string,
    string | undefined
  >;
  await rm(facts.metadataFile, { force: true });
  // What was built is checked while its timings are read.
  const [vertices, image] = await Promise.all([
    buildVertices(docker, metadata['buildx.build.ref'] ?? ''),
    inputs.push
      ? timed(record, 'check image', () =>
          readBack(signedIn, inputs, metadata['containerimage.digest'] ?? '', mark),
        )
      : undefined,
  ]);
  if (image) record.image = image;
  buildRecord.vertices = vertices;
  record.cache = cacheUse(cache, vertices);
  if (plan.cacheTo !== '' && cacheWorks && isNews(record.cache))
    run.keep(
      'cache-export',
      JSON.stringify(startCacheExport(docker, plan.request, plan.cacheTo, plan.secretEnv, `${files}-cache`)),
    );
  buildRecord.result = 'built';
  record.result = 'built';
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

/** The image that a tag names; a repository that is not there yet has none. */
async function lookUp(registry: Registry, repository: string, tag: string): Promise<Manifest | undefined> {
  const manifest = await registry.manifest(repository, tag);
  return typeof manifest === 'string' ? undefined : manifest;
}

async function addTags(
  registry: Registry,
  repository: string,
  tags: string[],
  manifest: Manifest,
): Promise<void> {
  await Promise.all(
    tags.map(async (tag) => {
      if ((await registry.digest(repository, tag)) !== manifest.digest)
        await registry.tag(repository, tag, manifest);
    }),
  );
}

/**
 * Builds; where the imported cache was the trouble, once more without it.
 * @returns the docker that holds the result, and whether the cache could be used, so that it is worth writing to
 */
async function build(
  ready: ReadyBuilder,
  plan: BuildPlan,
  { log }: BuildRun,
): Promise<{ docker: Docker; cacheWorks: boolean }> {
  const attempt = (docker: Docker, request: BuildPlan['request']) =>
    log.group('docker buildx build', () => runBuild(docker, request, plan.secretEnv, log.info));
  const first = await attempt(ready.docker, plan.request);
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

/** Reads the pushed image back: what the registry holds is what Lambda will get. */
async function readBack(
  { registry, platform }: SignedIn,
  inputs: BuildInputs,
  digest: string,
  mark: string,
): Promise<ImageRecord> {
  const manifest = await registry.manifest(inputs.repository, digest);
  if (typeof manifest === 'string')
    throw new DeployError(
      `${imageName(registry.host, inputs.repository)} does not hold ${digest}, which was just pushed.`,
      'Run the job again.',
    );
  const image = await checkImage(registry, inputs.repository, manifest, platform);
  if (mark !== '') await addTags(registry, inputs.repository, [mark], manifest);
  return image;
}
