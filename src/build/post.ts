import { removeBuilder } from '../docker/builder-create.ts';
import { removePrivateConfig } from '../docker/config.ts';
import { enginePrograms } from '../docker/engine-programs.ts';
import { stopEngine } from '../docker/engine-stop.ts';
import { describeError } from '../errors.ts';
import { runAction } from '../github/action.ts';
import { removeCacheTemp } from '../github/cache.ts';
import * as core from '../github/core.ts';
import { foreignGroup } from '../github/foreign-text.ts';
import { jobLog } from '../github/log.ts';
import { type RunRecord, readRecord, writeRecord } from '../record.ts';
import { type CacheExport, joinCacheExport } from './cache-export.ts';
import { saveKeptMounts } from './cache-mounts/run.ts';
import { fullDiskNote } from './full-disk.ts';
import { type KeptList, leaveList } from './kept-list.ts';

/** An export that takes longer has met a service that is down or drowned. */
const exportLimit = 180_000;

/**
 * Waits for the cache export and saves the cache mounts, then leaves nothing behind, whatever came of these: the
 * private Engine, a builder that main made, and the folder with the registry login.
 */
await runAction(async () => {
  try {
    await keep();
  } finally {
    await cleanUp();
  }
});

async function keep(): Promise<void> {
  const exporting = core.getState('cache-export');
  if (exporting !== '') await joinExport(JSON.parse(exporting) as CacheExport);
  const mounts = core.getState('cache-mounts');
  if (mounts !== '') await saveMounts(mounts);
  for (const name of ['image-scan', 'build-files']) {
    const kept = core.getState(name);
    if (kept !== '') await leaveList(JSON.parse(kept) as KeptList);
  }
}

async function cleanUp(): Promise<void> {
  await removeCacheTemp(process.env.RUNNER_TEMP);
  const builder = core.getState('builder');
  if (builder !== '')
    await removeBuilder(
      { program: 'docker', env: { ...process.env, BUILDX_CONFIG: core.getState('buildx-config') } },
      builder,
    );
  const engines = core.getState('engines').split('\n').filter(Boolean);
  const programs = engines.length === 0 ? undefined : await enginePrograms(process.env);
  if (programs) for (const engine of engines) await stopEngine(engine, programs);
  const folder = core.getState('docker-config');
  if (folder !== '') await removePrivateConfig(folder);
}

/** A cache that could not be written costs one line: the deploy has long succeeded. */
async function joinExport(running: CacheExport): Promise<void> {
  const { result, ms, lines } = await joinCacheExport(running, exportLimit);
  await foreignGroup(jobLog, 'Layer cache export', async () => {
    for (const line of lines) core.info(line);
  });
  const seconds = (ms / 1000).toFixed(1);
  const { RUNNER_TEMP = '' } = process.env;
  if (result === 'written') core.info(`Layer cache: written in ${seconds} s beside the deploy.`);
  else
    core.warning(
      result === 'failed'
        ? `The layer cache was not written: ${exportError(lines)}.${await fullDiskNote(RUNNER_TEMP)}`
        : `The layer cache was not written within ${seconds} s; the next build does more itself.`,
    );
  await amendRecord((record) => {
    if (record.cache) record.cache.ms = ms;
  });
}

/** The registry's own words stand on the line after. */
function exportError(lines: readonly string[]): string {
  const at = lines.findLastIndex((line) => line.startsWith('ERROR:'));
  return at < 0 ? 'no reason given' : lines.slice(at, at + 2).join(' ');
}

async function saveMounts(file: string): Promise<void> {
  const saved = await saveKeptMounts(file, process.env, jobLog);
  if (saved)
    await amendRecord((record) => {
      record.cacheMounts = saved;
    });
}

/** Never throws: the deploy has long succeeded, and a record that lacks this is still one. */
async function amendRecord(change: (record: RunRecord) => void): Promise<void> {
  const path = core.getState('record');
  const record = await readRecord(path).catch(() => undefined);
  if (!record) return;
  change(record);
  try {
    await writeRecord(path, record);
  } catch (error) {
    core.warning(`The run record lacks what was done after the deploy. ${describeError(error)}`);
  }
}
