import type { BuildVertex, FunctionRecord, RunRecord, StepTiming } from '../../src/record.ts';

const epoch = Date.UTC(2026, 0, 1);
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

/** Steps one after another; a name and its milliseconds. */
export function steps(hour: number, ...times: readonly (readonly [string, number])[]): StepTiming[] {
  let at = epoch + hour * 3_600_000;
  return times.map(([name, ms]) => {
    const start = new Date(at).toISOString();
    at += ms;
    return { name, start, end: new Date(at).toISOString() };
  });
}

/** Vertices one after another; cached where they took no time. */
export function vertices(
  ...times: readonly (readonly [string, BuildVertex['kind'], number])[]
): BuildVertex[] {
  let startMs = 0;
  return times.map(([name, kind, ms]) => {
    const vertex = { name, kind, cached: ms === 0, ms, startMs };
    startMs += ms;
    return vertex;
  });
}

export interface Scale {
  /** When it ran; later ones are newer. */
  hour?: number;
  /** Milliseconds of `RUN npm ci`, 0 where it came from the cache. */
  install?: number;
  /** Milliseconds of the Lambda update, and of the cold start. */
  update?: number;
  initMs?: number;
  /** Bytes of the layer of node_modules. */
  modules?: number;
}

/** A deploy of an Express API that went well, as a run has it. */
export function deployed(scale: Scale = {}): RunRecord {
  const { hour = 0, install = 0, update = 9_000, initMs = 310, modules = 9_400_000 } = scale;
  const exporting = 1_400 + Math.round(modules / 20_000);
  const built = vertices(
    ['[internal] load build definition from Dockerfile', 'other', 30],
    ['[internal] load build context', 'context', 120],
    ['[build 1/5] FROM docker.io/library/node:24-bookworm-slim', 'from', 0],
    ['[build 2/5] COPY package.json package-lock.json ./', 'copy', install > 0 ? 40 : 0],
    ['[build 3/5] RUN npm ci', 'run', install],
    ['[build 4/5] COPY src ./src', 'copy', 60],
    ['[build 5/5] RUN npm run build', 'run', 2_900],
    ['[stage-1 3/3] COPY --from=build /app/dist ./dist', 'copy', 50],
    ['exporting to image', 'export', exporting],
  );
  const building = built.reduce((sum, { ms }) => sum + ms, 0);
  return {
    schema: 1,
    steps: steps(
      hour,
      ['sign in', 350],
      ['hash inputs', 120],
      ['start builder', 480],
      ['build and push', building],
      ['check image', 160],
      ['deploy: credentials', 210],
      ['deploy: image', 90],
      ['deploy my-api: look', 180],
      ['deploy my-api: update', update],
      ['deploy my-api: publish', 2_100],
      ['deploy my-api: smoke test of version', 900],
      ['deploy my-api: alias', 140],
      ['deploy my-api: smoke test of alias', 60],
    ),
    build: {
      result: 'built',
      reason: 'an input of the build changed, or it was never pushed',
      tags: ['main', 'sha-0123456789ab'],
      vertices: built,
    },
    image: {
      uri: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/my-api@${digest('a')}`,
      digest: digest('a'),
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      architecture: 'amd64',
      bytes: 64_900_000 + modules,
      layers: [
        { digest: digest('1'), bytes: 28_200_000, createdBy: 'ADD rootfs.tar.xz /' },
        { digest: digest('2'), bytes: 36_500_000, createdBy: 'RUN groupadd node' },
        { digest: `sha256:${modules}`, bytes: modules, createdBy: 'RUN npm ci --omit=dev' },
        { digest: `sha256:dist${hour}`, bytes: 200_000 + hour * 7, createdBy: 'COPY /app/dist ./dist' },
      ],
    },
    cache: { kind: 'gha', hits: install > 0 ? 1 : 3, total: 6, ms: 0 },
    deploy: [smoked({ initMs })],
    result: 'deployed',
    reasons: [],
  };
}

/** A function that was deployed to and passed its smoke tests. */
export function smoked(change: Partial<FunctionRecord> = {}): FunctionRecord {
  const call = { path: '/health', status: 200, body: '{"ok":true}', ok: true, problem: '' };
  return {
    function: 'my-api',
    arn: 'arn:aws:lambda:eu-central-1:123456789012:function:my-api',
    alias: 'live',
    result: 'deployed',
    version: '42',
    previousVersion: '41',
    waits: [],
    smoke: [
      { ...call, qualifier: '42', ms: 610, initMs: 310 },
      { ...call, qualifier: 'live', ms: 14 },
    ],
    initMs: 310,
    durationMs: 9,
    memoryMb: 512,
    maxMemoryMb: 84,
    url: 'https://abcdefghij.lambda-url.eu-central-1.on.aws/',
    reasons: ['my-api runs another image.'],
    ...change,
  };
}

/** Five runs of the base branch with the usual spread. */
export const base: RunRecord[] = [9_000, 8_700, 9_300, 9_100, 8_800].map((update, hour) =>
  deployed({ hour, update, initMs: 300 + hour * 5 }),
);
