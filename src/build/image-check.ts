import { type ImageConfig, imageConfig } from '../docker/image-config.ts';
import { type HistoryEntry, layerInstructions } from '../docker/image-history.ts';
import { isSingleManifest } from '../docker/media-types.ts';
import type { Manifest, Registry } from '../docker/registry.ts';
import { DeployError } from '../errors.ts';
import type { ImageRecord } from '../record.ts';

/** Lambda's limit is 10 GB unpacked; a larger compressed image cannot fit. */
const sizeLimit = 10 * 1024 ** 3;

interface ManifestBody {
  config?: { digest?: string; size?: number };
  layers?: { digest?: string; size?: number; mediaType?: string }[];
}

interface ConfigBody {
  architecture?: string;
  os?: string;
  history?: HistoryEntry[];
  config?: { Entrypoint?: string[] | null; Cmd?: string[] | null };
}

/** An image that Lambda would take. */
export interface CheckedImage {
  /** What the run record keeps of it. */
  image: ImageRecord;
  config: ImageConfig;
}

/**
 * Checks a pushed image before Lambda hears of it: one manifest, gzip layers, the right architecture, something to
 * start. What Lambda refuses is refused here with the reason.
 * Source: AWS Lambda Developer Guide, "Create a Lambda function using a container image".
 * @param platform `linux/amd64` or `linux/arm64`
 * @returns what the run record keeps of it
 * @throws DeployError
 */
export async function checkImage(
  registry: Registry,
  repository: string,
  manifest: Manifest,
  platform: string,
): Promise<ImageRecord> {
  const readConfig = (digest: string): Promise<unknown> => registry.json(repository, digest);
  return (await checkWithConfig(`${registry.host}/${repository}`, manifest, platform, readConfig)).image;
}

/**
 * The same, with the image's config, for who looks further.
 * @param name `HOST/REPOSITORY`
 * @param readConfig by digest, from wherever it is to be had
 */
export async function checkWithConfig(
  name: string,
  manifest: Manifest,
  platform: string,
  readConfig: (digest: string) => Promise<unknown>,
): Promise<CheckedImage> {
  const uri = `${name}@${manifest.digest}`;
  const refuse = (why: string, hint: string): DeployError =>
    new DeployError(`Lambda would refuse ${uri}: ${why}.`, hint);
  if (!isSingleManifest(manifest.mediaType))
    throw refuse(
      `it is ${manifest.mediaType || 'of no known type'}, not a single image manifest`,
      'Build one platform without attestations.',
    );
  const body = JSON.parse(manifest.body.toString('utf8')) as ManifestBody;
  const layers = (body.layers ?? []).map(({ digest = '', size = 0, mediaType = '' }) => ({
    digest,
    bytes: size,
    mediaType,
  }));
  const odd = layers.find(({ mediaType }) => !/tar(\+|\.)gzip$/.test(mediaType));
  if (odd) throw refuse(`layer ${odd.digest} is ${odd.mediaType}`, 'Use gzip layers.');
  const bytes = (body.config?.size ?? 0) + layers.reduce((total, layer) => total + layer.bytes, 0);
  if (bytes > sizeLimit)
    throw refuse(`it has ${bytes} bytes compressed; 10 GB unpacked are allowed`, 'Make the image smaller.');
  const config = (await readConfig(body.config?.digest ?? '')) as ConfigBody;
  const built = `${config.os}/${config.architecture}`;
  if (built !== platform)
    throw refuse(
      `it is made for ${built}, the function runs ${platform}`,
      'Set `platform`, or build on a runner of that architecture.',
    );
  if (!config.config?.Entrypoint?.length && !config.config?.Cmd?.length)
    throw refuse('it has neither ENTRYPOINT nor CMD', 'Add `CMD ["..."]` to the Dockerfile.');
  const madeBy = layerInstructions(config.history, layers.length);
  const image = {
    uri,
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    architecture: config.architecture ?? '',
    bytes,
    layers: layers.map(({ digest, bytes: size }, index) => {
      const createdBy = madeBy[index];
      return { digest, bytes: size, ...(createdBy && { createdBy }) };
    }),
  };
  return { image, config: imageConfig(config) };
}
