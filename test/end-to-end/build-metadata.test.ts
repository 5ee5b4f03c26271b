import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type BuildScene, startBuildScene } from './build-scene.ts';

const { docker, registry } = inject('parts');
let scene: BuildScene;
let folder: string;
beforeAll(async () => {
  scene = await startBuildScene(docker, registry);
  folder = await mkdtemp(join(tmpdir(), 'metadata-'));
});
afterAll(async () => {
  await scene?.close();
  await rm(folder, { recursive: true, force: true });
});

/** PATH with a docker in front that leaves this as its metadata file, or none. */
async function pathWith(metadata: string | undefined): Promise<string> {
  const path = docker.env.PATH ?? process.env.PATH ?? '';
  const program = `#!${process.execPath}
const { spawnSync } = require('node:child_process');
const { rmSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
const env = { ...process.env, PATH: ${JSON.stringify(path)} };
const { status } = spawnSync('docker', args, { stdio: 'inherit', env });
const at = args.indexOf('--metadata-file');
const metadata = ${JSON.stringify(metadata ?? null)};
if (at > 0) metadata === null ? rmSync(args[at + 1]) : writeFileSync(args[at + 1], metadata);
process.exit(status ?? 1);
`;
  await writeFile(join(folder, 'docker'), program);
  await chmod(join(folder, 'docker'), 0o755);
  return [folder, path].join(delimiter);
}

it.each([
  [undefined, /it cannot be read: .*ENOENT/],
  ['', /it is no JSON object/],
  ['{"buildx.build.ref": "default/def', /it is no JSON object/],
  ['{"containerimage.digest": 7}', /it names no digest/],
])('a metadata file with %j fails a push in words, and leaves nothing behind', async (metadata, why) => {
  const { main, log, left } = await scene.build({ cache: 'off' }, { PATH: await pathWith(metadata) });
  expect(main.exitCode, log).toBe(1);
  expect(main.errors).toEqual([
    expect.stringMatching(/buildx does not say which one it is.*Run the job again/),
  ]);
  expect(main.errors[0]).toMatch(why);
  expect(left).toEqual(['deploy-lambda-container']);
});

it('is done without where nothing is pushed', async () => {
  const { main, log } = await scene.build({ push: 'false', cache: 'off' }, { PATH: await pathWith('null') });
  expect(main.exitCode, log).toBe(0);
  expect(main.outputs['build-result']).toBe('built');
});
