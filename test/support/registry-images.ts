import { createHash } from 'node:crypto';

/** A manifest as a registry holds it. */
export interface StoredManifest {
  mediaType: string;
  body: Buffer;
}

export interface ImageOptions {
  /** As Go names it; `amd64` where absent. */
  architecture?: string;
  /** Makes the content, and so the digest, another. */
  content?: string;
  layerType?: string;
  /** An index instead of one image. */
  index?: boolean;
}

/** `sha256:...` of these bytes. */
export function digestOf(content: Buffer | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** A manifest with its config; the one layer that it names does not exist. */
export function testImage(
  tag: string,
  options: ImageOptions,
): { manifest: StoredManifest; config: Buffer; digest: string } {
  const config = Buffer.from(
    JSON.stringify({
      architecture: options.architecture ?? 'amd64',
      os: 'linux',
      content: options.content ?? tag,
    }),
  );
  const single = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: config.length,
    },
    layers: [
      {
        mediaType: options.layerType ?? 'application/vnd.oci.image.layer.v1.tar+gzip',
        digest: digestOf('layer'),
        size: 1000,
      },
    ],
  };
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] };
  const content = options.index ? index : single;
  const body = Buffer.from(JSON.stringify(content));
  return { manifest: { mediaType: content.mediaType, body }, config, digest: digestOf(body) };
}
