import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runProgram } from './command.ts';

/** What a private Engine is started with. */
export interface EnginePrograms {
  dockerd: string;
  containerd: string;
  ip: string;
  /** What stands before a command that needs root: nothing, or `sudo -n`. */
  asRoot: readonly string[];
  env: NodeJS.ProcessEnv;
}

/** Where the daemons and `ip` lie on machines that keep them off a user's PATH. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/**
 * The programs for a private Engine on this machine.
 * @returns undefined where it cannot run: another system than Linux, no Engine installed, neither root nor a `sudo`
 *   without password, or an Engine on another machine
 */
export async function enginePrograms(env: NodeJS.ProcessEnv): Promise<EnginePrograms | undefined> {
  if (process.platform !== 'linux') return undefined;
  if (env.DOCKER_HOST && !env.DOCKER_HOST.startsWith('unix://')) return undefined;
  if (env.DOCKER_CONTEXT && env.DOCKER_CONTEXT !== 'default') return undefined;
  const folders = [...(env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''), ...systemFolders];
  const [dockerd, containerd, ip, runc] = await Promise.all(
    ['dockerd', 'containerd', 'ip', 'runc'].map((name) => findProgram(name, folders)),
  );
  if (!dockerd || !containerd || !ip || !runc) return undefined;
  const asRoot = process.getuid?.() === 0 ? [] : await sudo(env);
  return asRoot && { dockerd, containerd, ip, asRoot, env: { ...env, PATH: folders.join(delimiter) } };
}

async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** GitHub's hosted runners allow it; `-n` never asks for a password. */
async function sudo(env: NodeJS.ProcessEnv): Promise<string[] | undefined> {
  try {
    const { code } = await runProgram(['sudo', '-n', 'true'], env, { timeout: 5_000 });
    return code === 0 ? ['sudo', '-n'] : undefined;
  } catch {
    return undefined;
  }
}
