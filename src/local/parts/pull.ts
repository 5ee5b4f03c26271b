import { spawn } from 'node:child_process';
import type { DockerCommand } from './private-engine.ts';

/**
 * How a pull went: `refused` where docker was told so by name (no such host, no access, no such image), `unclear`
 * where it may have been a bad moment (silence, a time limit, a busy registry).
 */
export type PullResult = 'pulled' | 'refused' | 'unclear';

export interface PullLimits {
  /** How long a pull may take to its first sign of life, in milliseconds; and in all. */
  begins: number;
  ends: number;
}

const LIMITS: PullLimits = { begins: 6000, ends: 600_000 };
/** How long an answer other than `pulled` is believed, in milliseconds. */
const BELIEVED = { refused: 24 * 3_600_000, unclear: 3_600_000 };

const REFUSALS =
  /no such host|connection refused|network is unreachable|not found|manifest unknown|access denied|unauthorized|forbidden/i;

/**
 * When to ask again whether an image can be pulled.
 * @param now milliseconds since 1970, as the result
 */
export function askAgainAt(result: Exclude<PullResult, 'pulled'>, now: number): number {
  return now + BELIEVED[result];
}

/** Pulls an image; never throws. Says so once something of it arrives. */
export async function pullImage(
  docker: DockerCommand,
  name: string,
  say: (line: string) => void,
  limits: PullLimits = LIMITS,
): Promise<PullResult> {
  return await new Promise((done) => {
    const child = spawn(docker.program, ['pull', name], {
      env: { ...process.env, ...docker.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limits.ends,
    });
    const silence = setTimeout(() => child.kill(), limits.begins);
    let begun = false;
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (begun || !/fs layer|Downloading|Already exists|Digest:/.test(text)) return;
      begun = true;
      clearTimeout(silence);
      say(`Image ${name}: pulling it (once) ...`);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    child.on('error', () => done('unclear'));
    child.on('close', (code, signal) => {
      clearTimeout(silence);
      if (code === 0) done('pulled');
      else done(!signal && REFUSALS.test(printed) ? 'refused' : 'unclear');
    });
  });
}
