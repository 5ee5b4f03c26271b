import type { Manifest, Registry } from '../docker/registry.ts';
import { timed } from '../record.ts';
import { buildImage } from './build-image.ts';
import type { BuildRun } from './build-run.ts';
import { builderSource } from './builder.ts';
import { layerCache } from './cache.ts';
import type { ContextFiles } from './explain.ts';
import { checkImage } from './image-check.ts';
import type { BuildInputs } from './inputs.ts';
import { imageName } from './plan.ts';
import { signIn } from './sign-in.ts';
import { type Fingerprint, inputsFingerprint } from './skip.ts';
import { imageTags, inputsTag, putTags } from './tags.ts';

/**
 * Signs in, reuses the image of unchanged inputs or builds and pushes one, and checks it. Fills the record.
 * @throws DeployError
 */
export async function runBuildAction(inputs: BuildInputs, run: BuildRun): Promise<void> {
  const { record, log } = run;
  const cache = layerCache(inputs, run.env, Date.now());
  const builder = builderSource(inputs, run, cache.kind !== 'off');
  const context: ContextFiles = new Map();
  const onFile = (path: string, digest: string, bytes: number): void => {
    context.set(path, { digest, bytes });
  };
  // All of these at once; the first that fails ends the run.
  const signingIn = timed(record, 'sign in', () => signIn(inputs, run));
  builder.find().catch(() => {});
  const [signedIn, fingerprint] = await Promise.all([
    signingIn,
    timed(record, 'hash inputs', () =>
      inputsFingerprint(inputs, run.env, { signedIn: signingIn, builder, onFile }),
    ),
  ]);
  const { registry } = signedIn;
  const mark = 'hash' in fingerprint ? inputsTag(fingerprint.hash) : '';
  const readable = imageTags(run.job, inputs.tags);
  const tags = [...readable, ...(mark === '' ? [] : [mark])];
  record.build = { result: 'failed', reason: '', tags, vertices: [] };

  // Before a build of whatever kind: a login that the registry refuses ends the run here.
  const found =
    mark === '' || !inputs.push ? undefined : await lookUp(registry, inputs.repository, mark, readable);
  if (found && inputs.rebuild === 'changed') {
    log.info(`Reuse ${imageName(registry.host, inputs.repository)}:${mark}: none of its inputs changed.`);
    const [image] = await Promise.all([
      checkImage(registry, inputs.repository, found.manifest, signedIn.platform),
      inputs.dryRun ? undefined : putTags(registry, inputs.repository, found.missing, found.manifest),
    ]);
    record.image = image;
    record.build = { ...record.build, result: 'reused', reason: 'no input of the build changed' };
    record.result = 'reused';
    return;
  }
  record.build.reason = whyBuilt(fingerprint, inputs);
  if (cache.note !== '') log.info(cache.note);
  await buildImage(inputs, run, {
    ...{ signedIn, cache, builder, tags, mark, context },
    base: 'base' in fingerprint ? fingerprint.base : '',
  });
}

/** Why there is a build, one clause. */
function whyBuilt(fingerprint: Fingerprint, inputs: BuildInputs): string {
  if ('doubt' in fingerprint) return `the skip is off: ${fingerprint.doubt}`;
  return inputs.rebuild === 'always'
    ? 'rebuild: always'
    : 'an input of the build changed, or it was never pushed';
}

/**
 * The image that a mark names, and which of the other tags do not name it yet; undefined where there is none. The tags
 * are asked for at the same time: it takes no longer, and what follows finds its connections open.
 */
async function lookUp(
  registry: Registry,
  repository: string,
  mark: string,
  tags: readonly string[],
): Promise<{ manifest: Manifest; missing: string[] } | undefined> {
  const [manifest, ...digests] = await Promise.all([
    registry.manifest(repository, mark),
    // What cannot be told is put again.
    ...tags.map((tag) => registry.digest(repository, tag).catch(() => undefined)),
  ]);
  if (typeof manifest === 'string') return undefined;
  return { manifest, missing: tags.filter((_, index) => digests[index] !== manifest.digest) };
}
