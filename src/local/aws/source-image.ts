import { z } from 'zod';
import { accessDenied, invalidParameter } from './aws-error.ts';
import { type Registry, RegistryDenied, type StoredManifest } from './registry.ts';
import type { CodeState } from './state.ts';

const CONFIG_TYPES = new Set([
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.oci.image.config.v1+json',
]);
/** No zstd and no attestations among them. */
const LAYER_TYPES = new Set([
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
  'application/vnd.docker.image.rootfs.diff.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.oci.image.layer.v1.tar',
]);

const imageManifest = z.object({
  config: z.object({ mediaType: z.string(), digest: z.string() }),
  layers: z.array(z.object({ mediaType: z.string() })),
});
const imageConfig = z.object({ architecture: z.string(), os: z.string().optional() });

/** `localhost:5000/group/name:tag` or `...@sha256:...`, cut in its parts. */
export interface ImageReference {
  repository: string;
  /** A tag or a digest. */
  reference: string;
}

/**
 * Cuts an image URI of the registry at `host`.
 * @returns undefined where it is none
 */
export function parseImageUri(uri: string, host: string): ImageReference | undefined {
  if (!uri.startsWith(`${host}/`)) return undefined;
  const match = /^([a-z0-9][a-z0-9._/-]*)(?:@(sha256:[0-9a-f]{64})|:([\w][\w.-]{0,127}))$/.exec(
    uri.slice(host.length + 1),
  );
  const reference = match?.[2] ?? match?.[3];
  return match?.[1] && reference ? { repository: match[1], reference } : undefined;
}

/**
 * What Lambda does with an ImageUri when it gets one: resolves the tag to a digest, once, and looks at the
 * manifest. An index, an attestation or zstd layers are refused here; texts as in public reports of Lambda's own.
 * @param anyArchitecture take an image for another processor too, as Lambda does, whose function then ends with
 *   `exec format error` when it is invoked
 * @throws AwsError
 */
export async function resolveImage(
  registry: Registry,
  uri: string,
  architecture: CodeState['architecture'],
  anyArchitecture: boolean,
): Promise<CodeState> {
  const parsed = parseImageUri(uri, registry.host);
  if (!parsed) throw invalidParameter(`Source image ${uri} is not valid. Provide a valid source image.`);
  try {
    const manifest = await registry.manifest(parsed.repository, parsed.reference);
    if (!manifest) throw missing(uri);
    const actual = await readArchitecture(registry, parsed.repository, manifest, uri);
    const wanted = architecture === 'arm64' ? 'arm64' : 'amd64';
    if (actual !== wanted && !anyArchitecture)
      throw invalidParameter(
        `The architecture ${actual} of the source image ${uri} does not match the architecture ${architecture} of the function.`,
      );
    return {
      packageType: 'Image',
      architecture,
      sha256: manifest.digest.slice('sha256:'.length),
      size: 0,
      imageUri: uri,
      resolvedImageUri: `${registry.host}/${parsed.repository}@${manifest.digest}`,
    };
  } catch (error) {
    if (error instanceof RegistryDenied)
      throw accessDenied(
        'Lambda does not have permission to access the ECR image. Check the ECR permissions.',
      );
    throw error;
  }
}

async function readArchitecture(
  registry: Registry,
  repository: string,
  manifest: StoredManifest,
  uri: string,
): Promise<string> {
  const parsed = imageManifest.safeParse(JSON.parse(manifest.text));
  const supported =
    parsed.success &&
    CONFIG_TYPES.has(parsed.data.config.mediaType) &&
    parsed.data.layers.every(({ mediaType }) => LAYER_TYPES.has(mediaType));
  if (!supported)
    throw invalidParameter(
      `The image manifest, config or layer media type for the source image ${uri} is not supported.`,
    );
  const config = imageConfig.safeParse(await registry.blob(repository, parsed.data.config.digest));
  if (!config.success) throw missing(uri);
  return config.data.architecture;
}

function missing(uri: string): Error {
  return invalidParameter(`Source image ${uri} does not exist. Provide a valid source image.`);
}
