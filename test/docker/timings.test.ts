import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildHistory } from '../../src/docker/build-history.ts';
import { vertices } from '../../src/docker/timings.ts';
import { oddHistory } from './odd-history.ts';

const at = (ms: number) => new Date(1_800_000_000_000 + ms).toISOString();
const line = (...vertexes: object[]) => JSON.stringify({ vertexes });

test('lines are merged by digest, and overlapping times count once', () => {
  const run = { digest: 'a', name: '[b 2/3] RUN npm ci' };
  expect(
    vertices([
      line(run),
      'ERROR: not JSON',
      '{"vertexes":',
      line({ ...run, started: at(100), completed: at(300) }),
      line({ ...run, started: at(200), completed: at(400) }),
      line({ ...run, started: at(900), completed: at(950) }),
      line({ digest: 'b', name: 'FROM docker.io/x', started: at(0), completed: at(1), cached: true }),
      line({ digest: 'c', name: '[1/1] COPY a /', started: at(1000) }),
    ]),
  ).toEqual([
    { name: 'FROM docker.io/x', kind: 'from', cached: true, ms: 1, startMs: 0 },
    { name: '[b 2/3] RUN npm ci', kind: 'run', cached: false, ms: 350, startMs: 100 },
  ]);
});

test.each([
  ['[stage-1 4/4] COPY a.txt /', 'copy'],
  ['[2/2] ADD a.txt /', 'add'],
  ['[internal] load build context', 'context'],
  ['exporting to image', 'export'],
  ['importing cache manifest from gha:1', 'cache-import'],
  ['exporting to GitHub Actions Cache', 'cache-export'],
  ['exporting cache to registry', 'cache-export'],
  ['resolving provenance for metadata file', 'other'],
])('%s is %s', (name, kind) => {
  expect(vertices([line({ digest: 'a', name, started: at(0), completed: at(1) })])[0]?.kind).toBe(kind);
});

test('a builder that tells nothing costs nothing', async () => {
  expect(await buildHistory({ program: '/nowhere/docker', env: {} }, 'a/b/c')).toEqual([]);
});

test('odd entries are left out, wherever they stand, and the others stay', () => {
  const good = [
    line({ digest: 'b', name: 'FROM docker.io/x', started: at(0), completed: at(1), cached: true }),
    line({ digest: 'a', name: '[b 2/3] RUN npm ci', started: at(100), completed: at(300) }),
  ];
  const wanted = vertices(good);
  expect(wanted).toHaveLength(2);
  fc.assert(
    fc.property(oddHistory('vertexes'), fc.array(fc.nat(2), { maxLength: 20 }), (odd, places) => {
      const lines = [...good];
      odd.forEach((text, index) => {
        lines.splice(places[index] ?? 0, 0, text);
      });
      expect(vertices(lines).filter(({ name }) => wanted.some((one) => one.name === name))).toEqual(
        wanted.map((one) => ({ ...one, startMs: expect.any(Number) })),
      );
      expect(vertices(lines).every(({ ms, startMs }) => ms >= 0 && Number(startMs) >= 0)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
