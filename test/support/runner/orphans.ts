import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process that a job left running. */
export interface Orphan {
  pid: number;
  command: string;
}

/**
 * Ends the processes whose environment holds `RUNNER_TRACKING_ID=<id>`, as GitHub's runner does at a job's end
 * ("Cleaning up orphan processes", actions/runner ProcessInvoker). Linux only; elsewhere none are found.
 * @returns those that it had to end
 */
export async function endOrphans(trackingId: string): Promise<Orphan[]> {
  const orphans: Orphan[] = [];
  const entries = process.platform === 'linux' ? await readdir('/proc') : [];
  for (const entry of entries.filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${entry}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(`RUNNER_TRACKING_ID=${trackingId}`)) continue;
    const words = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    const command =
      words.replaceAll('\0', ' ').trim() || (await readlink(`/proc/${entry}/exe`).catch(() => ''));
    // A zombie has an empty command line and no program: it has ended already.
    if (command === '') continue;
    try {
      process.kill(Number(entry), 'SIGKILL');
      orphans.push({ pid: Number(entry), command });
    } catch {
      // It ended by itself since we looked.
    }
  }
  return orphans;
}
