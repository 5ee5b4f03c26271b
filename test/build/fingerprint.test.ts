import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FingerprintRequest, fingerprint } from '../../src/build/fingerprint.ts';
import { plainRequest } from '../support/fingerprint-request.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fingerprint-'));
  mkdirSync(join(root, 'src'));
  write('Dockerfile', 'FROM node:24\nCOPY . /\n');
  write('.dockerignore', 'ignored\n');
  write('src/a.js', 'a');
  write('ignored', 'x');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text, { mode: 0o644 });
}

function request(changes: Partial<FingerprintRequest> = {}): FingerprintRequest {
  const identify = async (images: readonly string[]) =>
    new Map(images.map((image) => [image, `identity of ${image}`]));
  return plainRequest(root, { identify, ...changes });
}

async function hash(changes: Partial<FingerprintRequest> = {}): Promise<string> {
  const result = await fingerprint(request(changes));
  if ('doubt' in result) throw new Error(result.doubt);
  return result.hash;
}

describe('stays the same', () => {
  test.each<[string, () => void, Partial<FingerprintRequest>]>([
    ['nothing', () => {}, {}],
    ['an ignored file', () => write('ignored', 'y'), {}],
    ['the time of a file', () => utimesSync(join(root, 'src/a.js'), 1, 1), {}],
    ['a revision label', () => {}, { labels: [{ name: 'org.opencontainers.image.revision', value: '1' }] }],
  ])('%s', async (_name, change, changes) => {
    const before = await hash();
    change();
    expect(await hash(changes)).toBe(before);
  });
});

describe('changes with', () => {
  test.each<[string, () => void, Partial<FingerprintRequest>]>([
    ['content', () => write('src/a.js', 'b'), {}],
    ['a mode', () => chmodSync(join(root, 'src/a.js'), 0o755), {}],
    ["a folder's mode", () => chmodSync(join(root, 'src'), 0o700), {}],
    ['a new file', () => write('src/b.js', ''), {}],
    ['a new folder', () => mkdirSync(join(root, 'empty')), {}],
    ['the Dockerfile', () => write('Dockerfile', 'FROM node:24\nCOPY . /app\n'), {}],
    ['an ignore file of the Dockerfile', () => write('Dockerfile.dockerignore', '.git\n'), {}],
    ['target', () => {}, { target: 'b' }],
    ['platform', () => {}, { platform: 'linux/arm64' }],
    ['an argument', () => {}, { buildArgs: [{ name: 'A', value: '' }] }],
    ['a label', () => {}, { labels: [{ name: 'a', value: 'b' }] }],
    ['a base image', () => {}, { identify: async (images) => new Map(images.map((i) => [i, 'new'])) }],
  ])('%s', async (_name, change, changes) => {
    const before = await hash();
    change();
    expect(await hash(changes)).not.toBe(before);
  });

  test('a file of an additional context', async () => {
    const other = mkdtempSync(join(root, '..', 'other-'));
    const changes = { buildContexts: [{ name: 'o', value: other }] };
    const before = await hash(changes);
    writeFileSync(join(other, 'x'), '');
    expect(await hash(changes)).not.toBe(before);
    rmSync(other, { recursive: true });
  });
});

test.each<[string, Partial<FingerprintRequest>]>([
  ['secrets', { secrets: true }],
  ['SSH', { ssh: true }],
  ['no-cache', { noCache: true }],
  ['pull', { pull: true }],
  ['a Git context', { context: 'https://github.com/o/r.git#main' }],
  ['an unknown image', { identify: async () => new Map() }],
  ['a named image', { buildContexts: [{ name: 'x', value: 'docker-image://alpine' }] }],
  ['no Dockerfile', { file: '/nowhere/Dockerfile' }],
  ['a source policy', { env: { EXPERIMENTAL_BUILDKIT_SOURCE_POLICY: 'p' } }],
])('doubt: %s', async (_name, changes) => {
  expect(await fingerprint(request(changes))).toHaveProperty('doubt');
});

test('neither visits an ignored folder nor opens an ignored file', async () => {
  write('.dockerignore', 'ignored*\n!ignored-not\n');
  const before = await hash();
  mkdirSync(join(root, 'ignored-folder'));
  // Listing a folder whose name is not UTF-8 fails, and so does opening this link: each would be a doubt.
  mkdirSync(Buffer.concat([Buffer.from(join(root, 'ignored-folder/')), Buffer.of(0xff)]));
  symlinkSync('ignored-link', join(root, 'ignored-link'));
  expect(await hash()).toBe(before);
  write('.dockerignore', '');
  expect(await fingerprint(request())).toHaveProperty('doubt');
});

test('doubt: an empty ignore file of the Dockerfile beside a common one', async () => {
  write('Dockerfile.dockerignore', '');
  expect(await fingerprint(request())).toHaveProperty('doubt');
});

test('pinned images are not asked for', async () => {
  write('Dockerfile', `FROM node:24@sha256:${'0'.repeat(64)}\n`);
  const refuse = async () => {
    throw new Error('asked');
  };
  expect(await hash({ identify: refuse })).toMatch(/^[0-9a-f]{64}$/);
});
