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

  const found = mark === '' || !inputs.push ? undefined : await lookUp(registry, inputs.repository, mark);
  if (found && inputs.rebuild === 'changed') {
    log.info(`Reuse ${imageName(registry.host, inputs.repository)}:${mark}: none of its inputs changed.`);
    // Tags are put without a look whether they are there already: that would be one more round trip.
    const [image] = await Promise.all([
      checkImage(registry, inputs.repository, found, signedIn.platform),
      inputs.dryRun ? undefined : putTags(registry, inputs.repository, readable, found),
    ]);
    record.image = image;
    record.build = { ...record.build, result: 'reused', reason: 'no input of the build changed' };
    record.result = 'reused';
    return;
  }
  record.build.reason = whyBuilt(fingerprint, inputs);
  if (cache.note !== '') log.info(cache.note);
  await buildImage(inputs, run, { signedIn, cache, builder, tags, mark, context });
}

/** Why there is a build, one clause. */
function whyBuilt(fingerprint: Fingerprint, inputs: BuildInputs): string {
  if ('doubt' in fingerprint) return `the skip is off: ${fingerprint.doubt}`;
  return inputs.rebuild === 'always'
    ? 'rebuild: always'
    : 'an input of the build changed, or it was never pushed';
}

/** The image that a tag names; a repository that is not there yet has none. */
async function lookUp(registry: Registry, repository: string, tag: string): Promise<Manifest | undefined> {
  const manifest = await registry.manifest(repository, tag);
  return typeof manifest === 'string' ? undefined : manifest;
}
