import { expect, test } from 'vitest';
import { planCacheMounts } from '../../src/build/cache-mounts/plan.ts';
import { exportDockerfile, importDockerfile } from '../../src/docker/cache-mounts-dockerfile.ts';

const plan = (text: string) =>
  planCacheMounts(text, { target: '', platform: 'linux/amd64', buildArgs: {}, scope: 'a' }).mounts;

const mounts = plan(`ARG V=24
FROM --platform=$BUILDPLATFORM node:$V AS a
ENV HOME=/home/me
RUN --mount=type=cache,target=/root/.npm --mount=type=cache,target=$HOME/.c,uid=1000,sharing=locked npm ci`);

/** Instructions, a RUN without its script. */
const outline = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.replace(/ \["\/bin\/sh".*/, ''));

test('content comes in through the image and the options of the mount itself', () => {
  expect(outline(importDockerfile(mounts, ['0.tar', '1.tar'], 'tar', 'n1'))).toEqual([
    '# escape=\\',
    'ARG V=24',
    'FROM --platform=$BUILDPLATFORM node:$V AS mount-0',
    'USER 0:0',
    'WORKDIR /',
    'ENV DEPLOY_NONCE=n1',
    'RUN --network=none --mount=type=cache,target=/.deploy-cache-mount,id=/root/.npm --mount=type=bind,source=0.tar,target=/.deploy-archive.tar',
    'FROM --platform=$BUILDPLATFORM node:$V AS mount-1',
    'ENV HOME=/home/me',
    'USER 0:0',
    'WORKDIR /',
    'ENV DEPLOY_NONCE=n1',
    'RUN --network=none --mount=type=cache,target=/.deploy-cache-mount,id=$HOME/.c,sharing=locked,uid=1000 --mount=type=bind,source=1.tar,target=/.deploy-archive.tar',
    'FROM scratch',
    'COPY --from=mount-0 /.deploy-result /0',
    'COPY --from=mount-1 /.deploy-result /1',
  ]);
});

test('where the image has no tar, BuildKit unpacks and packs', () => {
  const text = importDockerfile(mounts.slice(0, 1), ['3.tar'], 'cp', 'n1');
  expect(text).toContain('FROM scratch AS content-0\nADD 3.tar /\n');
  expect(text).toContain('--mount=type=bind,from=content-0,');
  expect(text).not.toContain('tar -');
  expect(exportDockerfile(mounts.slice(0, 1), 'cp', 'n1')).not.toContain('tar -');
});

test('content goes out one file a mount', () => {
  const text = exportDockerfile(mounts, 'tar', 'n1');
  expect(outline(text).slice(-3)).toEqual([
    'FROM scratch',
    'COPY --from=mount-0 /.deploy-out/ /',
    'COPY --from=mount-1 /.deploy-out/ /',
  ]);
  expect(text).toContain('/.deploy-out/0.tar');
  expect(text).toContain('/.deploy-out/1.tar');
});
