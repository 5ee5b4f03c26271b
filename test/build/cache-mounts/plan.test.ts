import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashRun } from '../../../src/build/cache-mounts/inputs.ts';
import { planCacheMounts } from '../../../src/build/cache-mounts/plan.ts';

const options = { target: '', platform: 'linux/amd64', buildArgs: {}, scope: 'my app' };
const plan = (text: string, changes: Partial<typeof options> = {}) =>
  planCacheMounts(text, { ...options, ...changes });

const twoStages = `
FROM node:24 AS base
COPY package.json package-lock.json ./
FROM base AS builder
RUN --mount=type=cache,target=/root/.npm \\
    npm ci
COPY src/ ./src/
FROM base AS dependencies
RUN --mount=type=cache,target=/root/.npm/ npm ci --omit=dev
FROM node:24
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=builder /app/dist ./dist
`;

describe('which mounts', () => {
  it('those of a RUN with several, by any name of their target', () => {
    const text = 'FROM a\nRUN --mount=type=cache,target=/root/.npm --mount=type=cache,dst=/y npm ci';
    expect(plan(text).mounts.map(({ target }) => target)).toEqual(['/root/.npm', '/y']);
  });
  it('a mount that several RUNs share is one, from the image that its stage starts from', () => {
    const { mounts, runs, keyPrefix } = plan(twoStages);
    expect(mounts).toEqual([
      expect.objectContaining({
        id: '/root/.npm',
        target: '/root/.npm',
        base: 'node:24',
        attributes: ['id=/root/.npm'],
      }),
    ]);
    expect(runs.map(({ stage, command, sources }) => ({ stage, command, sources }))).toEqual([
      {
        stage: 'builder',
        command: '--mount=type=cache,target=/root/.npm npm ci',
        sources: ['package.json', 'package-lock.json'],
      },
      {
        stage: 'dependencies',
        command: '--mount=type=cache,target=/root/.npm/ npm ci --omit=dev',
        sources: ['package.json', 'package-lock.json'],
      },
    ]);
    expect(keyPrefix).toBe('cache-mounts-1-my-app-');
  });

  it('stages that the target does not need are left out', () => {
    expect(plan(twoStages, { target: 'dependencies' }).runs.map(({ stage }) => stage)).toEqual([
      'dependencies',
    ]);
    expect(plan(twoStages, { target: 'base' }).mounts).toEqual([]);
  });

  it('sharing, uid, gid and mode make another mount; the order in the file does not', () => {
    const { mounts } = plan(`FROM debian
RUN --mount=type=cache,uid=1000,mode=0700,target=/c,gid=1000,sharing=locked a
RUN --mount=type=cache,gid=1000,sharing=locked,dst=/c,mode=0700,uid=1000 b
RUN --mount=type=cache,id=/c,target=/elsewhere c`);
    expect(mounts.map(({ attributes }) => attributes.join(','))).toEqual([
      'id=/c,sharing=locked,uid=1000,gid=1000,mode=0700',
      'id=/c',
    ]);
  });

  it('variables go along with what they may stand for', () => {
    const { mounts } = plan(`ARG V=24
FROM --platform=$TARGETPLATFORM node:$V AS a
ARG TARGETARCH
ENV HOME=/home/me
RUN --mount=type=cache,id=npm-$TARGETARCH,target=$HOME/.npm npm ci
ENV LATER=1`);
    expect(mounts[0]).toMatchObject({
      id: 'npm-$TARGETARCH',
      base: 'node:$V',
      basePlatform: '$TARGETPLATFORM',
      globals: ['ARG V=24'],
      prelude: ['ARG TARGETARCH', 'ENV HOME=/home/me'],
    });
  });

  it.each([
    ['FROM scratch\nRUN --mount=type=cache,target=/c a', /empty base image/],
    ['FROM a\nRUN --mount=type=cache,target=/c,from=b,source=/x a', /starts from another image/],
    ['FROM a\nRUN --mount=type=cache,target=/c,ro a', /read-only/],
  ])('what cannot be kept is said: %j', (text, note) => {
    const { mounts, notes } = plan(text);
    expect(mounts).toEqual([]);
    expect(notes).toEqual([expect.stringMatching(note)]);
  });

  it('other mounts and heredocs are none', () => {
    expect(
      plan(
        'FROM a\nRUN --mount=type=bind,target=/b --mount=type=tmpfs,target=/t <<EOF\n--mount=type=cache\nEOF',
      ).mounts,
    ).toEqual([]);
  });
});

describe('what its RUN depends on', () => {
  let context: string;
  beforeEach(async () => {
    context = await mkdtemp(join(tmpdir(), 'mount-inputs-'));
    for (const name of ['package.json', 'package-lock.json', 'README.md'])
      await writeFile(join(context, name), name);
    await mkdir(join(context, 'src'));
    await writeFile(join(context, 'src', 'app.ts'), 'app');
    await writeFile(join(context, 'src', 'uv.lock'), 'lock');
  });
  afterEach(async () => await rm(context, { recursive: true }));

  const state = async (text: string, changes: Partial<typeof options> = {}) => {
    const [run] = plan(text, changes).runs;
    if (!run) throw new Error('no RUN with a mount');
    return await hashRun(run, context);
  };
  const install = 'RUN --mount=type=cache,target=/c npm ci';

  it('the lockfiles before it, by pattern too, and nothing after it', async () => {
    const text = `FROM a\nCOPY ["package*.json", "./"]\n${install}\nCOPY . .`;
    const first = await state(text);
    expect(first).toMatchObject({ files: ['package-lock.json', 'package.json'], volatile: false });
    await writeFile(join(context, 'README.md'), 'changed');
    expect(await state(text)).toEqual(first);
    await writeFile(join(context, 'package-lock.json'), 'changed');
    expect((await state(text)).hash).not.toBe(first.hash);
  });

  it('files that it binds, and those of a stage that it takes from', async () => {
    const text = `FROM a AS tools\nCOPY README.md /\nFROM b\nCOPY --from=tools /README.md /
RUN --mount=type=bind,source=package-lock.json,target=l --mount=type=cache,target=/c npm ci`;
    expect((await state(text)).files).toEqual(['README.md', 'package-lock.json']);
  });

  it('instructions, the values of arguments and the platform count', async () => {
    const text = `FROM a\nARG V\nCOPY package.json .\n${install}`;
    const hashes = await Promise.all([
      state(text),
      state(text, { buildArgs: { V: '1' } }),
      state(text, { platform: 'linux/arm64' }),
      state(`${text} --omit=dev`),
      state(text.replace('COPY', 'ENV A=1\nCOPY')),
    ]);
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(5);
  });

  it('with a whole folder it runs again at nearly every commit, and its lockfiles make the key', async () => {
    const text = `FROM a\nCOPY src/ .\n${install}`;
    const first = await state(text);
    expect(first).toMatchObject({ files: ['src/uv.lock'], volatile: true });
    await writeFile(join(context, 'src', 'app.ts'), 'changed');
    expect(await state(text)).toEqual(first);
  });

  it('a missing file is no error', async () => {
    expect(await state(`FROM a\nCOPY gone.lock .\n${install}`)).toMatchObject({ files: ['gone.lock'] });
  });
});
