import { formatBytes, formatCount, formatMs } from '../format.ts';
import type { FunctionRecord, RunRecord } from '../record.ts';
import type { Comparison } from './compare.ts';
import { escapeCode, escapeProse, safeUrl, shorten } from './escape.ts';
import { shortName } from './headline.ts';
import type { LayerChange } from './layers.ts';
import type { Measure } from './noise.ts';

/** Layers whose sizes differ by less are not worth a row. Bytes. */
export const layerFloor = 50_000;
const mostLayers = 6;

/** A table of Markdown; cells are escaped already. `align`: `l` or `r` for each column. */
export function table(
  header: readonly string[],
  align: string,
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = Array.from(align, (side) => (side === 'r' ? '--:' : '---'));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}

/**
 * Build, push, deploy, smoke and total: this run, base, difference.
 * @param base how the base branch is called, escaped
 */
export function timesTable({ times, runs }: Comparison, base: string): string {
  if (times.length === 0) return '';
  const names = { build: 'Build', push: 'Push', deploy: 'Deploy', smoke: 'Smoke test', total: '**Total**' };
  const compared = times.some(({ measure }) => measure.base);
  if (!compared || runs === 0)
    return table(
      ['', 'This run'],
      'lr',
      times.map(({ name, measure }) => [names[name], formatMs(measure.value ?? 0)]),
    );
  const rows = times.map(({ name, measure }) => [
    names[name],
    formatMs(measure.value ?? 0),
    measure.base ? formatMs(measure.base.median) : '–',
    difference(measure, formatMs, ['slower', 'faster']),
  ]);
  // What failed is not called slower or faster: then there may be nothing in the last column.
  if (rows.every((row) => row[3] === ''))
    return table(
      ['', 'This run', base],
      'lrr',
      rows.map((row) => row.slice(0, 3)),
    );
  return table(['', 'This run', base, 'Difference'], 'lrrr', rows);
}

/** `**+1.2 s** slower`, `within noise`, or nothing where it is not known. */
export function difference(
  { value = 0, base, change }: Measure,
  format: (value: number) => string,
  [more, less]: readonly [string, string],
): string {
  if (!base || change === 'unknown') return '';
  if (change === 'same') return 'within noise';
  const by = format(Math.abs(value - base.median));
  return change === 'more' ? `**+${by}** ${more}` : `**−${by}** ${less}`;
}

/** Image size, and the layers that differ with the instruction that made each. */
export function imageFigures({ image }: RunRecord, comparison: Comparison, base: string): string {
  if (!image) return '';
  const size = `**Image** ${formatBytes(image.bytes)} compressed in ${formatCount(image.layers.length, 'layer')}`;
  const compared = comparison.image;
  if (!compared) return size;
  const grown = compared.bytes - compared.baseBytes;
  if (compared.change === 'same') return `${size}, as large as on ${base}`;
  const sum = `${size}, **${signed(grown)}** against ${base}`;
  const rows = comparison.layers.filter((layer) => Math.abs(layer.bytes - layer.baseBytes) >= layerFloor);
  if (rows.length === 0) return sum;
  const more = rows.length > mostLayers ? `\n\n${rows.length - mostLayers} more layers differ.` : '';
  const layers = table(
    ['Layer', base, 'This run', 'Difference'],
    'lrrr',
    rows.slice(0, mostLayers).map(layerRow),
  );
  return `${sum}\n\n${layers}${more}`;
}

function layerRow({ instruction, bytes, baseBytes }: LayerChange): string[] {
  return [
    instruction === '' ? 'a layer of unknown origin' : escapeCode(shorten(instruction, 90)),
    baseBytes === 0 ? 'new' : formatBytes(baseBytes),
    bytes === 0 ? 'gone' : formatBytes(bytes),
    signed(bytes - baseBytes),
  ];
}

/** `+1.2 MB` */
export function signed(bytes: number): string {
  return `${bytes < 0 ? '−' : '+'}${formatBytes(Math.abs(bytes))}`;
}

/** Cold start, memory, cache, smoke test and URL: lines for one function, a table for several. */
export function runFigures(run: RunRecord, comparison: Comparison, base: string): string {
  const functions = run.deploy ?? [];
  const [only] = functions;
  const lines = [
    ...(only && functions.length === 1 ? startLines(only, comparison, base) : []),
    ...cacheLine(run),
    ...(only && functions.length === 1 ? smokeLines(only) : []),
  ];
  const list = lines.map((line) => `- ${line}`).join('\n');
  return functions.length > 1 ? [functionTable(functions), list].filter(Boolean).join('\n\n') : list;
}

function startLines(entry: FunctionRecord, { functions }: Comparison, base: string): string[] {
  const compared = functions.find(({ function: name }) => name === entry.function);
  const against = (
    measure: Measure | undefined,
    format: (value: number) => string,
    more: string,
    less: string,
  ) => {
    const text = measure ? difference(measure, format, [more, less]) : '';
    return text === '' ? '' : ` (${text === 'within noise' ? `as on ${base}` : `${text} than ${base}`})`;
  };
  const lines: string[] = [];
  if (entry.initMs !== undefined)
    lines.push(
      `**Cold start** ${formatMs(entry.initMs)}${against(compared?.coldStart, formatMs, 'slower', 'faster')}`,
    );
  if (entry.maxMemoryMb !== undefined) {
    const limit = entry.memoryMb === undefined ? '' : ` of ${entry.memoryMb} MB`;
    lines.push(
      `**Memory** ${formatMb(entry.maxMemoryMb)}${limit}${against(compared?.memory, formatMb, 'more', 'less')}`,
    );
  }
  return lines;
}

/** `84 MB` */
export function formatMb(mb: number): string {
  return `${Math.round(mb)} MB`;
}

function cacheLine({ cache, build }: RunRecord): string[] {
  if (build?.result === 'reused') return ['**Cache** not needed: the image in the registry was reused'];
  if (!cache || cache.total === 0) return [];
  const where = { gha: "GitHub's cache", registry: 'the registry', off: 'the builder, cache off' }[
    cache.kind
  ];
  return [`**Cache** ${cache.hits} of ${cache.total} steps came from it (${where})`];
}

function smokeLines(entry: FunctionRecord): string[] {
  const url = safeUrl(entry.url);
  const quiet = entry.smoke.length === 0 && (entry.result === 'planned' || entry.result === 'unchanged');
  return [
    ...(quiet ? [] : [`**Smoke test** ${smokeText(entry)}`]),
    ...(url === '' ? [] : [`**URL** <${url}>`]),
  ];
}

/** What the last call of the smoke test gave. */
export function smokeText({ smoke }: FunctionRecord): string {
  const last = smoke.at(-1);
  if (!last) return 'not run';
  const where = `${escapeCode(last.path)} on ${escapeProse(last.qualifier)}`;
  const tries = smoke.filter(({ qualifier }) => qualifier === last.qualifier).length;
  const attempts = tries > 1 ? `, attempt ${tries}` : '';
  return last.ok
    ? `${where}: ${last.status} in ${formatMs(last.ms)}${attempts}`
    : `${where}: ${escapeProse(shorten(last.problem, 300))}${attempts}`;
}

function functionTable(functions: readonly FunctionRecord[]): string {
  const rows = functions.map((entry) => {
    const url = safeUrl(entry.url);
    return [
      url === ''
        ? escapeCode(shortName(entry.function))
        : `[${escapeCode(shortName(entry.function))}](<${url}>)`,
      entry.result,
      escapeProse(entry.version),
      entry.initMs === undefined ? '–' : formatMs(entry.initMs),
      entry.maxMemoryMb === undefined ? '–' : formatMb(entry.maxMemoryMb),
      smokeText(entry),
    ];
  });
  return table(['Function', 'Result', 'Version', 'Cold start', 'Memory', 'Smoke test'], 'lllrrl', rows);
}
