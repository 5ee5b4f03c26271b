import { createHash } from 'node:crypto';
import { glob, readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { flagValues } from '../../docker/dockerfile-lines.ts';
import {
  chainOf,
  mountOptions,
  type Stage,
  stageNamed,
  takenFrom,
  words,
} from '../../docker/dockerfile-stages.ts';
import type { MountRun } from './plan.ts';

/** What decides whether a RUN's layer can come from the layer cache. */
export interface RunState {
  /** Of the instructions and the files up to the RUN: 16 hex digits. */
  hash: string;
  /** True where a whole folder stands before it, so that it runs again with nearly every commit. */
  volatile: boolean;
  /** Files that were hashed, relative to the context. */
  files: string[];
}

/** Where a folder is copied before the installation, only these say what it installs. */
const LOCKFILES =
  /^(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|uv\.lock|poetry\.lock|pdm\.lock|Pipfile\.lock|(.*-)?requirements.*\.(txt|in)|go\.sum|Cargo\.lock|Gemfile\.lock|composer\.lock|packages\.lock\.json|pom\.xml|gradle\.lockfile|.*\.gradle(\.kts)?|libs\.versions\.toml|mix\.lock|pubspec\.lock)$/;

/**
 * The instructions that a RUN depends on and the sources in the context that these name, its own stage's up to the
 * RUN itself, and those of every stage that one of them takes files from.
 */
export function runInputs(
  stages: readonly Stage[],
  stage: Stage,
  at: number,
): { instructions: string[]; sources: string[] } {
  const instructions: string[] = [];
  const sources = new Set<string>();
  const seen = new Set<Stage>();
  const read = (one: Stage, end: number): void => {
    instructions.push(`FROM ${one.platform} ${one.from}`);
    for (const { name, rest } of one.instructions.slice(0, end)) {
      instructions.push(`${name} ${rest}`);
      for (const source of contextSources(name, rest)) sources.add(source);
      for (const from of takenFrom(rest)) {
        const other = stageNamed(stages, from, one.index);
        if (other) readWhole(other);
      }
    }
  };
  const readWhole = (one: Stage): void => {
    for (const link of chainOf(stages, one)) {
      if (seen.has(link)) continue;
      seen.add(link);
      read(link, Number.POSITIVE_INFINITY);
    }
  };
  for (const link of chainOf(stages, stage)) if (link !== stage) readWhole(link);
  read(stage, at + 1);
  return { instructions, sources: [...sources] };
}

function contextSources(name: string, rest: string): string[] {
  if (name === 'COPY' || name === 'ADD')
    return flagValues(rest, 'from').length > 0 ? [] : words(rest).slice(0, -1);
  if (name !== 'RUN') return [];
  return flagValues(rest, 'mount').flatMap((mount) => {
    const options = mountOptions(mount);
    const isBind = (options.get('type') ?? 'bind') === 'bind';
    return isBind && !options.has('from') ? [options.get('source') ?? options.get('src') ?? '.'] : [];
  });
}

/**
 * Hashes what a RUN depends on. It decides only whether restoring is worth while: a wrong answer costs time, never
 * a wrong image.
 * @param context folder of the build context
 */
export async function hashRun(run: MountRun, context: string): Promise<RunState> {
  const hash = createHash('sha256').update(JSON.stringify(run.instructions));
  const files = new Set<string>();
  let volatile = false;
  for (const source of run.sources) {
    const found = await expand(source, context);
    volatile ||= found.volatile;
    for (const file of found.files) files.add(file);
  }
  const sorted = [...files].sort();
  for (const file of sorted) {
    const content = await readFile(join(context, file)).catch(() => undefined);
    hash.update(JSON.stringify([file, content?.length ?? -1])).update(content ?? '');
  }
  return { hash: hash.digest('hex').slice(0, 16), volatile, files: sorted };
}

/** The files that a source names; of a folder, the lockfiles in it. */
async function expand(source: string, context: string): Promise<{ files: string[]; volatile: boolean }> {
  // A variable may stand for any path, so nothing is known of it.
  if (source.includes('$')) return { files: [], volatile: true };
  if (/^(https?:|git@|<<)/.test(source)) return { files: [], volatile: false };
  const files: string[] = [];
  let volatile = false;
  const cleaned = join('/', source).slice(1) || '.';
  for (const path of await matches(cleaned, context)) {
    const entry = await stat(join(context, path)).catch(() => undefined);
    if (!entry?.isDirectory()) files.push(path);
    else {
      volatile = true;
      const inside = await matches(join(path, '*'), context);
      files.push(...inside.filter((file) => LOCKFILES.test(basename(file))));
    }
  }
  return { files, volatile };
}

async function matches(pattern: string, context: string): Promise<string[]> {
  if (!/[*?[]/.test(pattern)) return [pattern];
  const found: string[] = [];
  for await (const path of glob(pattern, { cwd: context })) found.push(relative('.', path));
  return found;
}
