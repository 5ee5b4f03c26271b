import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeployError } from '../errors.ts';
import { formatBytes, formatCount, formatMs } from '../format.ts';
import { type FunctionRecord, type RunRecord, readRecord } from '../record.ts';
import type { LocalCommand } from './arguments.ts';
import { ensureFunction, ensureFunctionUrl, localCredentials, localRegion } from './function.ts';
import { ensureParts, type Parts } from './parts/index.ts';
import { writeLocalReport } from './report.ts';
import { type ActionCall, type ActionOutcome, type RunnerOptions, runMain, runPost } from './runner.ts';
import { ensureServer } from './server-process.ts';
import { wantedImages } from './wanted-images.ts';

/** The alias that the function's URL follows: users see a version only after its smoke test. */
export const localAlias = 'live';

export interface LocalFolders {
  /** The project. */
  root: string;
  /** The ignored folder of the local mode. */
  folder: string;
  print: (line: string) => void;
}

type DeployCommand = Extract<LocalCommand, { name: 'deploy' }>;

/**
 * The main job on this machine: parts, server, then the committed bundles as GitHub would run them.
 * @returns the exit code: 0 for deployed and unchanged
 * @throws DeployError where the set-up fails; a failed build or deploy has said why already
 */
export async function deployLocally(
  command: DeployCommand,
  { root, folder, print }: LocalFolders,
): Promise<number> {
  const started = Date.now();
  const parts = await ensureParts(folder, print, await wantedImages({ ...command.build, ...command }));
  const endpoint = await ensureServer(folder, parts, print);
  const temp = join(folder, 'run', String(process.pid));
  const options: RunnerOptions = {
    dist: join(root, 'dist'),
    temp,
    workspace: root,
    print,
    summary: join(folder, 'run', 'summary.md'),
  };
  const env = bundleEnvironment(parts, endpoint, folder);
  const finished: { call: ActionCall; outcome: ActionOutcome }[] = [];
  const step = async (call: ActionCall): Promise<ActionOutcome> => {
    const outcome = await runMain(call, options);
    finished.push({ call, outcome });
    return outcome;
  };
  await mkdir(join(folder, 'run'), { recursive: true });
  await writeFile(options.summary, '');
  try {
    const build = await step({ name: 'build', inputs: buildInputs(command, parts), env });
    if (build.exitCode !== 0) {
      const failed = await writeLocalReport(folder, command.functionName, build.outputs.record ?? '', print);
      if (failed !== '') print(`Report: ${failed}`);
      return build.exitCode;
    }
    await ensureFunction(endpoint, command, build.outputs['image-uri'] ?? '', print);
    const deploy = await step({
      name: 'deploy',
      env,
      inputs: {
        ...command.deploy,
        'image-uri': build.outputs['image-uri'] ?? '',
        'function-name': command.functionName,
        alias: localAlias,
        'aws-region': localRegion,
        record: build.outputs.record ?? '',
      },
    });
    const record = deploy.outputs.record ?? build.outputs.record ?? '';
    const [url] = await Promise.all([
      ensureFunctionUrl(endpoint, command.functionName, localAlias).catch(() => ''),
      step({ name: 'report', inputs: { record }, env: {} }),
    ]);
    const path = command.deploy['smoke-path'] ?? '/health';
    const health = url === '' ? '' : await askHealth(url, path);
    const seconds = (Date.now() - started) / 1000;
    const report = await writeLocalReport(folder, command.functionName, record, print);
    printResult(await readRecord(record), { url, path, health, seconds, report }, print);
    return deploy.exitCode;
  } finally {
    // As the runner does: the steps that have a post, the last one first.
    for (const { call, outcome } of finished.reverse())
      if (call.name !== 'report') await runPost(call, outcome, options);
    await rm(temp, { recursive: true, force: true });
  }
}

function bundleEnvironment(parts: Parts, endpoint: string, folder: string): Record<string, string> {
  return {
    // What the build remembers from one run to the next.
    DEPLOY_LAMBDA_STATE: join(folder, 'state'),
    // On a terminal buildx draws its own display; BUILDKIT_PROGRESS=plain before `npm run local` gives lines instead.
    ...(process.stderr.isTTY && { BUILDKIT_PROGRESS: process.env.BUILDKIT_PROGRESS ?? 'tty' }),
    ...parts.docker.env,
    ...localCredentials,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: localRegion,
  };
}

function buildInputs(command: DeployCommand, parts: Parts): Record<string, string> {
  return {
    ...command.build,
    context: command.context,
    repository: command.functionName,
    'create-repository': 'true',
    registry: parts.registry.host,
    platform: process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64',
    'build-contexts': parts.buildContexts.join('\n'),
    'aws-region': localRegion,
  };
}

async function askHealth(url: string, path: string): Promise<string> {
  if (path === 'off') return '';
  try {
    const answer = await fetch(new URL(path, url), { signal: AbortSignal.timeout(30_000) });
    return `${answer.status} ${(await answer.text()).slice(0, 200)}`;
  } catch (cause) {
    throw new DeployError(`${new URL(path, url)} does not answer.`, 'See `npm run local -- logs`.', {
      cause,
    });
  }
}

function printResult(
  record: RunRecord,
  live: { url: string; path: string; health: string; seconds: number; report: string },
  print: (line: string) => void,
): void {
  const entry: FunctionRecord | undefined = record.deploy?.[0];
  const row = (name: string, value: string): void => {
    if (value !== '') print(`  ${name.padEnd(12)} ${value}`);
  };
  print('');
  print(`${entry?.function ?? 'function'}: ${entry?.result ?? 'failed'} in ${live.seconds.toFixed(1)} s`);
  row('URL', live.url);
  row('version', entry?.version ?? '');
  row('digest', record.image?.digest ?? '');
  row(
    'image size',
    record.image
      ? `${formatBytes(record.image.bytes)} compressed, ${formatCount(record.image.layers.length, 'layer')}`
      : '',
  );
  row(live.path, live.health);
  row('cold start', coldStart(entry));
  for (const step of record.steps) row(step.name, formatMs(Date.parse(step.end) - Date.parse(step.start)));
  row('report', live.report);
}

function coldStart(entry: FunctionRecord | undefined): string {
  return entry?.initMs === undefined
    ? 'not measured: no new environment was started'
    : formatMs(entry.initMs);
}
