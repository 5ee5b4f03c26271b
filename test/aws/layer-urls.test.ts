import { ECRClient, GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { imageLookup } from '../../src/aws/image-lookup.ts';
import type { Faults } from '../../src/local/aws/faults.ts';
import { LayerUrls } from '../../src/local/aws/layer-urls.ts';
import { type Stand, startStand } from '../local/aws/stand.ts';

let stand: Stand;
let faults: Faults;
let ecr: ECRClient;

beforeEach(async () => {
  faults = {};
  stand = await startStand({ faults });
  ecr = new ECRClient(stand.config);
});
afterEach(async () => {
  ecr.destroy();
  await stand.close();
});

/** The config of an image, as the client under test finds it. */
async function find(architecture: string) {
  const digest = stand.registry.image('app', architecture, { architecture });
  const lookup = imageLookup({
    ...stand.config,
    credentials: { ...stand.config.credentials, sessionToken: '' },
  });
  const place = { host: stand.registry.host, repository: 'app' };
  const found = await lookup.find(place, digest);
  if (!found) throw new Error('no image');
  return { lookup, place, configDigest: found.configDigest };
}

const url = async (repositoryName: string, layerDigest: string) =>
  (await ecr.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }))).downloadUrl ?? '';

it('gives the config of an image, from which its architecture is read', async () => {
  const { lookup, place, configDigest } = await find('arm64');
  expect(await lookup.config(place, configDigest)).toMatchObject({ architecture: 'arm64' });
  lookup.close();
  const answer = await fetch(await url('app', configDigest));
  expect(await answer.json()).toMatchObject({ architecture: 'arm64' });
});

it('says which layer or repository is not there', async () => {
  const { configDigest, lookup } = await find('amd64');
  lookup.close();
  const none = `sha256:${'0'.repeat(64)}`;
  await expect(url('app', none)).rejects.toMatchObject({ name: 'LayersNotFoundException' });
  await expect(url('other', configDigest)).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
  await expect(url('app', 'latest')).rejects.toThrow("'latest' at 'layerDigest'");
});

it('takes no URL that it did not sign', async () => {
  const { configDigest, lookup } = await find('amd64');
  lookup.close();
  const signed = await url('app', configDigest);
  for (const forged of [
    signed.replace('X-Amz-Expires=3600', 'X-Amz-Expires=999999'),
    signed.replace('/app/', '/other/'),
    signed.replace(/X-Amz-Signature=.*/, ''),
  ]) {
    const answer = await fetch(forged);
    expect([answer.status, await answer.text()]).toEqual([
      403,
      expect.stringContaining('SignatureDoesNotMatch'),
    ]);
  }
});

it('has URLs that last an hour', () => {
  let now = 1_000_000;
  const urls = new LayerUrls(() => now);
  urls.endpoint = 'http://127.0.0.1:1';
  const signed = new URL(urls.sign('group/app', 'sha256:00'));
  expect(urls.open(signed)).toEqual({ repository: 'group/app', digest: 'sha256:00' });
  now += 3_599_000;
  expect(urls.open(signed)).toMatchObject({ digest: 'sha256:00' });
  now += 2_000;
  expect(urls.open(signed)).toBe('expired');
});

it('is asked again after a throttled answer, and not after a refused one', async () => {
  const { lookup, place, configDigest } = await find('arm64');
  let asked = 0;
  faults.before = () => {
    asked += 1;
    return asked === 1 ? { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' } : undefined;
  };
  expect(await lookup.config(place, configDigest)).toMatchObject({ architecture: 'arm64' });
  expect(asked).toBe(2);
  faults.before = () => {
    asked += 1;
    return { status: 400, code: 'LayerInaccessibleException', message: 'not associated with an image' };
  };
  await expect(lookup.config(place, configDigest)).rejects.toMatchObject({
    kind: 'refused',
    code: 'LayerInaccessibleException',
  });
  expect(asked).toBe(3);
  lookup.close();
});
