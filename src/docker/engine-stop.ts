import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from './command.ts';
import { engineBridge } from './engine.ts';
import type { EnginePrograms } from './engine-programs.ts';
import { mountPoints } from './mounts.ts';
import { runningProcesses } from './processes.ts';

/** How long the daemons may take to end by themselves. */
const stopLimit = 5_000;

/**
 * Ends the Engine of a folder and removes the folder, its mounts and its bridge. What is not there is fine: it also
 * cleans up after a start that failed or was killed half-way, since it finds the daemons by their command lines.
 */
export async function stopEngine(folder: string, programs: EnginePrograms): Promise<void> {
  const root = async (...command: string[]): Promise<void> => {
    await runProgram([...programs.asRoot, ...command], programs.env, { timeout: 60_000 }).catch(() => {});
  };
  // The Engine first: it still needs its containerd to end in order.
  for (const part of [`${folder}/docker.pid`, `${folder}/`]) await endProcesses(part, root);
  const mounts = async (): Promise<string[]> =>
    mountPoints(await readFile('/proc/self/mountinfo', 'utf8'), [folder]);
  for (const path of await mounts()) await root('umount', '--lazy', path);
  await root(programs.ip, 'link', 'delete', engineBridge(folder));
  // Never through a mount that would not go away.
  if ((await mounts()).length === 0) await root('rm', '--recursive', '--force', '--one-file-system', folder);
}

async function endProcesses(part: string, root: (...command: string[]) => Promise<void>): Promise<void> {
  for (const signal of ['TERM', 'KILL']) {
    const found = await processesOf(part);
    if (found.length === 0) return;
    await root('kill', `-${signal}`, ...found);
    for (const end = Date.now() + stopLimit; Date.now() < end; await sleep(20))
      if ((await processesOf(part)).length === 0) return;
  }
}

/** Processes with `part` in an argument; one that has ended and is not collected yet has none. */
async function processesOf(part: string): Promise<string[]> {
  const daemon = /(^|\/)(dockerd|containerd|sudo)\0/;
  return (await runningProcesses())
    .filter(
      ({ pid, commandLine }) => pid !== process.pid && daemon.test(commandLine) && commandLine.includes(part),
    )
    .map(({ pid }) => String(pid));
}
