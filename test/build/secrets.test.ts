import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LocalAws, startLocalAws } from '../../src/local/aws/server.ts';
import { readFileCommands } from '../../src/local/workflow-commands.ts';
import { ScriptedRuntime } from '../local/aws/stand.ts';
import { type CacheService, runtimeToken, startCacheService } from '../support/cache-service.ts';
import { digestOf } from '../support/registry-images.ts';
import { type RegistryServer, startRegistry } from '../support/registry-server.ts';
import { filesBelow, leaks, ROLE_SECRETS, startIssuers } from '../support/secret-hunt.ts';

const SECRETS = {
  ...ROLE_SECRETS,
  'registry password': 'eyJwYXlsb2FkIjoi+a/b"c==',
  'value of `secrets`': 'npm_/+token&"quoted"=1',
  'value of `secret-envs`': 'pypi_/+token&"quoted"=2',
  'cache token': runtimeToken(),
};
/** The committed bundles; that they are what src/ makes is checked where everything is (`npm test`). */
const DIST = join(import.meta.dirname, '..', '..', 'dist');

let temp: string;
let registry: RegistryServer;
let aws: LocalAws;
let cache: CacheService;
let issuers: Awaited<ReturnType<typeof startIssuers>>;
beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'build-secrets-'));
  await Promise.all(['bin', 'context', 'job'].map((name) => mkdir(join(temp, name))));
  await writeFile(join(temp, 'context', 'Dockerfile'), 'FROM scratch\nCOPY app /\nCMD ["/app"]\n');
  await writeFile(join(temp, 'context', 'app'), '#!/bin/sh\n');
  [registry, cache, issuers] = await Promise.all([
    startRegistry({ password: SECRETS['registry password'] }),
    startCacheService(),
    startIssuers(),
  ]);
  aws = await startLocalAws({ stateFolder: join(temp, 'aws'), registry, runtime: new ScriptedRuntime() });
});
afterEach(async () => {
  await Promise.all([aws.close(), registry.close(), cache.close(), issuers.close()]);
  await rm(temp, { recursive: true, force: true });
});

/** Puts an image into the registry whose one layer holds this file, and returns its digest. */
async function putImage(file: { name: string; mode: number }, content: string): Promise<string> {
  const tar = pack();
  tar.entry(file, content);
  tar.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of tar) pieces.push(piece as Uint8Array);
  const layer = gzipSync(Buffer.concat(pieces));
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Cmd: ['/app'] } }),
  );
  for (const blob of [layer, config]) registry.blobs.set(digestOf(blob), blob);
  const described = (blob: Buffer, type: string) => ({
    mediaType: `application/vnd.oci.image.${type}`,
    digest: digestOf(blob),
    size: blob.length,
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const body = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType, config: described(config, 'config.v1+json') },
      layers: [described(layer, 'layer.v1.tar+gzip')],
    }),
  );
  registry.manifests.set(`app:${digestOf(body)}`, { mediaType, body });
  return digestOf(body);
}

/**
 * Puts a `docker` on PATH that writes its arguments down, prints what a build prints, and does what buildx would
 * leave behind.
 * @param digest of the image that a build "pushes"; where absent it fails
 */
async function writeDocker(printed: string, digest?: string): Promise<void> {
  const program = `#!${process.execPath}
const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync(${JSON.stringify(join(temp, 'job', 'docker-calls'))}, JSON.stringify(args) + '\\n');
if (args[0] === 'info') console.log(${JSON.stringify('["29.1.0", [["driver-type", "io.containerd.snapshotter.v1"]]]')});
if (args[1] === 'inspect') console.log('Name:   default\\nDriver: docker');
if (args[1] === 'build') {
  const login = readFileSync(process.env.DOCKER_CONFIG + '/config.json', 'utf8');
  writeFileSync(${JSON.stringify(join(temp, 'seen'))}, JSON.stringify({ env: Object.values(process.env), login }));
  console.error(${JSON.stringify(printed)});
  const digest = ${JSON.stringify(digest ?? '')};
  if (digest === '') process.exit(1);
  writeFileSync(args[args.indexOf('--metadata-file') + 1], JSON.stringify({ 'containerimage.digest': digest }));
}
`;
  await writeFile(join(temp, 'bin', 'docker'), program);
  await chmod(join(temp, 'bin', 'docker'), 0o755);
}

/** Builds by a role, main and post. */
async function build() {
  const job = join(temp, 'job');
  const files = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'];
  await Promise.all(files.map((name) => writeFile(join(job, name), '')));
  const inputs = {
    context: join(temp, 'context'),
    repository: 'app',
    'create-repository': 'true',
    tags: 'main',
    platform: 'linux/amd64',
    secrets: `token=${SECRETS['value of `secrets`']}`,
    'secret-envs': 'other=OTHER_TOKEN',
    'role-to-assume': 'arn:aws:iam::123456789012:role/build',
  };
  const env: Record<string, string> = {
    PATH: [join(temp, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    HOME: job,
    RUNNER_TEMP: job,
    GITHUB_WORKSPACE: join(temp, 'context'),
    // The cache's library speaks the old protocol to any other.
    GITHUB_SERVER_URL: 'https://github.com',
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_REGION: 'us-east-1',
    ...issuers.env,
    ACTIONS_RESULTS_URL: cache.url,
    ACTIONS_CACHE_SERVICE_V2: 'true',
    ACTIONS_RUNTIME_TOKEN: SECRETS['cache token'],
    OTHER_TOKEN: SECRETS['value of `secret-envs`'],
    ...Object.fromEntries(files.map((name) => [name, join(job, name)])),
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
    ),
  };
  const run = async (bundle: string, more: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [join(DIST, bundle, 'index.js')], {
      cwd: join(temp, 'context'),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, ...more },
    });
    const code = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, stdout, stderr };
  };
  const main = await run('build');
  const between = await filesBelow(job);
  const outputs = readFileCommands(await readFile(join(job, 'GITHUB_OUTPUT'), 'utf8'));
  const state = readFileCommands(await readFile(join(job, 'GITHUB_STATE'), 'utf8'));
  const post = await run(
    'build-post',
    Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
  );
  const login = [...between.keys()].filter((path) => path.startsWith(state['docker-config'] ?? '/'));
  for (const path of login) between.delete(path);
  const after = await filesBelow(job);
  const written = new Map([
    ...[...between].map(([path, content]): [string, string] => [`${path}, before post`, content]),
    ...after,
    ...Object.entries({ main: main.stdout, 'errors of main': main.stderr }),
    ...Object.entries({ post: post.stdout, 'errors of post': post.stderr }),
  ]);
  return { main, post, outputs, state, login, written, after };
}

describe('a build by a role', () => {
  it('that succeeds writes no secret anywhere but the login, which is gone with post', async () => {
    await writeDocker('#1 DONE 0.1s', await putImage({ name: 'app', mode: 0o755 }, '#!/bin/sh\n'));
    const { main, post, outputs, state, login, written, after } = await build();
    expect(main.code, main.stdout).toBe(0);
    expect(post.code, post.stdout).toBe(0);
    expect(outputs['build-result']).toBe('built');
    // All that is written was there to be searched.
    expect(Object.keys(state)).toEqual(expect.arrayContaining(['cache-export', 'docker-config', 'record']));
    expect(main.stdout).toContain('Image checked: 1 layers read');
    expect(after.get(outputs.record ?? '')).toContain('"result":');
    expect(login).toHaveLength(1);
    // And all secrets were in use.
    const seen = await readFile(join(temp, 'seen'), 'utf8');
    for (const what of [
      'value of `secrets`',
      'value of `secret-envs`',
      'cache token',
      'registry password',
    ] as const)
      expect(leaks(new Map([['seen', seen]]), { [what]: SECRETS[what] }), what).not.toEqual([]);
    for (const what of [
      'registry password',
      'value of `secrets`',
      'secret access key',
      'session token',
    ] as const)
      expect(main.stdout, what).toContain(`::add-mask::${SECRETS[what]}\n`);
    expect([...after.keys()].filter((path) => path.startsWith(state['docker-config'] ?? '/'))).toEqual([]);
    expect(leaks(written, SECRETS)).toEqual([]);
  });

  it('that fails in buildx writes none either', async () => {
    await writeDocker('ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully');
    const { main, post, outputs, written } = await build();
    expect([main.code, post.code], main.stdout).toEqual([1, 0]);
    expect(outputs['build-result']).toBe('failed');
    expect(leaks(written, SECRETS)).toEqual([]);
  });

  it('whose image holds a secret says where, not which', async () => {
    const value = SECRETS['value of `secrets`'];
    await writeDocker('', await putImage({ name: 'app/.env', mode: 0o644 }, `API_TOKEN=${value}\n`));
    const { main, outputs, written } = await build();
    expect(main.code).toBe(1);
    expect(main.stdout).toContain('/app/.env holds a value of API_TOKEN');
    expect(outputs['build-result']).toBe('failed');
    expect(leaks(written, SECRETS)).toEqual([]);
  });

  it('that a registry refuses writes none either', async () => {
    registry.intercept = (_request, response) => {
      response.writeHead(403).end(JSON.stringify({ errors: [{ code: 'DENIED', message: 'no' }] }));
      return true;
    };
    await writeDocker('', await putImage({ name: 'app', mode: 0o755 }, '#!/bin/sh\n'));
    const { main, written } = await build();
    expect(main.code).toBe(1);
    expect(main.stdout).toContain('::error::');
    expect(leaks(written, SECRETS)).toEqual([]);
  });

  it('whose RUN prints a secret would be found', async () => {
    const login = Buffer.from(`AWS:${SECRETS['registry password']}`).toString('base64');
    await writeDocker(`#7 0.1 ${SECRETS['value of `secret-envs`']} ${login}`);
    const found = leaks((await build()).written, SECRETS);
    expect(found).toContain('value of `secret-envs` (plain) in main');
    expect(found.some((leak) => /^registry password \(base64.*\) in main$/.test(leak))).toBe(true);
  });
});
