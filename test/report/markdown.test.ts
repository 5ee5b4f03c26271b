import { describe, expect, it } from 'vitest';
import { newRecord, type RunRecord } from '../../src/record.ts';
import { escapeCell, summaryMarkdown } from '../../src/report/markdown.ts';

const deployed: RunRecord = {
  schema: 1,
  steps: [{ name: 'build image', start: '2026-01-01T00:00:00.000Z', end: '2026-01-01T00:00:04.200Z' }],
  build: {
    result: 'built',
    reason: 'src/app.ts changed',
    tags: ['main'],
    vertices: [
      { name: '[build 2/3] RUN npm ci', kind: 'run', cached: true, ms: 0 },
      { name: '[build 3/3] RUN tsc | tee <log>', kind: 'run', cached: false, ms: 2100 },
    ],
  },
  image: {
    uri: 'r/x@sha256:ab',
    digest: 'sha256:ab',
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    architecture: 'amd64',
    bytes: 74_300_000,
    layers: [{ digest: 'sha256:1', bytes: 74_000_000 }],
  },
  cache: { kind: 'gha', hits: 1, total: 2, ms: 0 },
  deploy: [
    {
      function: 'api',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:api',
      alias: 'live',
      result: 'deployed',
      version: '2',
      previousVersion: '1',
      waits: [],
      initMs: 312,
      reasons: [],
      smoke: [{ qualifier: 'live', path: '/health', status: 200, body: '{}', ok: true, problem: '', ms: 12 }],
    },
  ],
  result: 'deployed',
  reasons: [],
};

describe('summaryMarkdown', () => {
  it('tells result, size, cache, version, cold start and smoke test', () => {
    expect(summaryMarkdown(deployed)).toMatchInlineSnapshot(`
      "### ✅ Lambda container: deployed (api)

      |  |  |
      | --- | --- |
      | Image | built: src/app.ts changed |
      | Digest | <code>sha256:ab</code> |
      | Size | 74.3 MB compressed in 1 layer |
      | Layer cache | 1 of 2 steps from cache (gha) |

      | Function | Result | Version | Cold start | Smoke test |
      | --- | --- | --- | --- | --- |
      | api | deployed | 1 → 2 | 312 ms | /health on live: 200 in 12 ms |

      <details><summary>Build steps, slowest first</summary>

      | Step | Time |
      | --- | --- |
      | &#91;build 3/3&#93; RUN tsc &#124; tee &lt;log&gt; | 2.1 s |
      | &#91;build 2/3&#93; RUN npm ci | cached |

      </details>

      <details><summary>Time of each step</summary>

      | Step | Time |
      | --- | --- |
      | build image | 4.2 s |

      </details>
      "
    `);
  });

  it('tells why a deploy was taken back, with the text of others escaped', () => {
    const record: RunRecord = {
      ...newRecord(),
      result: 'rolled-back',
      reasons: ['/health answered 500: <img src=x> @everyone [link](http://x)'],
    };
    const text = summaryMarkdown(record);
    expect(text).toContain('rolled-back');
    expect(text).not.toContain('<img');
    expect(text).not.toContain('@everyone');
    expect(text).not.toContain('[link]');
  });

  it('says failed where nothing was measured', () => {
    expect(summaryMarkdown(newRecord())).toBe('### ❌ Lambda container: failed\n');
  });
});

describe('escapeCell', () => {
  it('keeps a cell in its row', () => {
    expect(escapeCell('a|b\nc`d`')).toBe('a&#124;b c&#96;d&#96;');
  });
});
