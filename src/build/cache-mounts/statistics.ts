import type { BuildVertex } from '../../record.ts';
import type { RunState } from './inputs.ts';
import type { MountRun } from './plan.ts';

/** What earlier builds of one image measured, newest last in every list; kept as an entry of its own. */
export interface MountStatistics {
  schema: 1;
  /** By the id of the RUN. */
  runs: Record<string, RunStatistics>;
  /** Milliseconds for getting the archive and putting it into the mounts. */
  restoreMs: number[];
  /** Milliseconds for taking the archive out of the mounts and uploading it. */
  saveMs: number[];
  /** Unpacked size of the last archive that was saved, in bytes. */
  bytes: number;
  /** The same of the last one that began with empty mounts: what one build needs. */
  freshBytes: number;
  /** Builds that ran an installation since the one with the other choice (restored or not). */
  sameChoice: number;
  lastRestored: boolean;
}

export interface RunStatistics {
  /** Hash of what it depended on when it was last built. */
  hash: string;
  /** Milliseconds that it took with empty mounts, and with restored ones. */
  coldMs: number[];
  warmMs: number[];
}

/** One run of a RUN in this build. */
export interface RunSample {
  id: string;
  hash: string;
  ms: number;
}

const KEPT = 5;

/** Statistics of an image that was never measured. */
export function newStatistics(): MountStatistics {
  return {
    schema: 1,
    runs: {},
    restoreMs: [],
    saveMs: [],
    bytes: 0,
    freshBytes: 0,
    sameChoice: 0,
    lastRestored: false,
  };
}

/**
 * Reads statistics; others may have written them, so what is not as it should be counts as none.
 * @returns undefined where the text is none of ours
 */
export function parseStatistics(text: string): MountStatistics | undefined {
  try {
    const parsed = JSON.parse(text) as Partial<MountStatistics> | null;
    if (parsed?.schema !== 1 || typeof parsed.runs !== 'object') return undefined;
    const runs = Object.entries(parsed.runs ?? {}).map(([id, run]) => [
      id,
      { hash: String(run.hash), coldMs: numbers(run.coldMs), warmMs: numbers(run.warmMs) },
    ]);
    return {
      schema: 1,
      runs: Object.fromEntries(runs) as MountStatistics['runs'],
      restoreMs: numbers(parsed.restoreMs),
      saveMs: numbers(parsed.saveMs),
      bytes: Number(parsed.bytes) || 0,
      freshBytes: Number(parsed.freshBytes) || 0,
      sameChoice: Number(parsed.sameChoice) || 0,
      lastRestored: parsed.lastRestored === true,
    };
  } catch {
    return undefined;
  }
}

function numbers(values: unknown): number[] {
  return Array.isArray(values) ? values.filter((value) => Number.isFinite(value)).slice(-KEPT) : [];
}

/** The middle value, of an even number the lower of the two: one slow run does not decide. */
export function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

/**
 * The RUNs with cache mounts that a build has run, by BuildKit's vertices; those from the cache are not among them.
 * @param states by the id of the RUN
 */
export function samplesOf(
  runs: readonly MountRun[],
  states: Readonly<Record<string, RunState>>,
  vertices: readonly BuildVertex[],
): RunSample[] {
  return runs.flatMap((run) => {
    const shows = vertexPattern(run);
    const mine = vertices.filter(({ name, kind, cached }) => kind === 'run' && !cached && shows.test(name));
    const ms = mine.reduce((sum, vertex) => sum + vertex.ms, 0);
    return mine.length === 0 ? [] : [{ id: run.id, hash: states[run.id]?.hash ?? '', ms }];
  });
}

/** `[linux/amd64 builder 3/5] RUN ...`; BuildKit shows variables filled in. */
function vertexPattern({ stage, command }: MountRun): RegExp {
  const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  const shown = command
    .split(/\$(?:\w+|\{[^}]*\})/)
    .map((part) => escaped(part).replaceAll(/\s+/g, '\\s+'))
    .join('.*');
  return new RegExp(
    `^\\[(\\S+ )?${escaped(stage)}${stage ? ' +' : ''}\\d+/\\d+\\] RUN\\s+${shown}\\s*$`,
    's',
  );
}

/** What a build adds: `restored` says whether its mounts were filled before it. */
export function withBuild(
  before: MountStatistics,
  samples: readonly RunSample[],
  restored: { ms: number } | undefined,
): MountStatistics {
  if (samples.length === 0) return before;
  const runs = { ...before.runs };
  for (const { id, hash, ms } of samples) {
    const known = runs[id] ?? { hash: '', coldMs: [], warmMs: [] };
    runs[id] = restored
      ? { ...known, hash, warmMs: [...known.warmMs, ms].slice(-KEPT) }
      : { ...known, hash, coldMs: [...known.coldMs, ms].slice(-KEPT) };
  }
  const same = before.lastRestored === (restored !== undefined);
  return {
    ...before,
    runs,
    restoreMs: restored ? [...before.restoreMs, restored.ms].slice(-KEPT) : before.restoreMs,
    sameChoice: same ? before.sameChoice + 1 : 1,
    lastRestored: restored !== undefined,
  };
}

/** What a save adds. */
export function withSave(
  before: MountStatistics,
  saved: { ms: number; bytes: number },
  restored: boolean,
): MountStatistics {
  return {
    ...before,
    saveMs: [...before.saveMs, saved.ms].slice(-KEPT),
    bytes: saved.bytes,
    freshBytes: restored ? before.freshBytes : saved.bytes,
  };
}
