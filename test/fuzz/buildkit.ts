import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Docker, runDocker } from '../../src/docker/command.ts';
import type { PlacedContext } from './context-spec.ts';

/** What a build received: a line for each path with type, mode and the content's digest or the link's target. */
export type Listing = string[];

/**
 * What BuildKit receives of each context: `COPY . /` into nothing, written to a folder. One Buildx process and one
 * session for all: that makes a comparison cheap.
 * @param scratch a folder for the results; they are removed
 * @returns undefined for a context whose build fails
 */
export async function receivedByBuildKit(
  docker: Docker,
  contexts: readonly PlacedContext[],
  scratch: string,
): Promise<(Listing | undefined)[]> {
  if (contexts.length === 0) return [];
  const work = mkdtempSync(join(scratch, 'bake-'));
  try {
    const { code, stderr } = await bake(docker, contexts, work);
    if (code === 0) return contexts.map((_context, index) => listFolder(join(work, `out${index}`)));
    if (!stderr.includes('ERROR')) throw new Error(stderr);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  if (contexts.length === 1) return [undefined];
  // One failure ends the whole: halves find which.
  const half = Math.ceil(contexts.length / 2);
  return [
    ...(await receivedByBuildKit(docker, contexts.slice(0, half), scratch)),
    ...(await receivedByBuildKit(docker, contexts.slice(half), scratch)),
  ];
}

async function bake(docker: Docker, contexts: readonly PlacedContext[], work: string) {
  const target = Object.fromEntries(
    contexts.map(({ context, dockerfile, contexts: others }, index) => [
      `t${index}`,
      { context, dockerfile, contexts: others, output: [`type=local,dest=${join(work, `out${index}`)}`] },
    ]),
  );
  const file = join(work, 'bake.json');
  writeFileSync(file, JSON.stringify({ group: { default: { targets: Object.keys(target) } }, target }));
  return await runDocker(
    docker,
    ['buildx', 'bake', '--builder', 'default', '--provenance=false', '--progress=quiet', '--file', file],
    // Files outside of the current folder are meant.
    { env: { BUILDX_BAKE_ENTITLEMENTS_FS: '0' } },
  );
}

/** Lists what lies in a folder, sorted. */
export function listFolder(root: string): Listing {
  const listing: Listing = [];
  const visit = (folder: string): void => {
    for (const name of readdirSync(join(root, folder))) {
      const path = folder ? `${folder}/${name}` : name;
      const full = join(root, path);
      const stat = lstatSync(full);
      const mode = stat.mode & 0o7777;
      if (stat.isSymbolicLink()) listing.push(listingLine(path, 'symlink', 0, readlinkSync(full)));
      else if (stat.isFile()) listing.push(listingLine(path, 'file', mode, contentDigest(full)));
      else {
        listing.push(listingLine(path, 'directory', mode, ''));
        visit(path);
      }
    }
  };
  visit('');
  return listing.sort();
}

export function listingLine(path: string, type: string, mode: number, content: string): string {
  return JSON.stringify([path, type, mode.toString(8), content]);
}

/** SHA-256 of a file's content, shortened: enough to tell two files apart. */
export function contentDigest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
}
