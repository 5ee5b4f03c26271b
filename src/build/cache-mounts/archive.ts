import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CacheMount, exportMounts, type MountBuilder } from '../../docker/cache-mounts.ts';
import { DeployError } from '../../errors.ts';
import type { Log } from '../../github/log.ts';
import { MAX_BYTES } from './decision.ts';

/** Of an archive: which file belongs to which mount, and how long it must be. */
type Contents = { attributes: string; file: string; bytes: number }[];

const CONTENTS_FILE = 'contents.json';

/**
 * The archives in a folder that fit mounts of this Dockerfile, each as long as it was when it was saved.
 * @throws DeployError where one is not, or none fits
 */
export async function openArchives(
  mounts: readonly CacheMount[],
  folder: string,
): Promise<{ mount: CacheMount; file: string }[]> {
  const contents = JSON.parse(await readFile(join(folder, CONTENTS_FILE), 'utf8')) as Contents;
  const fitting = mounts.flatMap((mount) => {
    const entry = contents.find(({ attributes }) => attributes === mount.attributes.join(','));
    // The name goes into a Dockerfile, and the archive is another job's.
    return entry && /^\d+\.tar$/.test(entry.file) ? [{ mount, file: entry.file, bytes: entry.bytes }] : [];
  });
  for (const { file, bytes } of fitting)
    if ((await stat(join(folder, file))).size !== bytes)
      throw new DeployError('The archive is not complete.');
  if (fitting.length === 0) throw new DeployError('The archive is of other mounts.');
  return fitting;
}

/**
 * Takes the mounts' content into a folder, with the list of what belongs where: the smaller ones, as many as fit the
 * limit. A mount is kept whole or not at all, as no one but its tool knows which of its files hang together.
 * @returns unpacked bytes of what is kept
 * @throws DeployError
 */
export async function packArchives(
  mounts: readonly CacheMount[],
  folder: string,
  builder: MountBuilder,
  log: Log,
): Promise<number> {
  await rm(folder, { recursive: true, force: true });
  const sizes = await exportMounts(builder, mounts, folder);
  const entries = mounts
    .map(({ id, attributes }, index) => ({
      id,
      attributes: attributes.join(','),
      file: `${index}.tar`,
      bytes: sizes[index] ?? 0,
    }))
    .sort((a, b) => a.bytes - b.bytes);
  const kept: Contents = [];
  let total = 0;
  for (const { id, ...entry } of entries) {
    if (total + entry.bytes > MAX_BYTES) {
      log.info(
        `Cache mounts: ${id} holds ${inMb(entry.bytes)} and is not kept (limit ${inMb(MAX_BYTES)} in all).`,
      );
      await rm(join(folder, entry.file));
      continue;
    }
    kept.push(entry);
    total += entry.bytes;
  }
  if (kept.length === 0) throw new DeployError('None is small enough.');
  await writeFile(join(folder, CONTENTS_FILE), JSON.stringify(kept));
  return total;
}

/** Milliseconds as `1.5 s`. */
export const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Bytes as `1.5 MB`. */
export const inMb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
