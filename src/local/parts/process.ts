import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeployError } from '../../errors.ts';

export interface RunOptions {
  /** Replaces the environment of this process; give `{ ...process.env, X: 'y' }` to add to it. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Ends the program after so many milliseconds; none where absent. */
  timeout?: number;
  /** Written to the program's standard input, which is empty otherwise. */
  input?: string;
  /** What the program was meant to do, for the error: `Unpack the Engine`. Its command line where absent. */
  what?: string;
  /** What to do where it fails, one sentence. */
  hint?: string;
  /** Lowest priority, for long work that nobody waits for yet. */
  background?: boolean;
}

export interface RunResult {
  /** Exit code; -1 where the program could not be started or was ended by a signal. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end and returns what it printed; never throws for a program that fails. */
export async function tryRun(program: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  return await new Promise((resolve) => {
    const child = spawn(program, args, {
      env: options.env ?? process.env,
      cwd: options.cwd,
      timeout: options.timeout,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', (error) => resolve({ code: -1, stdout, stderr: `${stderr}${error.message}` }));
    child.on('close', (code, signal) => {
      if (signal) stderr += `\nended by ${signal}`;
      resolve({ code: code ?? -1, stdout, stderr });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
    if (options.background && child.pid) lowerPriority(child.pid);
  });
}

/**
 * Runs a program to its end.
 * @returns what it wrote to standard output
 * @throws DeployError with the last lines that it printed where it does not exit with 0
 */
export async function run(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(program, args, options);
  if (code === 0) return stdout;
  const what = options.what ?? [program, ...args].join(' ').slice(0, 200);
  throw new DeployError(
    `${what}: failed (exit code ${code}): ${lastLines(stderr.trim() || stdout)}`,
    options.hint,
  );
}

/** The last `count` lines that are not empty, joined by ` | `, for an error of one line. */
export function lastLines(text: string, count = 6): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(-count)
    .join(' | ');
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, 19);
  } catch {
    // It has ended already, or the system does not let us: it then merely runs at normal priority.
  }
}

/**
 * Which process this is, beyond its number, which the system gives away again: `start` is its start in clock
 * ticks since boot and `boot` the boot's identifier. Both are empty where there is no /proc (macOS).
 */
export interface ProcessId {
  pid: number;
  start: string;
  boot: string;
}

/** Identifies a running process; undefined where it does not run (a zombie does not). */
export function identify(pid: number): ProcessId | undefined {
  try {
    if (process.platform !== 'linux') {
      process.kill(pid, 0);
      return { pid, start: '', boot: '' };
    }
    // The program's name, in brackets, may hold blanks and brackets itself: count from the last bracket.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return {
      pid,
      start: fields[19] ?? '',
      boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    };
  } catch {
    return undefined;
  }
}

/** Whether this very process still runs. */
export function isAlive(id: ProcessId): boolean {
  const now = identify(id.pid);
  return now !== undefined && now.start === id.start && now.boot === id.boot;
}

/**
 * Starts a program that goes on when this process ends, its output appended to `log`.
 * @throws DeployError where it cannot be started
 */
export function startDaemon(
  program: string,
  args: string[],
  options: { log: string; env: NodeJS.ProcessEnv; cwd: string },
): ProcessId {
  const log = openSync(options.log, 'a');
  try {
    const child = spawn(program, args, {
      detached: true,
      env: options.env,
      cwd: options.cwd,
      stdio: ['ignore', log, log],
    });
    child.on('error', () => {});
    child.unref();
    const id = child.pid === undefined ? undefined : identify(child.pid);
    if (!id) throw new DeployError(`${program} cannot be started.`, `Its log: ${options.log}`);
    return id;
  } finally {
    closeSync(log);
  }
}

/**
 * Ends a process that we started: SIGTERM, and SIGKILL where it still runs after `patience` milliseconds. Does
 * nothing where that very process is gone.
 */
export async function stopProcess(id: ProcessId, patience = 10_000): Promise<void> {
  if (!isAlive(id)) return;
  process.kill(id.pid, 'SIGTERM');
  if (await until(() => !isAlive(id), patience)) return;
  process.kill(id.pid, 'SIGKILL');
  await until(() => !isAlive(id), 5000);
}

/** Asks again every 25 ms until `test` holds; false where it does not within `patience` milliseconds. */
export async function until(test: () => boolean | Promise<boolean>, patience: number): Promise<boolean> {
  const end = Date.now() + patience;
  while (!(await test())) {
    if (Date.now() > end) return false;
    await sleep(25);
  }
  return true;
}
