import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type FingerprintRequest, fingerprint } from '../../src/build/fingerprint.ts';
import type { Docker } from '../../src/docker/command.ts';
import { walkContext } from '../../src/docker/context-walk.ts';
import { parseIgnoreFile } from '../../src/docker/dockerignore.ts';
import { plainRequest } from '../support/fingerprint-request.ts';
import { contentDigest, type Listing, listingLine, receivedByBuildKit } from './buildkit.ts';
import { type ContextSpec, type PlacedContext, placeContext } from './context-spec.ts';

/** A context before and after one change. */
export interface Case {
  mutation: string;
  before: ContextSpec;
  after: ContextSpec;
}

/**
 * `missed`: BuildKit receives something else, the hash is the same: stale code would ship.
 * `needless`: the hash differs, what BuildKit receives does not: a build too many.
 * `walk`: the walk lists other paths than BuildKit receives.
 * `doubt`: there is no hash, so it is built. `refused`: BuildKit cannot build it.
 */
export type Verdict = 'same' | 'changed' | 'doubt' | 'refused' | 'missed' | 'needless' | 'walk';

export interface Judged {
  verdict: Verdict;
  /** The differing lines, for a reader. */
  detail: string;
}

interface Ours {
  placed: PlacedContext;
  hash: string;
  listing: Listing;
}

/** Compares hash and walk with what BuildKit receives, all cases in one build. */
export async function judge(docker: Docker, cases: readonly Case[], scratch: string): Promise<Judged[]> {
  const work = mkdtempSync(join(scratch, 'cases-'));
  try {
    const pairs: ([Ours, Ours] | string)[] = [];
    for (const { before, after } of cases) {
      const first = await ours(before, mkdtempSync(join(work, 'c-')));
      const second = await ours(after, mkdtempSync(join(work, 'c-')));
      if (typeof first === 'string') pairs.push(first);
      else if (typeof second === 'string') pairs.push(second);
      else pairs.push([first, second]);
    }
    const known = pairs.filter((pair) => typeof pair !== 'string');
    const received = await receivedByBuildKit(
      docker,
      known.flat().map(({ placed }) => placed),
      scratch,
    );
    return pairs.map((pair) => {
      if (typeof pair === 'string') return { verdict: 'doubt', detail: pair };
      const at = known.indexOf(pair) * 2;
      return verdictOf(pair, received[at], received[at + 1]);
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function verdictOf(pair: [Ours, Ours], ...theirs: (Listing | undefined)[]): Judged {
  const [before, after] = theirs;
  if (!before || !after) return { verdict: 'refused', detail: '' };
  for (const [index, { listing }] of pair.entries()) {
    const detail = difference(listing, theirs[index] ?? []);
    if (detail !== '') return { verdict: 'walk', detail };
  }
  const detail = difference(before, after);
  const sameHash = pair[0].hash === pair[1].hash;
  if (detail === '') return { verdict: sameHash ? 'same' : 'needless', detail };
  return { verdict: sameHash ? 'missed' : 'changed', detail };
}

function difference(left: Listing, right: Listing): string {
  const lines = [
    ...left.filter((line) => !right.includes(line)).map((line) => `- ${line}`),
    ...right.filter((line) => !left.includes(line)).map((line) => `+ ${line}`),
  ];
  return lines.join('\n');
}

/** What this project makes of a context, or its doubt. */
async function ours(spec: ContextSpec, folder: string): Promise<Ours | string> {
  const placed = placeContext(spec, folder);
  const result = await fingerprint(requestFor(placed));
  if ('doubt' in result) return result.doubt;
  const lines = (spec.named ? undefined : spec.ownIgnore) ?? spec.ignore ?? [];
  const entries = await walkContext(placed.folder, parseIgnoreFile(lines.join('')));
  const listing = entries.map(({ path, type, mode, target }) =>
    listingLine(path, type, mode, type === 'file' ? contentDigest(join(placed.folder, path)) : target),
  );
  return { placed, hash: result.hash, listing: listing.sort() };
}

function requestFor({ context, dockerfile, contexts }: PlacedContext): FingerprintRequest {
  const buildContexts = Object.entries(contexts).map(([name, value]) => ({ name, value }));
  return plainRequest(context, { file: dockerfile, buildContexts });
}
