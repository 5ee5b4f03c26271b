/** Media types of manifests, as they stand in `Content-Type` and in descriptors. */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

const single: readonly string[] = [mediaTypes.ociManifest, mediaTypes.dockerManifest];
const indexes: readonly string[] = [mediaTypes.ociIndex, mediaTypes.dockerIndex];

/** Every type of manifest that may be asked for. */
export const manifestTypes: readonly string[] = [...single, ...indexes];

/** Whether it is the manifest of one image, which Lambda takes. */
export function isSingleManifest(mediaType: string): boolean {
  return single.includes(mediaType);
}

/** Whether it is an index (manifest list), which Lambda refuses. */
export function isIndex(mediaType: string): boolean {
  return indexes.includes(mediaType);
}
