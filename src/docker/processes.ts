import { readdir, readFile } from 'node:fs/promises';

/** A process of this machine. */
export interface RunningProcess {
  pid: number;
  /** Program and arguments, each ended by a NUL; '' of one that has ended and is not collected yet. */
  commandLine: string;
}

/** All processes of this Linux machine. Source: proc_pid_cmdline(5). */
export async function runningProcesses(): Promise<RunningProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return await Promise.all(
    pids.map(async (pid) => ({
      pid,
      commandLine: await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
    })),
  );
}
