import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type ImageLookup, imageLookup } from '../../src/aws/image-lookup.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const configDigest = `sha256:${'b'.repeat(64)}`;
const place = { host: '123456789012.dkr.ecr.eu-central-1.amazonaws.com', repository: 'api' };

let server: Server;
let lookup: ImageLookup;
/** What ECR answers to BatchGetImage. */
let answer: object;

beforeEach(async () => {
  server = createServer((_, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  lookup = imageLookup({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
  });
});
afterEach(async () => {
  lookup.close();
  vi.unstubAllEnvs();
  await new Promise((resolve) => server.close(resolve));
});

const image = (mediaType: string, manifest: object) => ({
  images: [
    {
      imageId: { imageDigest: digest },
      imageManifestMediaType: mediaType,
      imageManifest: JSON.stringify(manifest),
    },
  ],
});

it('finds a single image with the digest of its config', async () => {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  answer = image(mediaType, { config: { digest: configDigest } });
  expect(await lookup.find(place, 'main')).toEqual({ digest, mediaType, isIndex: false, configDigest });
});

it('says of an index that it is one, with no config', async () => {
  const mediaType = 'application/vnd.docker.distribution.manifest.list.v2+json';
  answer = image(mediaType, { manifests: [] });
  expect(await lookup.find(place, 'main')).toEqual({ digest, mediaType, isIndex: true, configDigest: '' });
});
