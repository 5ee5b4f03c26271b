/** What the runs of the base branch had: their median and their lowest and highest value. */
export interface Spread {
  median: number;
  low: number;
  high: number;
  /** Median distance from the median, scaled to a standard deviation of normal values. */
  deviation: number;
  /** How many runs it comes from. */
  runs: number;
}

/** A value of this run beside those of the base branch. `unknown`: one of the two is missing, or too few base runs. */
export interface Measure {
  value?: number;
  base?: Spread;
  /** For times: `more` is slower. */
  change: 'more' | 'less' | 'same' | 'unknown';
}

/** A change below this is not worth a reader's time, however steady the base is. */
export interface Floor {
  /** In the unit of the value. */
  absolute: number;
  /** Of the base's median: 0.05 is 5 %. */
  share: number;
}

/** Base runs that a comparison needs: one alone says nothing of its noise. */
export const neededRuns = 2;

/** @returns undefined where there are no values */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const middle = median(values);
  return {
    median: middle,
    low: Math.min(...values),
    high: Math.max(...values),
    deviation: 1.4826 * median(values.map((value) => Math.abs(value - middle))),
    runs: values.length,
  };
}

/**
 * Compares a value with those of the base branch. It counts as changed only where
 *
 *     |value - median| > max(3 * 1.4826 * MAD, share * median, absolute)   and   value is not within [low, high]
 *
 * MAD is the median of the base values' distances from their median; 1.4826 * MAD estimates the standard deviation
 * without being moved by one odd run, so that the first part is the usual rule of three sigma. With few base runs MAD
 * may be near nought by chance: hence the second part and the floor.
 */
export function measure(value: number | undefined, baseValues: readonly number[], floor: Floor): Measure {
  const base = spread(baseValues);
  if (value === undefined || !base || base.runs < neededRuns)
    return { ...(value !== undefined && { value }), ...(base && { base }), change: 'unknown' };
  const noise = Math.max(3 * base.deviation, floor.share * base.median, floor.absolute);
  if (value > base.median + noise && value > base.high) return { value, base, change: 'more' };
  if (value < base.median - noise && value < base.low) return { value, base, change: 'less' };
  return { value, base, change: 'same' };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
  return (lower + upper) / 2;
}
