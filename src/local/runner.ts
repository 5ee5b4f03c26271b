import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Environment } from '../github/inputs.ts';
import { type CommandReader, commandReader, readFileCommands } from './workflow-commands.ts';

/** One JavaScript action of this project as the runner would start it. */
export interface ActionCall {
  /** Folder under dist/: `build`, `deploy`, `report`. */
  name: string;
  /** The `with:` of a workflow step; defaults of action.yml are not added. */
  inputs: Readonly<Record<string, string>>;
  /** What the child sees beside its inputs: endpoints, keys, Docker's variables. */
  env: Environment;
}

export interface ActionOutcome {
  exitCode: number;
  outputs: Record<string, string>;
  /** What main saved for post. */
  state: Record<string, string>;
  /** Messages of `::error` commands, in order. */
  errors: string[];
}

export interface RunnerOptions {
  /** The folder of committed bundles. */
  dist: string;
  /** RUNNER_TEMP: made where missing; the caller removes it. */
  temp: string;
  workspace: string;
  /** Where log lines go, workflow commands already turned into text. */
  print: (line: string) => void;
  /** The file that `core.summary` appends to. */
  summary: string;
}

/**
 * Starts main of an action the way GitHub's runner does: INPUT_* variables, command files for outputs and state,
 * workflow commands on standard output. Standard error stays on the terminal, so that buildx draws its own progress.
 */
export async function runMain(call: ActionCall, options: RunnerOptions): Promise<ActionOutcome> {
  return run(call.name, call, {}, options);
}

/** Starts post of an action with the state that its main left. */
export async function runPost(
  call: ActionCall,
  main: ActionOutcome,
  options: RunnerOptions,
): Promise<ActionOutcome> {
  const state = Object.fromEntries(
    Object.entries(main.state).map(([name, value]) => [`STATE_${name}`, value]),
  );
  return run(`${call.name}-post`, call, state, options);
}

async function run(
  bundle: string,
  call: ActionCall,
  state: Environment,
  options: RunnerOptions,
): Promise<ActionOutcome> {
  await mkdir(options.temp, { recursive: true });
  const files = await commandFiles(options.temp);
  try {
    const child = spawn(process.execPath, [join(options.dist, bundle, 'index.js')], {
      cwd: options.workspace,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...inheritedEnvironment(process.env),
        ...call.env,
        ...inputVariables(call.inputs),
        ...state,
        RUNNER_TEMP: options.temp,
        GITHUB_WORKSPACE: options.workspace,
        GITHUB_OUTPUT: files.output,
        GITHUB_STATE: files.state,
        GITHUB_STEP_SUMMARY: options.summary,
      },
    });
    const commands: CommandReader = commandReader(options.print);
    const lines = createInterface({ input: child.stdout });
    lines.on('line', commands.line);
    const ended = new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 1));
    });
    const drained = new Promise<void>((resolve) => lines.on('close', resolve));
    const [exitCode] = await Promise.all([ended, drained]);
    return {
      exitCode,
      outputs: readFileCommands(await readFile(files.output, 'utf8')),
      state: readFileCommands(await readFile(files.state, 'utf8')),
      errors: commands.errors,
    };
  } finally {
    await rm(files.folder, { recursive: true, force: true });
  }
}

async function commandFiles(temp: string): Promise<{ folder: string; output: string; state: string }> {
  const folder = join(temp, `_runner_file_commands_${randomUUID().slice(0, 8)}`);
  await mkdir(folder, { recursive: true });
  const files = { folder, output: join(folder, 'output'), state: join(folder, 'state') };
  await Promise.all([writeFile(files.output, ''), writeFile(files.state, '')]);
  return files;
}

function inputVariables(inputs: Readonly<Record<string, string>>): Environment {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
}

/** The user's environment without what would make a bundle believe it runs on GitHub or may reach the real AWS. */
function inheritedEnvironment(env: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && !/^(GITHUB_|ACTIONS_|RUNNER_|INPUT_|STATE_|AWS_(?!CA_BUNDLE))/.test(name))
      kept[name] = value;
  return kept;
}
