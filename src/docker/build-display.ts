import type { Environment } from '../github/inputs.ts';
import { type Docker, runDocker } from './command.ts';

/**
 * Whether buildx is to draw its own display on this process's standard error: where that is a terminal and buildx's
 * own variable, BUILDKIT_PROGRESS, says `tty`, as the local mode does. A job's log is no terminal.
 */
export function drawsDisplay(env: Environment, stderr: { isTTY?: boolean } = process.stderr): boolean {
  return stderr.isTTY === true && env.BUILDKIT_PROGRESS === 'tty';
}

/** A line of `docker buildx history ls --format json`. */
interface HistoryEntry {
  ref: string;
  status: string;
  created_at: string;
}

/**
 * Why a build failed whose progress went to a terminal, from the builder's history.
 * @param since when it was started, milliseconds since 1970
 * @returns lines as `--progress plain` ends with; empty where the history does not tell
 */
export async function failureInHistory(docker: Docker, builder: string, since: number): Promise<string[]> {
  const history = async (...args: string[]): Promise<string> => {
    const call = ['buildx', ...(builder === '' ? [] : ['--builder', builder]), 'history', ...args];
    return (await runDocker(docker, call, { timeout: 10_000 })).stdout;
  };
  try {
    const ref = failedRef(await history('ls', '--format', 'json', '--no-trunc'), since);
    return ref === '' ? [] : failureLines(await history('inspect', ref));
  } catch {
    return [];
  }
}

/** The newest build that failed since then; '' where there is none. */
export function failedRef(listed: string, since: number): string {
  const entries = listed
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as HistoryEntry)
    .filter(({ status, created_at }) => status === 'Error' && Date.parse(created_at) >= since)
    .sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at));
  return entries[0]?.ref.split('/').pop() ?? '';
}

/** Of `docker buildx history inspect`: the error, behind the name of its gRPC code, and the place in the Dockerfile. */
export function failureLines(inspected: string): string[] {
  const error = /^Error:\s+[A-Z]\w+ (.+)$/m.exec(inspected)?.[1];
  const place = /^\S*:\d+$/m.exec(inspected)?.[0];
  return [...(place ? [place] : []), ...(error ? [`ERROR: ${error}`] : [])];
}
