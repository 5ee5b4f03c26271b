import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BuilderWish,
  chooseBuilder,
  type EngineFacts,
  engineFacts,
  newBuilder,
} from '../../src/docker/builder.ts';
import { builderCertificates, createArguments } from '../../src/docker/builder-create.ts';
import type { Docker } from '../../src/docker/command.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'builder-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

/** A program that answers every call alike. */
async function docker(answer: { stdout?: string; stderr?: string; code?: number }): Promise<Docker> {
  const program = join(folder, 'docker');
  await writeFile(join(folder, 'stdout'), answer.stdout ?? '');
  await writeFile(join(folder, 'stderr'), answer.stderr ?? '');
  await writeFile(
    program,
    `#!/bin/sh\ncat '${folder}/stdout'; cat '${folder}/stderr' >&2; exit ${answer.code ?? 0}\n`,
  );
  await chmod(program, 0o755);
  // An Engine elsewhere, so that the program is asked and not a socket.
  return { program, env: { PATH: process.env.PATH, HOME: folder, DOCKER_HOST: 'tcp://engine.example:2376' } };
}

/** The same, with the Engine on this machine. */
const local = (docker: Docker): Docker => ({ ...docker, env: { PATH: process.env.PATH, HOME: folder } });

describe('chooseBuilder', () => {
  const wish: BuilderWish = { builder: '', driver: 'auto', remoteCache: true, name: 'ours' };
  const machine = (containerdStore: boolean, canStartEngine: boolean) => ({
    engine: async (): Promise<EngineFacts> => ({ version: '28.0.4', containerdStore }),
    canStartEngine: async () => canStartEngine,
  });
  const own = 'Name:          default\nDriver:        docker\n';
  const other = 'Name:          team\nDriver:        docker-container\n';
  const choose = async (changes: Partial<BuilderWish>, inspected: string, facts = machine(true, true)) =>
    await chooseBuilder(await docker({ stdout: inspected }), { ...wish, ...changes }, facts);

  it("takes the Engine's own where its store takes remote caches", async () => {
    expect(await choose({}, own)).toEqual({
      name: 'default',
      driver: 'docker',
      start: 'nothing',
      prefersLocalImages: true,
    });
  });
  it("takes the Engine's own where no remote cache is wanted", async () => {
    expect(await choose({ remoteCache: false }, own, machine(false, true))).toMatchObject({
      start: 'nothing',
    });
  });
  it('starts a private Engine where the store takes no cache and the machine allows it', async () => {
    expect(await choose({}, own, machine(false, true))).toEqual({
      name: 'default',
      driver: 'docker',
      start: 'engine',
      prefersLocalImages: false,
    });
  });
  it('makes a docker-container builder last', async () => {
    expect(await choose({}, own, machine(false, false))).toEqual({
      name: 'ours',
      driver: 'docker-container',
      start: 'builder',
      prefersLocalImages: false,
    });
  });
  it('respects a builder that an earlier step made current, and one that is named', async () => {
    const team = { name: 'team', driver: 'docker-container', start: 'nothing' };
    expect(await choose({}, other, machine(false, true))).toMatchObject(team);
    expect(await choose({ builder: 'team' }, other)).toMatchObject(team);
  });
  it('takes a named builder that runs elsewhere without an Engine here', async () => {
    const none = {
      engine: async () => await Promise.reject(new Error('no Engine')),
      canStartEngine: async () => false,
    };
    expect(await choose({ builder: 'team' }, other, none)).toMatchObject({ name: 'team' });
    await expect(choose({}, own, none)).rejects.toThrow('no Engine');
  });
  it.each<[string, string, NodeJS.ProcessEnv]>([
    ['no builder was ever made', '', {}],
    ["the Engine's own is current", '{"Key":"unix:///docker.sock","Name":"","Global":false}', {}],
  ])('does not ask Buildx where %s', async (_name, current, env) => {
    await keepCurrent(current);
    const there = local(await docker({ code: 1, stderr: 'asked' }));
    const asked = chooseBuilder({ ...there, env: { ...there.env, ...env } }, wish, machine(true, true));
    expect(await asked).toMatchObject({ name: 'default', start: 'nothing' });
  });
  it.each<[string, string, NodeJS.ProcessEnv]>([
    ['an earlier step made one current', '{"Key":"unix:///docker.sock","Name":"team"}', {}],
    ['the file is none of its own', '[]', {}],
    ['BUILDX_BUILDER names one', '', { BUILDX_BUILDER: 'team' }],
    ['another context is current', '', { DOCKER_CONTEXT: 'far' }],
    ['the Engine is elsewhere', '', { DOCKER_HOST: 'ssh://engine.example' }],
  ])('asks Buildx where %s', async (_name, current, env) => {
    await keepCurrent(current);
    const there = local(await docker({ stdout: other }));
    const asked = chooseBuilder({ ...there, env: { ...there.env, ...env } }, wish, machine(true, true));
    expect(await asked).toMatchObject({ name: 'team' });
  });
  it.each(['remote', 'kubernetes', 'docker-container'] as const)('makes a %s builder', async (driver) => {
    expect(await choose({ driver }, '')).toMatchObject({ name: 'ours', driver, start: 'builder' });
  });
  it('names a builder that cannot be used, and says where Buildx is missing', async () => {
    const missing = await docker({ code: 1, stderr: 'ERROR: no builder "team" found' });
    await expect(chooseBuilder(missing, { ...wish, builder: 'team' }, machine(true, true))).rejects.toThrow(
      'Builder "team" cannot be used: ERROR: no builder "team" found.',
    );
    const old = await docker({ code: 1, stderr: "docker: 'buildx' is not a docker command." });
    await expect(chooseBuilder(old, wish, machine(true, true))).rejects.toThrow('Docker has no Buildx here.');
  });
});

/** As Buildx keeps which builder is current; '' keeps nothing. */
async function keepCurrent(text: string): Promise<void> {
  await mkdir(join(folder, '.docker', 'buildx'), { recursive: true });
  if (text !== '') await writeFile(join(folder, '.docker', 'buildx', 'current'), text);
}

describe('engineFacts', () => {
  it('asks over the socket where docker would use one', async () => {
    const socket = join(folder, 'docker.sock');
    const asked: string[] = [];
    const engine = createServer(({ url = '' }, response) => {
      asked.push(url);
      response.end(
        JSON.stringify({ ServerVersion: '28.0.4', DriverStatus: [['Backing Filesystem', 'extfs']] }),
      );
    });
    await new Promise<void>((resolve) => engine.listen(socket, resolve));
    const never = { ...(await docker({ code: 1 })), env: { DOCKER_HOST: `unix://${socket}` } };
    expect(await engineFacts(never)).toEqual({ version: '28.0.4', containerdStore: false });
    expect(asked).toEqual(['/info']);
    await new Promise((resolve) => engine.close(resolve));
    // Where nobody answers there, docker says why.
    await expect(engineFacts(never)).rejects.toThrow('No Docker Engine answers');
  });
  it('reads version and image store', async () => {
    const status = [['driver-type', 'io.containerd.snapshotter.v1']];
    expect(await engineFacts(await docker({ stdout: JSON.stringify(['28.5.2', status]) }))).toEqual({
      version: '28.5.2',
      containerdStore: true,
    });
    expect(await engineFacts(await docker({ stdout: '["27.1.0", null]' }))).toEqual({
      version: '27.1.0',
      containerdStore: false,
    });
  });
  it('says why none answers', async () => {
    const down = await docker({
      stdout: '["", null]',
      stderr: 'Cannot connect to the Docker daemon',
      code: 1,
    });
    await expect(engineFacts(down)).rejects.toThrow('No Docker Engine answers: Cannot connect to the Docker');
  });
});

describe('a builder that is made', () => {
  const nothing = { endpoint: '', driverOptions: [] };
  it('on this machine has its network', () => {
    expect(createArguments(newBuilder('b', 'docker-container'), nothing, []).join(' ')).toBe(
      'buildx create --name b --driver docker-container --driver-opt network=host --bootstrap',
    );
  });
  it('elsewhere has its address, options and certificates', () => {
    const place = { endpoint: 'tcp://builder.example:1234', driverOptions: ['default-load=false'] };
    expect(createArguments(newBuilder('b', 'remote'), place, ['cacert=/c.pem']).join(' ')).toBe(
      'buildx create --name b --driver remote --driver-opt default-load=false --driver-opt cacert=/c.pem --bootstrap tcp://builder.example:1234',
    );
  });
  it('in Kubernetes takes its options as they are', () => {
    const place = { endpoint: '', driverOptions: ['namespace=ci', 'replicas=2'] };
    expect(createArguments(newBuilder('b', 'kubernetes'), place, []).join(' ')).toBe(
      'buildx create --name b --driver kubernetes --driver-opt namespace=ci --driver-opt replicas=2 --bootstrap',
    );
  });
  it('has its certificates in files that only this user reads', async () => {
    const env = { BUILDER_NODE_0_AUTH_TLS_CACERT: 'ca', BUILDER_NODE_0_AUTH_TLS_KEY: 'secret' };
    const options = await builderCertificates(env, folder);
    expect(options.map((option) => option.split('=')[0])).toEqual(['cacert', 'key']);
    const key = join(folder, 'certificates', 'key.pem');
    expect(await readFile(key, 'utf8')).toBe('secret');
    expect((await stat(key)).mode & 0o777).toBe(0o600);
  });
});
