import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { callCheck } from '../../src/docker/call-check.ts';
import type { Finding, RunRecord } from '../../src/record.ts';
import { type BuildScene, startBuildScene } from './build-scene.ts';

const { docker, registry } = inject('parts');
let scene: BuildScene;
beforeAll(async () => {
  scene = await startBuildScene(docker, registry);
});
afterAll(async () => {
  await scene?.close();
});

/** In a stage of its own what is only found where stages that nobody needs are looked at, too. */
const faulty = (comment: string): string =>
  `from scratch AS unused
MAINTAINER nobody
FROM scratch
ARG DIRECTORY
${comment}
ENV A=$NOWHERE
WORKDIR $DIRECTORY
COPY x ./
CMD /none
`;

async function project(dockerfile: string): Promise<string> {
  const context = await mkdtemp(join(scene.context, 'case-'));
  await writeFile(join(context, 'Dockerfile'), dockerfile);
  await writeFile(join(context, 'x'), '1');
  return context;
}

async function build(context: string, inputs: Record<string, string> = {}) {
  const { main, log } = await scene.build({
    ...{ context, 'build-args': 'DIRECTORY=app', 'cache-mounts': 'false', cache: 'off' },
    ...inputs,
  });
  expect(main.exitCode, log).toBe(0);
  const { findings = [] } = JSON.parse(await readFile(main.outputs.record ?? '', 'utf8')) as RunRecord;
  return { log, ofDocker: findings.filter(({ rule }) => rule.startsWith('docker:')) };
}

/** What Docker says when it is asked for nothing but its checks. */
async function asked(context: string): Promise<Finding[]> {
  const found = await callCheck(
    { program: 'docker', env: { ...process.env, ...docker.env } },
    {
      ...{ builder: '', context, file: join(context, 'Dockerfile'), target: '' },
      buildArgs: ['DIRECTORY=app'],
      shownFile: join(basename(context), 'Dockerfile'),
    },
    60_000,
  );
  return found.sort((a, b) => a.line - b.line);
}

it('a build shows what `--call=check` says, at its lines and in the record, and a reused image nothing', async () => {
  const context = await project(faulty('# as it is'));
  const { log, ofDocker } = await build(context);
  const rules = ofDocker.map(({ rule }) => rule);
  expect(rules, log).toEqual(expect.arrayContaining(['docker:UndefinedVar', 'docker:MaintainerDeprecated']));
  expect(ofDocker).toEqual(await asked(context));
  expect(log).toContain("Notice: Usage of undefined variable '$NOWHERE'. See https://");

  await build(context, { rebuild: 'changed' });
  const reused = await build(context, { rebuild: 'changed' });
  expect(reused.log).toContain('none of its inputs changed');
  expect(reused.ofDocker).toEqual([]);
});

it('is left out by a comment, and by `checks: off`, and fails nothing under `strict`', async () => {
  const context = await project(faulty('# dlc-ignore=docker:UndefinedVar the base sets it'));
  const { ofDocker } = await build(context, { checks: 'strict', 'build-args': 'DIRECTORY=/app' });
  expect(ofDocker.map(({ rule }) => rule)).toContain('docker:MaintainerDeprecated');
  expect(ofDocker.map(({ rule }) => rule)).not.toContain('docker:UndefinedVar');
  expect((await build(context, { checks: 'off' })).ofDocker).toEqual([]);
});
