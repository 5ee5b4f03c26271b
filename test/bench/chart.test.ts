import { describe, expect, it } from 'vitest';
import { niceStep, svgChart } from '../../bench/pipeline/chart.ts';
import { readOptions } from '../../bench/pipeline/options.ts';
import { linesOfJson } from '../../bench/pipeline/report.ts';
import { resultsOf } from '../../bench/pipeline/results.ts';
import { textTable } from '../../bench/pipeline/table.ts';
import { measurement } from './measurements.ts';

const results = resultsOf(
  [
    measurement('chain', 'cold', 0, 30),
    measurement('ours', 'cold', 0, 20),
    measurement('chain', 'cold', 1, 34),
    measurement('ours', 'cold', 1, 22),
    measurement('ours', 'source', 0, 5),
  ],
  readOptions([], ''),
  'a machine',
  new Date('2026-11-24T00:00:00Z'),
);

describe('results', () => {
  it('holds a cell for each arm and scenario that was measured', () => {
    expect(results.cells.map(({ arm, scenario, seconds }) => [arm, scenario, seconds.median])).toEqual([
      ['chain', 'cold', 32],
      ['ours', 'cold', 21],
      ['ours', 'source', 5],
    ]);
  });

  it('adds the traffic of all services', () => {
    expect(results.cells[0]).toMatchObject({ requests: 6, megabytesDown: 6, afterMegabytes: 6.000006 });
  });
});

describe('the table', () => {
  it('shows medians and quartiles, and the gain over pairs', () => {
    const text = textTable(results);
    expect(text).toMatch(/setup-buildx \+ build-push +32\.00 +31\.00-33\.00 +30\.00-34\.00/);
    expect(text).toMatch(/Gain: .*\n.*\n +First push +\+11\.00 +\+10\.00 to \+12\.00 +1\.52 +1\.50-1\.55/);
    expect(text).not.toContain('Noise');
  });
});

describe('the JSON', () => {
  const text = linesOfJson(results);

  it('holds the results unchanged', () => {
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(results)));
  });

  it('has a line for each push', () => {
    const lines = text.split('\n').filter((line) => line.includes('"round":'));
    expect(lines.map((line) => JSON.parse(line.replace(/,$/, '')))).toEqual(results.measurements);
  });
});

describe('the chart', () => {
  it('draws bars in proportion to the medians', () => {
    const widths = [
      ...svgChart(results).matchAll(
        /<rect x="190" y="[\d.]+" width="([\d.]+)" height="11" fill="#(e08a3c|2f6fde)"/g,
      ),
    ].map((match) => Number(match[1]));
    expect(widths).toHaveLength(3);
    const [chain = 0, ours = 0, source = 0] = widths;
    expect(ours / chain).toBeCloseTo(21 / 32, 2);
    expect(source / chain).toBeCloseTo(5 / 32, 2);
  });

  it('says of how many rounds it is', () => {
    expect(svgChart(results)).toContain('median of 2 rounds');
    expect(svgChart({ ...results, rounds: 1 })).toContain('one round');
  });

  it('is well-formed: each text is escaped and each element closed', () => {
    const svg = svgChart({ ...results, scenarios: { cold: 'a < b & c' } });
    expect(svg).toContain('a &lt; b &amp; c');
    expect(svg.match(/<text/g)).toHaveLength(svg.match(/<\/text>/g)?.length ?? 0);
  });

  it('has round steps', () => {
    expect([0, 0.03, 0.9, 1, 4.2, 6, 32].map(niceStep)).toEqual([1, 0.05, 1, 1, 5, 10, 50]);
  });
});
