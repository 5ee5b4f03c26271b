import { formatBytes, formatMs } from '../format.ts';
import type { ImageRecord, RunRecord } from '../record.ts';
import { escapeHtml, shorten } from './escape.ts';
import { layerFloor, signed } from './figures.ts';
import type { LayerChange } from './layers.ts';
import { beganAt, type PhaseName, phases, totalMs } from './phases.ts';
import type { Bar } from './timeline.ts';

/** Widths are in per cent and texts in pixels, so that a chart is as legible on a phone as on a desk. */
const percent = (share: number): string => `${(100 * Math.max(0, Math.min(1, share))).toFixed(2)}%`;

const rowHeight = 34;
/** Rows of a list of bars; more than that nobody reads. */
const mostBars = 40;

/** Bars over one axis of time, a row each: its text, and its bar beneath. */
export function timelineChart(bars: readonly Bar[], endMs: number): string {
  const shown = bars.slice(0, mostBars);
  const height = shown.length * rowHeight + 22;
  const grid = [0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line class="grid" x1="${percent(share)}" x2="${percent(share)}" y1="0" y2="${height}"/><text class="soft" text-anchor="end" x="${percent(share)}" dx="-4" y="${height - 4}">${formatMs(share * endMs)}</text>`,
  );
  const rows = shown.map(({ label, startMs, ms, state }, index) => {
    const top = index * rowHeight;
    const text = escapeHtml(shorten(label, 70));
    const time = state === 'cached' ? 'cached' : formatMs(ms);
    const width = percent(Math.max(ms / endMs, 0.004));
    return `<g><title>${escapeHtml(shorten(label, 400))}: ${time}</title><text x="0" y="${top + 14}"><tspan class="soft">${time}</tspan> ${text}</text><rect class="${state}" x="${percent(startMs / endMs)}" y="${top + 19}" width="${width}" height="9" rx="2"/></g>`;
  });
  return `<svg height="${height}" role="img" aria-label="Timeline of ${formatMs(endMs)}">${grid.join('')}${rows.join('')}</svg>`;
}

/** The layers of an image, lowest first, by size; where they differ from the base branch, by how much. */
export function layersChart({ layers }: ImageRecord, changes: readonly LayerChange[]): string {
  const largest = Math.max(1, ...layers.map(({ bytes }) => bytes));
  const shown = layers.slice(-mostBars);
  const left = [...changes];
  const rows = shown.map(({ bytes, createdBy = '' }, index) => {
    const top = index * rowHeight;
    const at = left.findIndex((change) => change.instruction === createdBy && change.bytes === bytes);
    const change = at < 0 ? undefined : left.splice(at, 1)[0];
    const grown = change ? bytes - change.baseBytes : 0;
    const differs = change !== undefined && Math.abs(grown) >= layerFloor;
    const tone = differs && grown > 0 ? 'grown' : 'worked';
    const news = !differs ? '' : change.baseBytes === 0 ? ', new' : `, ${signed(grown)}`;
    const base = differs
      ? `<rect class="ghost" x="0" y="${top + 19}" width="${percent(change.baseBytes / largest)}" height="9" rx="2"/>`
      : '';
    const label = createdBy === '' ? `layer ${index + 1}` : createdBy;
    return `<g><title>${escapeHtml(shorten(label, 400))}: ${formatBytes(bytes)}</title><text x="0" y="${top + 14}"><tspan class="soft">${formatBytes(bytes)}${news}</tspan> ${escapeHtml(shorten(label, 60))}</text><rect class="${tone}" x="0" y="${top + 19}" width="${percent(Math.max(bytes / largest, 0.003))}" height="9" rx="2"/>${base}</g>`;
  });
  return `<svg height="${shown.length * rowHeight}" role="img" aria-label="Layers by size">${rows.join('')}</svg>`;
}

interface Column {
  /** From the bottom up. */
  parts: readonly { tone: string; value: number }[];
  title: string;
  /** Whether it is this run's. */
  now: boolean;
}

const plot = 96;

/** Columns of the last runs; this run's, where it has one, is the last and in full colour. */
function columns(all: readonly Column[], format: (value: number) => string): string {
  const sums = all.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const largest = Math.max(1, ...sums);
  const slot = 1 / Math.max(6, all.length);
  const drawn = all.map(({ parts, title, now }, index) => {
    let bottom = plot + 16;
    const rects = parts.map(({ tone, value }) => {
      const height = (plot * value) / largest;
      bottom -= height;
      return `<rect class="${tone}" x="${percent(index * slot)}" y="${bottom.toFixed(1)}" width="${percent(slot * 0.72)}" height="${height.toFixed(1)}"/>`;
    });
    const past = now ? '' : ' class="past"';
    return `<g${past}><title>${escapeHtml(title)}</title>${rects.join('')}</g>`;
  });
  const last = `${all.at(-1)?.now ? 'this run' : 'last'}: ${format(sums.at(-1) ?? 0)}`;
  return `<svg height="${plot + 36}" role="img" aria-label="The last runs; ${last}"><text class="soft" x="0" y="10">up to ${format(largest)}</text>${drawn.join('')}<line class="grid" x1="0" x2="100%" y1="${plot + 16}" y2="${plot + 16}"/><text x="0" y="${plot + 31}">${last}</text></svg>`;
}

/** What the last runs came to, oldest first and this run at the end: time by phase, size, cold start. */
export function trends(run: RunRecord, base: readonly RunRecord[]): string {
  const runs = [...base].sort((a, b) => beganAt(a) - beganAt(b)).slice(-19);
  if (runs.length === 0) return '';
  const all = [...runs, run];
  const when = (one: RunRecord): string =>
    new Date(beganAt(one)).toISOString().slice(0, 16).replace('T', ' ');
  const order: readonly PhaseName[] = ['build', 'push', 'deploy', 'smoke'];
  const times = all.map((one) => {
    const found = phases(one);
    const parts = order.map((tone) => ({ tone, value: found[tone] ?? 0 }));
    return { parts, title: `${when(one)}: ${formatMs(totalMs(found))}`, now: one === run };
  });
  const single = (
    value: (one: RunRecord) => number | undefined,
    format: (value: number) => string,
  ): Column[] =>
    all.flatMap((one) => {
      const found = value(one);
      return found === undefined
        ? []
        : [
            {
              parts: [{ tone: 'build', value: found }],
              title: `${when(one)}: ${format(found)}`,
              now: one === run,
            },
          ];
    });
  const sizes = single(({ image }) => image?.bytes, formatBytes);
  const starts = single(({ deploy }) => deploy?.[0]?.initMs, formatMs);
  const panel = (title: string, drawn: Column[], format: (value: number) => string): string =>
    drawn.length < 2 ? '' : `<div><p>${title}</p>${columns(drawn, format)}</div>`;
  const legend = order.map((tone) => `<span>${swatch(tone)}${tone}</span>`).join('');
  return `<div class="trends">${panel('Total time', times, formatMs)}${panel('Image size', sizes, formatBytes)}${panel('Cold start', starts, formatMs)}</div><p class="legend">${legend}</p>`;
}

/** A square of a legend. */
export function swatch(tone: string): string {
  return `<svg aria-hidden="true"><rect class="${tone}" width="10" height="10" rx="2"/></svg>`;
}
