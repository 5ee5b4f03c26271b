import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FIRST } from '../../bench/pipeline/app.ts';
import { manifests } from '../../bench/pipeline/node/app.ts';
import {
  ADDED,
  COUNT,
  hasUpdate,
  type PackageEntry,
  packageName,
} from '../../bench/pipeline/node/packages.ts';
import { sourceText, vocabulary } from '../../bench/pipeline/node/source-text.ts';
import { tarArchive } from '../../bench/pipeline/node/tar.ts';
import { seededRandom } from '../../bench/pipeline/random.ts';

interface Lock {
  packages: Record<
    string,
    { version: string; resolved: string; dev?: boolean; optionalDependencies?: object }
  >;
}

const entry = (name: string, version: string): PackageEntry => ({
  ...{ name, version, dependencies: {}, integrity: 'sha512-x', file: `${name}-${version}.tgz` },
});
const entries = [
  ...[...Array.from({ length: COUNT }, (_, index) => packageName(index)), ADDED].flatMap((name) =>
    ['1.0.0', ...(hasUpdate(name) ? ['1.1.0'] : [])].map((version) => entry(name, version)),
  ),
  entry('typescript', '7.0.2'),
  entry('@typescript/typescript-linux-x64', '7.0.2'),
];
const lockOf = (change: object) =>
  JSON.parse(manifests({ ...FIRST, ...change }, entries, 'http://n')['package-lock.json']) as Lock;

describe('the lockfile of the app', () => {
  it('names every package with its archive', () => {
    const { packages } = lockOf({});
    expect(Object.keys(packages)).toHaveLength(1 + COUNT + 2);
    expect(packages['node_modules/pkg-003']).toMatchObject({
      ...{ version: '1.0.0', resolved: 'http://n/pkg-003/-/pkg-003-1.0.0.tgz' },
    });
  });

  it('keeps the compiler out of production, with its program', () => {
    expect(lockOf({}).packages['node_modules/typescript']).toMatchObject({
      ...{ dev: true, optionalDependencies: { '@typescript/typescript-linux-x64': '7.0.2' } },
    });
  });

  it('has one package more with a dependency added, and no other change', () => {
    const { [`node_modules/${ADDED}`]: added, '': root, ...rest } = lockOf({ added: true }).packages;
    const { '': before, ...others } = lockOf({}).packages;
    expect(added).toBeDefined();
    expect(rest).toEqual(others);
    expect(root).not.toEqual(before);
  });

  it('has newer versions of a third where it was updated', () => {
    const newer = Object.values(lockOf({ updated: true }).packages).filter(
      ({ version }) => version === '1.1.0',
    );
    expect(newer).toHaveLength(Math.ceil(COUNT / 3));
  });
});

describe('an archive', () => {
  it('is read by tar, with content and mode', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bench-tar-'));
    try {
      const files = [
        { path: 'package/a', content: Buffer.from('x'.repeat(513)) },
        { path: 'package/lib/b', content: Buffer.from('b'), executable: true },
      ];
      writeFileSync(join(folder, 'a.tar'), tarArchive(files));
      const listed = spawnSync('tar', ['-tvf', 'a.tar', '--numeric-owner'], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(listed.stderr).toBe('');
      expect(listed.stdout).toMatch(
        /^-rw-r--r-- 0\/0 +513 .* package\/a\n-rwxr-xr-x 0\/0 +1 .* package\/lib\/b\n$/,
      );
      spawnSync('tar', ['-xf', 'a.tar'], { cwd: folder });
      expect(readFileSync(join(folder, 'package/a'), 'utf8')).toBe('x'.repeat(513));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has no path that its header cannot hold', () => {
    expect(() => tarArchive([{ path: 'x'.repeat(101), content: Buffer.alloc(0) }])).toThrow(RangeError);
  });
});

describe('synthetic source text', () => {
  it('is of the wanted length, the same for the same seed, and compresses as JavaScript does', () => {
    const text = (seed: number) => {
      const random = seededRandom(seed);
      return sourceText(random, vocabulary(random, 400), 100_000);
    };
    expect(text(1)).toHaveLength(100_000);
    expect(text(1)).toBe(text(1));
    const ratio = 100_000 / gzipSync(text(1)).length;
    expect(ratio).toBeGreaterThan(3.5);
    expect(ratio).toBeLessThan(5.5);
  });
});
