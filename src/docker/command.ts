import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { DeployError } from '../errors.ts';

/** How the docker program is called: its environment says which Engine, which login and which builders it sees. */
export interface Docker {
  program: string;
  env: NodeJS.ProcessEnv;
}

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  /** Added to the environment of this one process. */
  env?: NodeJS.ProcessEnv;
  /** Called with each line as it comes; a stream with a listener is not collected in the result. */
  onStdout?: (line: string) => void;
  onStderr?: (line: string) => void;
  /** Leaves standard error to the program: it writes where this process does, and nothing is collected. */
  stderr?: 'inherit';
  /** Ends the process: with SIGTERM, which docker turns into a cancelled build, and two seconds later for certain. */
  signal?: AbortSignal;
  /** Milliseconds after which the process is ended; none where absent. */
  timeout?: number;
}

/**
 * Runs docker with a list of arguments, never through a shell. A non-zero exit code is a result, not an error.
 * @throws DeployError where the program cannot be started or does not end within `timeout`
 */
export async function runDocker(
  docker: Docker,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return await runProgram([docker.program, ...args], docker.env, options);
}

/**
 * Runs any program as `runDocker` runs docker.
 * @param command the program and its arguments
 * @throws DeployError where the program cannot be started or does not end within `timeout`
 */
export async function runProgram(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(program, args, {
    env: { ...env, ...options.env },
    stdio: ['ignore', 'pipe', options.stderr ?? 'pipe'],
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
  });
  const stop = (): void => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 2_000).unref();
  };
  options.signal?.addEventListener('abort', stop, { once: true });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => reject(startError(program, cause)));
    child.once('close', (code, signal) => {
      options.signal?.removeEventListener('abort', stop);
      if (code !== null) resolve(code);
      else
        reject(
          new DeployError(
            `\`${[basename(program), ...args.slice(0, 2)].join(' ')}\` was ended by ${signal}.`,
          ),
        );
    });
  });
  const [code, stdout, stderr] = await Promise.all([
    ended,
    collect(child.stdout, options.onStdout),
    collect(child.stderr, options.onStderr),
  ]);
  return { code, stdout, stderr };
}

async function collect(
  stream: Readable | null,
  onLine: ((line: string) => void) | undefined,
): Promise<string> {
  if (!stream) return '';
  if (onLine) {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
      onLine(line);
    return '';
  }
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function startError(program: string, cause: NodeJS.ErrnoException): DeployError {
  return cause.code === 'ENOENT'
    ? new DeployError(
        `There is no \`${program}\` on this machine's PATH.`,
        'Run the job where Docker Engine and Buildx are installed, such as `runs-on: ubuntu-latest`.',
        { cause },
      )
    : new DeployError(`Cannot start \`${program}\`: ${cause.message}.`, '', { cause });
}
