import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mergeCertificates } from '../../../src/local/parts/certificates.ts';
import { installedPaths } from '../../../src/local/parts/debian-root.ts';
import { isNewEnough } from '../../../src/local/parts/go.ts';
import { withLock } from '../../../src/local/parts/lock.ts';
import { isMade, madeOnce, readState, writeState } from '../../../src/local/parts/once.ts';
import { registryConfig } from '../../../src/local/parts/registry.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parts-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('a folder made once', () => {
  it('is made once a recipe, and anew for another', async () => {
    const target = join(folder, 'x');
    let made = 0;
    const make = async (draft: string) => {
      made++;
      await writeFile(join(draft, `file-${made}`), '');
    };
    await madeOnce(target, 'one', make);
    await madeOnce(target, 'one', make);
    expect(made).toBe(1);
    await madeOnce(target, 'two', make);
    expect((await readdir(target)).filter((name) => name.startsWith('file'))).toEqual(['file-2']);
  });

  it('leaves nothing behind where making it fails, and is tried again', async () => {
    const target = join(folder, 'x');
    const fail = madeOnce(target, 'one', async (draft) => {
      await writeFile(join(draft, 'half'), '');
      throw new Error('no network');
    });
    await expect(fail).rejects.toThrow('no network');
    expect(await readdir(folder)).toEqual([]);
    await madeOnce(target, 'one', async () => {});
    expect(await isMade(target, 'one')).toBe(true);
  });

  it('keeps the former one until the new one is complete', async () => {
    const target = join(folder, 'x');
    await madeOnce(target, 'one', async (draft) => writeFile(join(draft, 'old'), 'old'));
    await expect(madeOnce(target, 'two', () => Promise.reject(new Error('x')))).rejects.toThrow();
    expect(await readFile(join(target, 'old'), 'utf8')).toBe('old');
  });
});

describe('state files', () => {
  it('are read back, kept from other users, and undefined where broken', async () => {
    const path = join(folder, 'deep', 'state.json');
    await writeState(path, { port: 1 });
    expect(await readState(path)).toEqual({ port: 1 });
    expect((await stat(path)).mode & 0o077).toBe(0);
    await writeFile(path, '{"port":');
    expect(await readState(path)).toBeUndefined();
  });
});

describe('the lock', () => {
  it('lets one work at a time and tells who waits long', async () => {
    const log: string[] = [];
    const work = (name: string) =>
      withLock(
        folder,
        (line) => log.push(line),
        async () => {
          log.push(`${name} begins`);
          await new Promise((resolve) => setTimeout(resolve, 50));
          log.push(`${name} ends`);
        },
      );
    await Promise.all([work('a'), work('b')]);
    const [first, second, third, fourth] = log;
    expect(second).toBe(first?.replace('begins', 'ends'));
    expect(fourth).toBe(third?.replace('begins', 'ends'));
  });

  it('is free after a failure, and where its holder has died', async () => {
    await expect(
      withLock(
        folder,
        () => {},
        () => Promise.reject(new Error('x')),
      ),
    ).rejects.toThrow('x');
    await writeFile(
      join(folder, 'set-up.lock'),
      JSON.stringify({ pid: process.pid, start: '1', boot: 'former' }),
    );
    expect(
      await withLock(
        folder,
        () => {},
        async () => 'done',
      ),
    ).toBe('done');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('small readers', () => {
  it('keep each certificate once, whatever its line ends, and nothing between them', () => {
    const one = '-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----';
    const two = '-----BEGIN CERTIFICATE-----\nBBB\n-----END CERTIFICATE-----';
    const merged = mergeCertificates([
      `# a comment\n${one}\n`,
      `${two}\n${one.replaceAll('\n', '\r\n')}`,
      '',
    ]);
    expect(merged).toBe(`${one}\n${two}\n`);
  });

  it("write dpkg's list of a package", () => {
    expect(installedPaths('./\n./usr/\n./usr/bin/\n./usr/bin/x\n')).toBe('/.\n/usr\n/usr/bin\n/usr/bin/x\n');
  });

  it('compare versions of Go by number', () => {
    expect(['go1.24', 'go1.100.1', 'go1.9', 'go1.23.4', ''].map(isNewEnough)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('keep the registry on this machine, behind a password', () => {
    expect(registryConfig('/r', 5001)).toMatchObject({
      http: { addr: '127.0.0.1:5001' },
      auth: { htpasswd: { path: '/r/auth/htpasswd' } },
      storage: { delete: { enabled: true } },
    });
  });
});
