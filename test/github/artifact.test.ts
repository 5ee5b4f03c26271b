import { strToU8, type Zippable, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canUploadArtifacts, uploadArtifact } from '../../src/github/artifact.ts';
import { readZipFile } from '../../src/github/run-artifacts.ts';
import { type CacheService, runtimeToken, startCacheService } from '../support/cache-service.ts';

describe('an artifact of this run', () => {
  let service: CacheService;
  let env: Record<string, string>;
  const upload = (limit = 5_000) =>
    uploadArtifact(env, 'report', { 'a.txt': 'content', 'b.html': '<p>' }, Date.now() + limit);

  beforeEach(async () => {
    service = await startCacheService();
    env = { ACTIONS_RESULTS_URL: service.url, ACTIONS_RUNTIME_TOKEN: runtimeToken() };
  });
  afterEach(() => service.close());

  it('is a zip of the files, under a name that is used once', async () => {
    expect(canUploadArtifacts(env)).toBe(true);
    expect(await upload()).toBe('1');
    const zip = service.artifacts.stored.get('report') ?? Buffer.alloc(0);
    expect(await readZipFile(zip, 'a.txt', 100)).toBe('content');
    expect(await readZipFile(zip, 'b.html', 100)).toBe('<p>');
    await expect(upload()).rejects.toThrow('CreateArtifact was answered with HTTP 409');
  });

  it.each([
    ['CreateArtifact', 503, 'CreateArtifact was answered with HTTP 503'],
    ['PUT', 403, 'The upload was answered with HTTP 403'],
    ['FinalizeArtifact', 0, 'FinalizeArtifact was not answered in time'],
    ['PUT', 0, 'The upload was not answered in time'],
  ])('is given up where %s answers %d', async (method, status, message) => {
    service.artifacts.faults.set(method, status);
    await expect(upload(status === 0 ? 1_500 : 5_000)).rejects.toThrow(message);
    expect(service.artifacts.stored.size).toBe(0);
  });

  it('is not offered to a job without the service', async () => {
    expect(canUploadArtifacts({})).toBe(false);
    env = { ACTIONS_RESULTS_URL: service.url, ACTIONS_RUNTIME_TOKEN: 'opaque' };
    expect(canUploadArtifacts(env)).toBe(false);
    await expect(upload()).rejects.toThrow('not offered the artifact service');
  });
});

describe('one file of a zip from outside', () => {
  const zipped = (files: Zippable) => zipSync(files);
  const read = (zip: Uint8Array, limit = 1_000) => readZipFile(zip, 'run.json', limit);

  it('is read where it is there', async () => {
    expect(await read(zipped({ 'run.json': strToU8('{}') }))).toBe('{}');
    expect(await read(zipped({ '../../run.json': strToU8('no'), 'run.json': strToU8('{}') }))).toBe('{}');
  });

  it('is refused where it is longer than announced, or announced longer than ours', async () => {
    const bomb = zipped({ 'run.json': new Uint8Array(5_000_000) });
    await expect(read(bomb)).rejects.toThrow('longer than 1000 bytes');
    // The central directory lies about the length.
    const at = Buffer.from(bomb).indexOf(Buffer.from('PK\x01\x02', 'latin1'));
    const lying = Buffer.from(bomb);
    lying.writeUInt32LE(10, at + 24);
    const outcome = await read(lying).then(
      (text) => text.length,
      () => -1,
    );
    expect(outcome).toBeLessThanOrEqual(10);
  });

  it.each<[string, Uint8Array]>([
    ['no zip', strToU8('<html>not a zip</html>'.repeat(10))],
    ['nothing', new Uint8Array()],
    ['a zip of nothing', zipped({})],
    ['another file', zipped({ 'other.json': strToU8('{}') })],
    ['a path to the file', zipped({ 'a/run.json': strToU8('{}') })],
    ['a prototype', zipped({ __proto__: null as never, constructor: strToU8('{}') })],
    ['more files than ours', zipped(Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`${n}`, strToU8('')])))],
    ['bytes that are no text', zipped({ 'run.json': new Uint8Array([0xff, 0xfe, 0x80]) })],
    ['half of itself', zipped({ 'run.json': strToU8('{"a":1}') }).subarray(0, 60)],
  ])('is refused in %s', async (_what, zip) => {
    await expect(read(zip)).rejects.toThrow();
  });

  it('is refused where the directory announces billions of files', async () => {
    const zip = Buffer.from(zipped({ a: strToU8('x') }));
    const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
    zip.writeUInt16LE(65_535, end + 10);
    zip.writeUInt16LE(65_535, end + 8);
    await expect(read(zip)).rejects.toThrow();
  });
});
