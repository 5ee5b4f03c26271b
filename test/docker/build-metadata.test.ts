import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { buildMetadata, takeBuildMetadata } from '../../src/docker/build-metadata.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const whole = { 'buildx.build.ref': 'default/default/abc', 'containerimage.digest': digest };

test('digests and reference of a build are read', () => {
  const config = digest.replace('0', 'f');
  const text = JSON.stringify({ ...whole, 'containerimage.config.digest': config });
  expect(buildMetadata(text)).toEqual({
    digest,
    config,
    ref: 'default/default/abc',
    trouble: '',
  });
});

test.each([
  ['', 'it is no JSON object'],
  ['null', 'it is no JSON object'],
  [JSON.stringify(whole).slice(0, 60), 'it is no JSON object'],
  ['{}', 'it names no digest'],
  [JSON.stringify({ ...whole, 'containerimage.digest': 'sha256:0' }), 'it names no digest'],
])('%j: %s', (text, trouble) => {
  expect(buildMetadata(text)).toMatchObject({ digest: '', trouble });
});

test('any text gives what is in it, or says what is missing', () => {
  const odd = fc.record({ 'buildx.build.ref': fc.jsonValue(), 'containerimage.digest': fc.jsonValue() });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        odd.map((one) => JSON.stringify(one)),
      ),
      (text) => {
        const read = buildMetadata(text);
        expect(read.digest === '').toBe(read.trouble !== '');
        expect(read.ref).not.toMatch(/\s|^-/);
      },
    ),
    { numRuns: 500 },
  );
});

test('the file is gone afterwards, and one that is not there is said', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metadata-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'm.json');
  await writeFile(path, JSON.stringify(whole));
  expect(await takeBuildMetadata(path)).toMatchObject({ digest });
  expect(await readdir(folder)).toEqual([]);
  expect((await takeBuildMetadata(path)).trouble).toMatch(/cannot be read: .*ENOENT/);
});
