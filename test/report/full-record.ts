import type { RunRecord } from '../../src/record.ts';

/** Everything in it, nothing optional. */
type Full<T> = T extends (infer E)[] ? Full<E>[] : T extends object ? { [K in keyof T]-?: Full<T[K]> } : T;

const sha = (digit: string): string => `sha256:${digit.repeat(64)}`;

/** A record with every field that there is. */
export function fullRecord(): Full<RunRecord> {
  return {
    schema: 1,
    steps: [{ name: 'build and push', start: '2026-11-24T10:00:00.000Z', end: '2026-11-24T10:00:20.500Z' }],
    build: {
      result: 'built',
      reason: 'an input of the build changed',
      tags: ['main'],
      vertices: [{ name: '[2/3] RUN npm ci', kind: 'run', cached: false, ms: 9000, startMs: 10 }],
      misses: [
        {
          vertex: '[2/3] RUN npm ci',
          line: 3,
          ms: 9000,
          because: 'a file changed',
          files: ['a'],
          changedFiles: 1,
        },
      ],
    },
    image: {
      uri: `1.dkr.ecr.us-east-1.amazonaws.com/my-api@${sha('a')}`,
      digest: sha('a'),
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      architecture: 'amd64',
      bytes: 50_000_000,
      layers: [{ digest: sha('b'), bytes: 50_000_000, createdBy: 'RUN npm ci' }],
    },
    cache: { kind: 'gha', hits: 1, total: 2, ms: 300 },
    cacheMounts: {
      mode: 'auto',
      reason: 'it pays',
      mounts: ['npm'],
      lockfiles: ['package-lock.json'],
      restore: { ms: 1, bytes: 2 },
      save: { ms: 3, bytes: 4 },
      installMs: 5,
      known: { coldMs: 6, warmMs: 7, restoreMs: 8, saveMs: 9 },
      gainMs: -10,
    },
    deploy: [
      {
        function: 'my-api',
        arn: 'arn:aws:lambda:us-east-1:1:function:my-api',
        alias: 'live',
        result: 'deployed',
        version: '2',
        previousVersion: '1',
        waits: [{ for: 'the update', ms: 4000 }],
        smoke: [
          {
            qualifier: '2',
            path: '/health',
            status: 200,
            body: 'ok',
            ok: true,
            problem: '',
            ms: 9,
            initMs: 400,
          },
        ],
        initMs: 400,
        durationMs: 9,
        memoryMb: 512,
        maxMemoryMb: 80,
        url: 'https://x.lambda-url.us-east-1.on.aws/',
        diagnosis: { cause: 'port', sentence: 'It listens on 3000.', cure: 'Set PORT.' },
        reasons: ['It is live.'],
      },
    ],
    findings: [
      {
        rule: 'a',
        level: 'warning',
        file: 'Dockerfile',
        line: 1,
        why: 'It is slow.',
        instead: 'Write COPY.',
      },
    ],
    result: 'deployed',
    reasons: ['my-api runs version 2.'],
  };
}

/** A run that built an image on a day of November. */
export function builtOn(day: number): RunRecord {
  const time = `2026-11-${String(day).padStart(2, '0')}T10:00:0`;
  return {
    schema: 1,
    steps: [{ name: 'build and push', start: `${time}0.000Z`, end: `${time}8.000Z` }],
    build: { result: 'built', reason: '', tags: [], vertices: [] },
    result: 'built',
    reasons: [],
  };
}
