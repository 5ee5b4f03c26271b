import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { readElf, readShebang } from '../../../src/build/image-scan/elf.ts';
import { fileSystem } from '../../../src/build/image-scan/file-system.ts';
import { imageFindings } from '../../../src/build/image-scan/findings.ts';
import { type LayerReport, readLayer } from '../../../src/build/image-scan/layer.ts';
import { findSecret, mayHoldSecret } from '../../../src/build/image-scan/secrets.ts';
import { imageConfig } from '../../../src/docker/image-config.ts';

interface File {
  name: string;
  text?: string;
  mode?: number;
  target?: string;
}

/** A layer as registries hold it. */
async function layer(files: readonly File[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, text = '', mode = 0o644, target } of files)
    if (target === undefined) tar.entry({ name, mode }, text);
    else tar.entry({ name, mode, type: 'symlink', linkname: target });
  tar.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of tar) pieces.push(piece as Uint8Array);
  return gzipSync(Buffer.concat(pieces));
}

const soon = () => AbortSignal.timeout(5_000);
const read = async (bytes: Buffer) => await readLayer('sha256:0', Readable.from([bytes]), soon());
const readFiles = async (...layers: File[][]): Promise<LayerReport[]> =>
  await Promise.all(layers.map(async (files) => await read(await layer(files))));

describe('layers over one another', () => {
  it('links are followed, whiteouts remove, and an emptied folder is empty', async () => {
    const files = fileSystem(
      await readFiles(
        [
          { name: './bin', target: 'usr/bin' },
          { name: 'usr/bin/sh', target: '/usr/bin/dash' },
          { name: 'usr/bin/dash', text: 'x' },
          { name: 'app/old', text: 'x' },
          { name: 'data/a', text: 'x' },
          { name: 'round', target: 'round' },
        ],
        [{ name: 'app/.wh.old' }, { name: 'data/.wh..wh..opq' }, { name: 'data/b', text: 'x' }],
      ),
    );
    expect(files.find('/bin/sh')?.path).toBe('/usr/bin/dash');
    expect(files.find('/app/old')).toBeUndefined();
    expect(files.find('/round')).toBeUndefined();
    expect(files.list('/data')).toEqual(['/data/b']);
    expect(files.survives(0, 'app/old')).toBe(false);
    expect(files.survives(0, 'usr/bin/dash')).toBe(true);
  });

  it('names secrets without repeating them, and is silent on a part of the layers about what is not there', async () => {
    const layers = await readFiles([{ name: 'app/.env', text: 'API_TOKEN=0123456789abcdef\n' }]);
    const config = imageConfig({ architecture: 'amd64', config: { Cmd: ['/none'] } });
    const found = imageFindings({ config, layers, instructions: ['COPY . .'], whole: false });
    expect(found.map(({ rule }) => rule)).toEqual(['secret-env-file']);
    expect(JSON.stringify(found)).not.toContain('0123456789abcdef');
    expect(
      imageFindings({ config, layers, instructions: [], whole: true }).map(({ rule }) => rule),
    ).toContain('entry-point-missing');
  });
});

describe('what is a secret wherever it stands', () => {
  const letters = (count: number) => 'aB3dE5gH7jK9mN1pQ2'.repeat(3).slice(0, count);
  // Put together here, so that no scanner takes this file for a leak.
  it.each([
    ...['p', 'o', 'u', 's', 'r'].map((kind) => ['secret-token', `gh${kind}_`, letters(36)]),
    ['secret-token', 'github_pat', `_${letters(30)}`],
    ['secret-token', 'npm', `_${letters(36)}`],
    ...['b', 'a', 'p'].map((kind) => ['secret-token', `xox${kind}`, `-12-${letters(24)}`]),
    ['secret-token', 'sk_live', `_${letters(24)}`],
    ...['AKIA', 'ASIA'].map((kind) => ['secret-aws-key', kind, `QWERTYUIOPASDFGH ${letters(40)}`]),
  ])('%s: %s...', (rule, start, rest) => {
    for (const before of ['', 'const my_key = "', '__ _npm xox '])
      expect(findSecret('app/main.js', Buffer.from(`${before}${start}${rest}\n`))?.rule).toBe(rule);
  });
});

describe('what is no secret', () => {
  it.each([
    ['app/.env', 'PORT=8080\nAPI_TOKEN=\nSESSION_SECRET=$SESSION_SECRET\nNODE_ENV=production\n'],
    ['app/.env', 'API_KEY=your-key-here\nPASSWORD=changeme\nTOKEN=<token>\n'],
    ['app/.env.example', 'API_TOKEN=0123456789abcdef\n'],
    ['app/.npmrc', '//registry.npmjs.org/:_authToken=$NPM_TOKEN\nfund=false\n'],
    ['app/node_modules/jws/test/key.pem', '-----BEGIN PRIVATE KEY-----\n'],
    ['app/docs.md', 'AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
    ['app/cert.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n'],
    ['app/readme.md', 'paste -----BEGIN PRIVATE KEY----- here'],
  ])('%s: %j', (path, text) => {
    const bytes = Buffer.from(text);
    expect(mayHoldSecret(path, bytes.length) && findSecret(path, bytes)).toBeFalsy();
  });
});

describe('bytes from outside, whatever they are', () => {
  const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array));
  const elf = bytes.map((rest) => Buffer.concat([Buffer.from('7f454c460201', 'hex'), rest]));

  it('ELF headers and first lines', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, elf), (head) => {
        const facts = readElf(head);
        expect(facts === undefined || ['', 'amd64', 'arm64'].includes(facts.architecture)).toBe(true);
        expect((readShebang(Buffer.concat([Buffer.from('#!'), head])) ?? '').includes('\n')).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('layers: read, or an Error, and in time', async () => {
    const good = await layer([
      { name: 'app/.env', text: 'A=1' },
      { name: 'app/start', text: '#!/bin/sh\n', mode: 0o755 },
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          bytes,
          bytes.map((raw) => gzipSync(raw)),
          fc.tuple(fc.nat(good.length), fc.nat(255)).map(([at, value]) => {
            const changed = Buffer.from(good);
            changed[at] = value;
            return changed;
          }),
          fc.nat(good.length).map((end) => good.subarray(0, end)),
        ),
        async (raw) => {
          const result = await read(raw).catch((error: unknown) => error);
          expect(result instanceof Error ? result.name : 'read').not.toMatch(
            /Abort|Timeout|TypeError|RangeError/,
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('a path of any kind, and any content', () => {
    fc.assert(
      fc.property(fc.string(), bytes, (path, content) => {
        const named = `${path}.env`;
        expect(typeof mayHoldSecret(named, content.length)).toBe('boolean');
        expect(findSecret(named, content)?.what ?? '').not.toMatch(/\n/);
      }),
    );
  });
});
