import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isChatter, type LogLine, parseLine } from './log.ts';

export interface ActCall {
  program: string;
  args: string[];
  /** The whole environment. */
  env: Record<string, string>;
  cwd: string;
  /** Milliseconds until it is ended. */
  timeout: number;
  /** Called with each line as it comes; `cancel` cancels the run as a person does on GitHub's page. */
  onLine: (line: LogLine, cancel: () => void) => void;
}

/** How long act may take for `post:` steps after a cancel, in milliseconds. */
const GRACE = 10_000;

/**
 * Runs act to its end and collects its log, without act's own debug lines.
 * @throws Error with the end of the log where the time is over
 */
export async function callAct(call: ActCall): Promise<{ exitCode: number; lines: LogLine[] }> {
  const lines: LogLine[] = [];
  const child = spawn(call.program, call.args, {
    cwd: call.cwd,
    env: call.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const take = (text: string) => {
    const line = parseLine(text);
    if (isChatter(line)) return;
    lines.push(line);
    call.onLine(line, () => void child.kill('SIGINT'));
  };
  createInterface({ input: child.stdout }).on('line', take);
  createInterface({ input: child.stderr }).on('line', take);

  let late = false;
  // act runs post steps after the first SIGINT, and ends at once at SIGTERM.
  const steps = (['SIGINT', 'SIGTERM', 'SIGKILL'] as const).map((signal, index) =>
    setTimeout(
      () => {
        late = true;
        child.kill(signal);
      },
      call.timeout + index * GRACE,
    ),
  );
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? -1));
    });
    if (late)
      throw new Error(
        `the workflow took longer than ${call.timeout} ms:\n${lines
          .slice(-15)
          .map(({ msg }) => msg)
          .join('\n')}`,
      );
    return { exitCode, lines };
  } finally {
    for (const step of steps) clearTimeout(step);
  }
}
