import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { ensureParts, stopParts } from '../src/local/parts/index.ts';
import { runningEngine } from '../src/local/parts/private-engine.ts';
import { svgChart } from './pipeline/chart.ts';
import { Cleanup } from './pipeline/cleanup.ts';
import { type BenchOptions, readOptions, USAGE } from './pipeline/options.ts';
import { makePackages } from './pipeline/packages.ts';
import { resultsOf } from './pipeline/results.ts';
import { type Measurement, runRounds } from './pipeline/rounds.ts';
import { startServices } from './pipeline/services.ts';
import { textTable } from './pipeline/table.ts';

/**
 * `npm run bench`: seconds from a push until Lambda accepted the new image, on an empty Engine, for this action and
 * for what it replaces. Needs a machine on which a private Engine can be started.
 */
const root = join(import.meta.dirname, '..');
const folder = join(root, '.local');
const cleanup = new Cleanup();
const say = (line: string): void => void process.stderr.write(`${line}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    say(`${signal}: ending what was started ...`);
    void cleanup.run(say).finally(() => process.exit(130));
  });

let options: BenchOptions | undefined;
try {
  options = readOptions(process.argv.slice(2), root);
} catch (error) {
  say(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
if (options)
  try {
    await runBench(options);
  } finally {
    await cleanup.run(say);
  }

async function runBench(options: BenchOptions): Promise<void> {
  const measurements: Measurement[] = [];
  const temp = await mkdtemp(join(tmpdir(), 'bench-'));
  cleanup.add('temporary files', async () => await rm(temp, { recursive: true, force: true }));
  await mkdir(join(folder, 'bench'), { recursive: true });
  if (!(await runningEngine({ folder }))) cleanup.add('parts', async () => await stopParts(folder, say));
  const parts = await ensureParts(folder, say);
  const modules = join(root, 'node_modules');
  const typescript = ['typescript', `@typescript/typescript-${process.platform}-${process.arch}`];
  const packages = await makePackages(
    folder,
    typescript.map((name) => join(modules, name)),
  );
  const services = await startServices(
    {
      ...{ folder, temp, docker: parts.docker, packages: packages.folder, distances: options.distances, say },
      builder: options.arms.includes('chain'),
    },
    cleanup,
  );
  const count = options.rounds * options.arms.length * options.scenarios.length;
  const bench = { options, services, packages, root, folder, temp, cleanup, say };
  await runRounds(bench, (one) => {
    measurements.push(one);
    const place = `${measurements.length}/${count}`;
    say(`${place}  round ${one.round + 1}, ${one.arm}, ${one.scenario}: ${one.seconds.toFixed(2)} s`);
  });
  const results = resultsOf(measurements, options, machine(), new Date());
  process.stdout.write(textTable(results));
  if (options.output === '') return;
  await mkdir(options.output, { recursive: true });
  await writeFile(join(options.output, 'bench.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(join(options.output, 'bench.svg'), svgChart(results));
}

/** What the figures were measured on, without its name. */
function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${cpus()[0]?.model ?? process.arch}, ${memory} GiB, Linux ${release()}, Node ${process.version}`;
}
