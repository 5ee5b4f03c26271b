import { afterEach, expect, test } from 'vitest';
import { mediaTypes } from '../../src/docker/media-types.ts';
import { openRegistry } from '../../src/docker/registry.ts';
import { digestOf } from '../support/registry-images.ts';
import { type RegistryOptions, type RegistryServer, startRegistry } from '../support/registry-server.ts';

const running: RegistryServer[] = [];
afterEach(async () => {
  for (const standIn of running.splice(0)) await standIn.close();
});

const body = Buffer.from('{"schemaVersion":2}');

async function start(options: RegistryOptions = { anonymous: true }): Promise<RegistryServer> {
  const standIn = await startRegistry(options);
  running.push(standIn);
  for (const reference of ['v1', digestOf(body)])
    standIn.manifests.set(`app:${reference}`, { mediaType: mediaTypes.ociManifest, body });
  return standIn;
}

test('a manifest comes with its digest and media type, and can be tagged again', async () => {
  const standIn = await start({});
  const registry = openRegistry(standIn.host, { username: 'AWS', password: 'secret' });
  const manifest = await registry.manifest('app', 'v1');
  if (typeof manifest === 'string') throw new Error(manifest);
  expect(manifest).toEqual({ digest: digestOf(body), mediaType: mediaTypes.ociManifest, body });
  await registry.tag('app', 'v2', manifest);
  expect(await registry.digest('app', 'v2')).toBe(digestOf(body));
  expect(await registry.digest('app', 'v3')).toBeUndefined();
});

test('an unknown tag and an unknown repository are told apart', async () => {
  const registry = openRegistry((await start({ anonymous: true, repositories: ['app'] })).host);
  expect(await registry.manifest('app', 'no')).toBe('unknown');
  expect(await registry.manifest('other', 'no')).toBe('unknown-repository');
});

test('a wrong login is refused', async () => {
  const registry = openRegistry((await start({})).host, {
    username: 'AWS',
    password: 'no',
  });
  await expect(registry.manifest('app', 'v1')).rejects.toThrow(/refuses the login to read `v1` .* HTTP 401/);
});

test('a tag that cannot be moved says so; the same digest is fine', async () => {
  const registry = openRegistry((await start({ anonymous: true, immutable: true })).host);
  const manifest = { digest: digestOf(body), mediaType: mediaTypes.ociManifest, body };
  await registry.tag('app', 'v1', manifest);
  const other = Buffer.from('{}');
  await expect(
    registry.tag('app', 'v1', { ...manifest, digest: digestOf(other), body: other }),
  ).rejects.toThrow(/`v1` .* names another image/);
});

test('a 503 and a broken connection are tried again', async () => {
  const standIn = await start();
  let calls = 0;
  standIn.intercept = (request, response) => {
    calls += 1;
    if (calls === 1) response.writeHead(503).end();
    else if (calls === 2) request.socket.destroy();
    return calls <= 2;
  };
  expect(await openRegistry(standIn.host).digest('app', 'v1')).toBe(digestOf(body));
  expect(calls).toBe(3);
});

test('bytes that do not match their digest are refused', async () => {
  const standIn = await start();
  const asked = digestOf('other');
  standIn.manifests.set(`app:${asked}`, { mediaType: mediaTypes.ociManifest, body });
  await expect(openRegistry(standIn.host).manifest('app', asked)).rejects.toThrow(/another manifest/);
});

test('a token service is signed in to as its challenge says', async () => {
  const standIn = await start();
  standIn.intercept = (request, response) => {
    const url = new URL(request.url ?? '', 'http://registry');
    if (url.pathname === '/token') {
      response.end(JSON.stringify({ token: url.search }));
      return true;
    }
    if (request.headers.authorization?.startsWith('Bearer ')) return false;
    const challenge = `Bearer realm="http://${standIn.host}/token",service="s"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
    return true;
  };
  const registry = openRegistry(standIn.host);
  expect(await registry.digest('app', 'v1')).toBe(digestOf(body));
  expect(await registry.digest('app', 'v1')).toBe(digestOf(body));
  expect(standIn.calls.filter((call) => call === 'GET /token')).toHaveLength(1);
});
