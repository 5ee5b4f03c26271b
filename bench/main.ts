import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureParts, stopParts } from '../src/local/parts/index.ts';
import { runningEngine } from '../src/local/parts/private-engine.ts';
import { APPS } from './pipeline/apps.ts';
import { Cleanup } from './pipeline/cleanup.ts';
import { type BenchOptions, readOptions, USAGE } from './pipeline/options.ts';
import { report, show } from './pipeline/report.ts';
import { type Measurement, runRounds } from './pipeline/rounds.ts';
import { addRunnerTools } from './pipeline/runner-tools.ts';
import { startServices } from './pipeline/services.ts';

/**
 * `npm run bench`: seconds from a push until Lambda accepted the new image, on an empty Engine, for this action and
 * for what it replaces. Needs a machine on which a private Engine can be started. Ctrl-C ends it, and what was
 * measured by then is reported.
 */
const root = join(import.meta.dirname, '..');
const folder = join(root, '.local');
const cleanup = new Cleanup();
const measurements: Measurement[] = [];
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const options = optionsOrUsage();
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    // The push that runs is waited for, as it has things to end itself; Ctrl-C has reached its programs too.
    say(`${signal}: ending after this push ...`);
    abort.abort();
    process.exitCode = 130;
  });
if (options)
  try {
    await (options.show ? show(options.show) : measure(options));
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode ??= 1;
  } finally {
    await end();
  }

function optionsOrUsage(): BenchOptions | undefined {
  try {
    return readOptions(process.argv.slice(2), root);
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

async function end(): Promise<void> {
  await cleanup.run(say);
  if (options && measurements.length > 0) await report(measurements, options);
}

async function measure(options: BenchOptions): Promise<void> {
  const temp = await mkdtemp(join(tmpdir(), 'bench-'));
  cleanup.add('temporary files', async () => await rm(temp, { recursive: true, force: true }));
  await mkdir(join(folder, 'bench'), { recursive: true });
  await addRunnerTools(folder);
  if (!(await runningEngine({ folder }))) cleanup.add('parts', async () => await stopParts(folder, say));
  const { docker } = await ensureParts(folder, say);
  const app = APPS[options.app];
  const ready = await app.prepare(root, folder, say);
  const builder = options.arms.includes('chain');
  const services = await startServices(
    { folder, temp, docker, app, archives: ready.archives, distances: options.distances, builder, say },
    cleanup,
  );
  const count = options.rounds * options.arms.length * options.scenarios.length;
  const bench = {
    options,
    services,
    app: { ...ready, load: app.load },
    root,
    folder,
    temp,
    cleanup,
    say,
    signal: abort.signal,
  };
  const failures = await runRounds(bench, (one) => {
    measurements.push(one);
    const place = `${measurements.length}/${count}`;
    say(`${place}  round ${one.round + 1}, ${one.arm}, ${one.scenario}: ${one.seconds.toFixed(2)} s`);
  });
  if (failures > 0) process.exitCode ??= 1;
}
