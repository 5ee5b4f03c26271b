import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningProcesses } from '../../src/docker/processes.ts';
import type { Faults } from '../../src/local/aws/faults.ts';
import type { RegistryAccess } from '../../src/local/aws/registry.ts';
import { type LocalAws, startLocalAws } from '../../src/local/aws/server.ts';
import type { DockerCommand } from '../../src/local/parts/index.ts';
import { type ActionOutcome, runMain, runPost } from '../../src/local/runner.ts';
import { ScriptedRuntime } from '../local/aws/stand.ts';
import { writeActionEntries } from '../support/action-entries.ts';

/** One run of the build action, main and post. */
export interface BuildRun {
  main: ActionOutcome;
  post: ActionOutcome;
  log: string;
  /** What is left in RUNNER_TEMP beside the run record. */
  left: string[];
}

/** The build action against a local AWS whose ECR stands in front of the given registry. */
export interface BuildScene {
  /** Unique in this run, so that nothing of another test is found in Engine or registry. */
  name: string;
  context: string;
  aws: LocalAws;
  faults: Faults;
  /** `service:Operation` of each request to AWS, in order. */
  requests: string[];
  /** Runs main, then post as the runner does whatever became of main. */
  build(inputs?: Record<string, string>, env?: Record<string, string>): Promise<BuildRun>;
  /** Ends main of a running build at once, as the runner does with a cancelled job that does not end. */
  kill(): Promise<void>;
  /** Runs main of the deploy action and its post. */
  deploy(inputs: Record<string, string>): Promise<ActionOutcome>;
  close(): Promise<void>;
}

/**
 * Sets a scene up with a small image in its context: two layers with content of their own, the first in a stage of
 * its own. The actions run from their sources.
 */
export async function startBuildScene(docker: DockerCommand, registry: RegistryAccess): Promise<BuildScene> {
  const temp = await mkdtemp(join(tmpdir(), 'build-scene-'));
  const name = `scene-${randomUUID().slice(0, 8)}`;
  const [dist, context, runner] = [join(temp, 'dist'), join(temp, 'context'), join(temp, 'runner')];
  await Promise.all([mkdir(context), mkdir(runner), writeActionEntries(dist, ['build', 'deploy'])]);
  await writeContext(context, name);
  const requests: string[] = [];
  const faults: Faults = {};
  const aws = await startLocalAws({
    stateFolder: join(temp, 'aws'),
    registry,
    runtime: new ScriptedRuntime(),
    updateMs: 5,
    publishMs: 0,
    // So that only our own check stands between a wrong image and the function.
    wrongArchitecture: 'accept',
    faults: {
      before: async (operation, request) => {
        requests.push(operation);
        return await faults.before?.(operation, request);
      },
    },
  });
  let lines: string[] = [];
  const options = {
    dist,
    temp: runner,
    workspace: context,
    summary: join(temp, 'summary.md'),
    print: (line: string) => void lines.push(line),
  };
  const environment = {
    ...docker.env,
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'us-east-1',
  };
  return {
    name,
    context,
    aws,
    faults,
    requests,
    async build(inputs = {}, env = {}) {
      lines = [];
      const call = {
        name: 'build',
        inputs: { context, repository: name, rebuild: 'always', tags: 'main', ...inputs },
        env: { ...environment, ...env },
      };
      const main = await runMain(call, options);
      const post = await runPost(call, main, options);
      const left = (await readdir(runner)).filter((file) => !main.outputs.record?.endsWith(file));
      return { main, post, log: lines.join('\n'), left };
    },
    async kill() {
      const main = join(dist, 'build', 'index.js');
      // The same bundle may run in another scene: only its environment tells whose it is.
      for (const { pid, commandLine } of await runningProcesses())
        if (commandLine.includes(main) && (await environmentOf(pid)).includes(runner))
          process.kill(pid, 'SIGKILL');
    },
    async deploy(inputs) {
      const call = { name: 'deploy', inputs: { 'smoke-path': 'off', ...inputs }, env: environment };
      const main = await runMain(call, options);
      await runPost(call, main, options);
      return main;
    },
    async close() {
      await aws.close();
      await rm(temp, { recursive: true, force: true });
    },
  };
}

/** As proc_pid_environ(5) has it; '' of a process that has ended. */
async function environmentOf(pid: number): Promise<string> {
  return await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
}

async function writeContext(context: string, name: string): Promise<void> {
  const files = ['one', 'two'].map((file) => `${name}-${file}`);
  for (const file of files) await writeFile(join(context, file), `${file}\n`.repeat(1_000));
  await writeFile(
    join(context, 'Dockerfile'),
    `FROM scratch AS first\nCOPY ${files[0]} /\nFROM first\nCOPY ${files[1]} /\nCMD ["/none"]\n`,
  );
}
