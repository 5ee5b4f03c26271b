import { join } from 'node:path';
import type { Environment } from '../../github/inputs.ts';
import {
  cachedPlace,
  type KeptList,
  type ListPlace,
  lastingPlace,
  noteList,
  recallList,
} from '../kept-list.ts';

/** Another set of rules looks at every layer anew. */
const RULES = 1;
const FILE = 'layers.json';
const MOST = 2_000;

/** Which layers were read and hold no secret. */
export interface Memory {
  place: ListPlace;
  /** Digests, the newest last. A digest is the content: what was true of it stays true. */
  known: string[];
}

/**
 * In GitHub's cache where the job is offered it, else in the user's cache folder, which lasts on a machine of one's own.
 * @param scope whose layers they are
 */
export function memoryPlace(scope: string, env: Environment, runnerTemp: string): ListPlace {
  const home = env.XDG_CACHE_HOME || (env.HOME ? join(env.HOME, '.cache') : runnerTemp);
  return (
    cachedPlace(`image-scan-${RULES}`, scope, runnerTemp, FILE) ??
    lastingPlace(join(home, 'deploy-lambda-container'), FILE)
  );
}

/** Reads what is remembered. Never throws: without it more is read. */
export async function openMemory(place: ListPlace): Promise<Memory> {
  return { place, known: readKnown((await recallList(place)) ?? '') };
}

/** The digests in a memory's text; none where it is no memory, or one of other rules. */
export function readKnown(text: string): string[] {
  try {
    const { rules, known } = Object(JSON.parse(text)) as Record<string, unknown>;
    if (rules !== RULES || !Array.isArray(known)) return [];
    return known
      .filter((digest) => typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest))
      .slice(-MOST);
  } catch {
    return [];
  }
}

/**
 * Writes the memory with more digests in it. Never throws: else more is read the next time.
 * @returns what post is to be told; undefined where nothing is left to do
 */
export async function remember(
  { place, known }: Memory,
  digests: readonly string[],
): Promise<KeptList | undefined> {
  const all = [...new Set([...known, ...digests])].slice(-MOST);
  return await noteList(place, JSON.stringify({ rules: RULES, known: all })).catch(() => undefined);
}
