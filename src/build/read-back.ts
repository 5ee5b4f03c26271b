import type { EngineStore } from '../docker/engine-store.ts';
import type { Manifest } from '../docker/registry.ts';
import { DeployError, describeError } from '../errors.ts';
import { type Finding, type ImageRecord, timed } from '../record.ts';
import type { BuildRun } from './build-run.ts';
import type { EarlyScan } from './early-scan.ts';
import { type CheckedImage, checkWithConfig } from './image-check.ts';
import { isSecret } from './image-scan/findings.ts';
import { type Memory, memoryPlace, openMemory, remember } from './image-scan/memory.ts';
import type { LayerSources } from './image-scan/run.ts';
import type { BuildInputs } from './inputs.ts';
import { announced, type KeptList } from './kept-list.ts';
import { imageName } from './plan.ts';
import type { SignedIn } from './sign-in.ts';
import { putTags } from './tags.ts';

/** Findings of each level that are shown in the log; the record has all. */
const SHOWN = 10;

/** What was pushed, and where its builder is. */
export interface Pushed {
  digest: string;
  /** Digest of its config, as far as the builder says it; '' where not. */
  config: string;
  /** The tag that marks the inputs; '' where there is none. */
  mark: string;
  /** Of the builder's Engine, where it is a private one. */
  store: EngineStore | undefined;
  /** From `startMemory`. */
  memory: Promise<Memory | undefined>;
  /** What was begun during the push. */
  early: EarlyScan | undefined;
}

/** Looks up which layers are known, beside the build. */
export async function startMemory(inputs: BuildInputs, run: BuildRun): Promise<Memory | undefined> {
  if (inputs.checks === 'off' || !inputs.push) return undefined;
  const place = memoryPlace(inputs.repository, run.env, run.job.runnerTemp);
  keep(run, announced(place));
  return await openMemory(place);
}

function keep(run: BuildRun, kept: KeptList | undefined): void {
  if (kept) run.keep('image-scan', JSON.stringify(kept));
}

/**
 * Reads the pushed image back: what the registry holds is what Lambda will get. Checks it, fills image and findings of
 * the record, and only then lets the skip find the image by its inputs.
 * @throws DeployError where Lambda would refuse the image, or it holds a secret
 */
export async function readBack(
  { registry, platform }: SignedIn,
  inputs: BuildInputs,
  run: BuildRun,
  { digest, config: expected, mark, store, memory, early }: Pushed,
): Promise<void> {
  const { record, log } = run;
  // At the same time: which config it is stands in the manifest, but the builder knows it, too.
  const reading = expected === '' ? undefined : registry.json(inputs.repository, expected);
  reading?.catch(() => {});
  const manifest = await registry.manifest(inputs.repository, digest);
  if (typeof manifest === 'string')
    throw new DeployError(
      `${imageName(registry.host, inputs.repository)} does not hold ${digest}, which was just pushed.`,
      'Run the job again.',
    );
  const name = imageName(registry.host, inputs.repository);
  const { image, config } = await checkWithConfig(name, manifest, platform, async (config) =>
    reading && config === expected ? await reading : await registry.json(inputs.repository, config),
  );
  record.image = image;
  if (inputs.checks !== 'off') {
    const known = await memory;
    const sources = { registry, repository: inputs.repository, store };
    const findings = await timed(record, 'scan image', () =>
      scan({ image, config }, known, sources, run, early),
    );
    record.findings = [...(record.findings ?? []), ...findings];
    show(findings, run);
    refuse(findings, image, inputs);
  }
  if (mark !== '') await putMark(registry, inputs.repository, mark, manifest, log);
}

async function scan(
  { image, config }: CheckedImage,
  known: Memory | undefined,
  sources: LayerSources,
  run: BuildRun,
  early: EarlyScan | undefined,
): Promise<Finding[]> {
  try {
    // Not needed by a run that reuses its image.
    const { scanImage } = await import('./image-scan/run.ts');
    const result =
      (await early?.result(image.digest)) ?? (await scanImage(image, config, known?.known ?? [], sources));
    const rest = image.layers.length - result.read;
    const details = [
      `${result.read} layers read (${(result.bytes / 1e6).toFixed(1)} MB)`,
      ...(sources.store ? [`${result.read - result.downloaded} of them from the builder's disk`] : []),
      ...(rest > 0 ? [`${rest} known from before`] : []),
    ];
    run.log.info(`Image checked: ${details.join(', ')}.`);
    if (known && result.clean.length > 0) keep(run, await remember(known, result.clean));
    return result.findings;
  } catch (error) {
    run.log.warning(`The layers of the image were not checked: ${describeError(error)}`);
    const { configSecrets } = await import('./image-scan/config-secrets.ts');
    return configSecrets(config);
  }
}

function show(findings: readonly Finding[], { log }: BuildRun): void {
  const shown = findings.filter(({ level }) => level !== 'notice');
  for (const { rule, why, instead } of shown.slice(0, SHOWN)) log.warning(`${rule}: ${why} ${instead}`);
  if (shown.length > SHOWN) log.info(`${shown.length - SHOWN} more findings are in the run record.`);
}

function refuse(findings: readonly Finding[], { uri }: ImageRecord, { checks }: BuildInputs): void {
  const secret = findings.find(isSecret);
  if (secret)
    throw new DeployError(
      `Image ${uri} holds a secret and is not deployed: ${secret.why}`,
      `${secret.instead} \`checks: off\` lets it pass.`,
    );
  const [first, ...more] = checks === 'strict' ? findings.filter(({ level }) => level !== 'notice') : [];
  if (first)
    throw new DeployError(
      `Image ${uri} is not deployed, since \`checks\` is strict: ${first.why}${more.length > 0 ? ` And ${more.length} more.` : ''}`,
      first.instead,
    );
}

async function putMark(
  registry: SignedIn['registry'],
  repository: string,
  mark: string,
  manifest: Manifest,
  log: BuildRun['log'],
): Promise<void> {
  await putTags(registry, repository, [mark], manifest).catch((error: unknown) => {
    // Only the skip hangs on it. With immutable tags an earlier image of the same inputs keeps it.
    log.warning(
      `${describeError(error)} The next run may build again, or reuse an older image of these inputs.`,
    );
  });
}
