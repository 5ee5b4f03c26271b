import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { svgChart } from './chart.ts';
import type { BenchOptions } from './options.ts';
import { resultsOf } from './results.ts';
import type { Measurement } from './rounds.ts';
import { textTable } from './table.ts';

/** Prints the table, and writes bench.json and bench.svg where a folder for them is given. */
export async function report(measurements: readonly Measurement[], options: BenchOptions): Promise<void> {
  const results = resultsOf(measurements, options.distances, machine(), new Date());
  process.stdout.write(textTable(results));
  if (options.output === '') return;
  await mkdir(options.output, { recursive: true });
  await writeFile(join(options.output, 'bench.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(join(options.output, 'bench.svg'), svgChart(results));
}

/** What the figures were measured on, without its name. */
function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${cpus()[0]?.model ?? process.arch}, ${memory} GiB, Node ${process.version}`;
}
