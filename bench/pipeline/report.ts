import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { svgChart } from './chart.ts';
import type { BenchOptions } from './options.ts';
import { type Results, resultsOf } from './results.ts';
import type { Measurement } from './rounds.ts';
import { ruleRows } from './rule-rows.ts';
import { textTable } from './table.ts';

/** JSON of which a diff can be read: each entry of the object's lists and objects is a line. */
export function linesOfJson(results: object): string {
  return `${block(
    Object.entries(results).map(([name, value]) => `${JSON.stringify(name)}: ${entries(value)}`),
    '{}',
    '',
  )}\n`;
}

function entries(value: unknown): string {
  if (Array.isArray(value))
    return block(
      value.map((entry) => JSON.stringify(entry)),
      '[]',
      '  ',
    );
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return block(
    Object.entries(value).map(([name, entry]) => `${JSON.stringify(name)}: ${JSON.stringify(entry)}`),
    '{}',
    '  ',
  );
}

function block(lines: string[], brackets: '{}' | '[]', indent: string): string {
  if (lines.length === 0) return brackets;
  return `${brackets[0]}\n${lines.map((line) => `${indent}  ${line}`).join(',\n')}\n${indent}${brackets[1]}`;
}

/** Prints the table, and writes it as JSON and as a chart where a folder for them is given. */
export async function report(measurements: readonly Measurement[], options: BenchOptions): Promise<void> {
  const results = resultsOf(measurements, options, machine(), new Date());
  print(results);
  if (options.output === '') return;
  await mkdir(options.output, { recursive: true });
  await writeFile(join(options.output, `${options.name}.json`), linesOfJson(results));
  // Of a rule the rows tell more than bars of nearly one length.
  if (options.starts === 0) await writeFile(join(options.output, `${options.name}.svg`), svgChart(results));
}

/**
 * Prints what `report` has written before.
 * @throws Error where the file is no JSON of the bench
 */
export async function show(path: string): Promise<void> {
  const {
    app = 'node',
    date,
    machine: on,
    distances,
    measurements,
  }: Partial<Results> = JSON.parse(await readFile(path, 'utf8'));
  if (!date || !on || !distances || !measurements) throw new Error(`${path} was not written by the bench`);
  print(resultsOf(measurements, { app, distances }, on, new Date(date)));
}

function print(results: Results): void {
  process.stdout.write(textTable(results));
  const rows = ruleRows(results);
  if (rows) process.stdout.write(`\nFor docs/caching.md:\n\n${rows}`);
}

/** What the figures were measured on, without its name. */
function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${cpus()[0]?.model ?? process.arch}, ${memory} GiB, Node ${process.version}`;
}
