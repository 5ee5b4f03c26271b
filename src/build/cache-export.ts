import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BuildRequest, buildxArguments, buildxEnvironment } from '../docker/buildx.ts';
import type { Docker } from '../docker/command.ts';

/** A cache export that runs in the background; plain data, so that it passes from main to post. */
export interface CacheExport {
  pid: number;
  /** Milliseconds since 1970. */
  started: number;
  /** What buildx prints. */
  log: string;
  /** Written by buildx when it has succeeded; its path stands on the command line and names the process, too. */
  metadataFile: string;
}

/**
 * Writes the layer cache after the push, while Lambda takes the image: the same build once more, with the cache as
 * its only result. Every step of it is in the builder by now, so it runs nothing. The process outlives this one.
 * @param secretEnv values of the secrets, which BuildKit asks for only where it must run a step again
 * @param files path without extension for its log and its metadata
 */
export function startCacheExport(
  docker: Docker,
  request: BuildRequest,
  cacheTo: string,
  secretEnv: NodeJS.ProcessEnv,
  files: string,
): CacheExport {
  const log = `${files}.log`;
  const metadataFile = `${files}.json`;
  const args = buildxArguments({ ...request, output: 'cache', names: [], cacheTo, metadataFile });
  const output = openSync(log, 'w', 0o600);
  const child = spawn(docker.program, args, {
    env: { ...docker.env, ...buildxEnvironment, ...secretEnv },
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  // It then leaves no metadata file, which says the same.
  child.on('error', () => {});
  child.unref();
  return { pid: child.pid ?? 0, started: Date.now(), log, metadataFile };
}

/** How an export ended. */
export interface CacheExportOutcome {
  result: 'written' | 'failed' | 'too-slow';
  /** How long it ran, in milliseconds. */
  ms: number;
  /** What buildx printed. */
  lines: string[];
}

/**
 * Waits for an export that main has started, and removes its files. A process that is not done by then is ended: a
 * cache is worth no waiting job.
 * @param limit milliseconds from its start
 */
export async function joinCacheExport(running: CacheExport, limit: number): Promise<CacheExportOutcome> {
  const deadline = running.started + limit;
  while ((await isRunning(running)) && Date.now() < deadline) await sleep(50);
  const tooSlow = await isRunning(running);
  if (tooSlow) {
    process.kill(running.pid, 'SIGTERM');
    for (const end = Date.now() + 5_000; (await isRunning(running)) && Date.now() < end; ) await sleep(50);
  }
  const written = existsSync(running.metadataFile);
  const ended = written ? (await stat(running.metadataFile)).mtimeMs : Date.now();
  const lines = (await readFile(running.log, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  await Promise.all([running.log, running.metadataFile].map((path) => rm(path, { force: true })));
  return {
    result: written ? 'written' : tooSlow ? 'too-slow' : 'failed',
    ms: Math.max(0, Math.round(ended - running.started)),
    lines,
  };
}

/** Whether the process is that one still: its number may be another's by now, and one that has ended may linger. */
async function isRunning({ pid, metadataFile }: CacheExport): Promise<boolean> {
  if (pid === 0) return false;
  if (process.platform === 'linux')
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes(metadataFile);
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
