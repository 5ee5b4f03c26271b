/** Median, quartiles and extremes of some figures. */
export interface Summary {
  median: number;
  /** First and third quartile, by linear interpolation. */
  low: number;
  high: number;
  min: number;
  max: number;
  count: number;
}

/** @throws RangeError where there is no figure */
export function summarize(figures: readonly number[]): Summary {
  if (figures.length === 0) throw new RangeError('nothing to summarize');
  const sorted = figures.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    min: sorted[0] as number,
    max: sorted.at(-1) as number,
    count: sorted.length,
  };
}

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)] as number, sorted[Math.ceil(place)] as number];
  return below + (above - below) * (place - Math.floor(place));
}

/** The order of the arms in a round: each begins in turn, so that none always runs on a machine just warmed up. */
export function rotated<T>(arms: readonly T[], round: number): T[] {
  const start = arms.length === 0 ? 0 : round % arms.length;
  return [...arms.slice(start), ...arms.slice(0, start)];
}
