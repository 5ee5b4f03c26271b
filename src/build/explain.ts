import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BuildVertex } from '../record.ts';
import { compactFiles, filesPlace, readSources, writeSources } from './build-files.ts';
import type { BuildRun } from './build-run.ts';
import { cacheScope } from './cache.ts';
import type { BuildInputs, Platform } from './inputs.ts';
import { announced, type KeptList, noteList, recallList } from './kept-list.ts';
import { explainMisses } from './misses.ts';
import { dockerfilePath, isGitContext, shownDockerfile } from './plan.ts';
import { slowFindings } from './slow.ts';

/** Content digest (64 hex digits) and bytes of the context's files by path; empty where they were not hashed. */
export type ContextFiles = Map<string, { digest: string; bytes: number }>;

/** Milliseconds after the build that the list of the last one is still waited for. */
const patience = 500;

/** Turns a build's times into what missed the cache and why. */
export type Explain = (vertices: readonly BuildVertex[]) => Promise<void>;

/**
 * Fetches the list of the last build's files beside this build. What it returns is called after the build and fills
 * `misses` and `findings` of the record. Neither ever throws: an explanation is worth no failed build.
 */
export function startExplaining(
  inputs: BuildInputs,
  run: BuildRun,
  platform: Platform,
  context: ContextFiles,
): Explain {
  // Git contexts are not on this machine, and without hashed files nothing can be told from the last build.
  if (isGitContext(inputs.context) || context.size === 0) return async () => {};
  const place = filesPlace(cacheScope(inputs, platform), run.job.runnerTemp, run.env);
  const keep = (kept: KeptList | undefined): void => {
    if (kept) run.keep('build-files', JSON.stringify(kept));
  };
  if (place) keep(announced(place));
  const recalled = place ? recallList(place).then((text) => readSources(text ?? '')) : undefined;
  return async (vertices) => {
    try {
      const dockerfile = await readFile(dockerfilePath(inputs), 'utf8');
      const files = compactFiles(new Map([...context].map(([name, { digest }]) => [name, digest])));
      const sources = { dockerfile, files };
      const misses = explainMisses(
        sources,
        await Promise.race([recalled, sleep(patience, undefined)]),
        vertices,
      );
      const sizes = new Map([...context].map(([name, { bytes }]) => [name, bytes]));
      const found = slowFindings(dockerfile, shownDockerfile(inputs, run.job.workspace), {
        misses,
        vertices,
        sizes,
      });
      if (run.record.build) run.record.build.misses = misses;
      if (found.length > 0) run.record.findings = [...(run.record.findings ?? []), ...found];
      // Where all came from the cache the list of the build that filled it stands.
      if (!place || misses.length === 0) return;
      keep(await noteList(place, writeSources(sources)));
    } catch (error) {
      run.log.debug(`Misses of the cache are not explained: ${String(error)}`);
    }
  };
}
