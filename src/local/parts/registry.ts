import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { hash } from 'bcryptjs';
import { DeployError } from '../../errors.ts';
import { debianPackages, hasApt, IMAGE_SUITE } from './debian.ts';
import { madeOnce, readState, readText, writeState } from './once.ts';
import type { DockerCommand } from './private-engine.ts';
import { isAlive, lastLines, type ProcessId, startDaemon, stopProcess, until } from './process.ts';
import { removeRegistryContainer, runRegistryContainer } from './registry-container.ts';

/** A container registry on this machine that wants a sign-in, as ECR does. */
export interface Registry {
  /** `localhost:PORT`: Docker takes plain HTTP from localhost. */
  host: string;
  /** ECR's user name. */
  user: 'AWS';
  password: string;
}

interface RegistryState {
  port: number;
  password: string;
  /** Absent where it runs in a container. */
  process?: ProcessId;
}

export interface RegistryOptions {
  /** Where this registry keeps its images and state; a second registry has another one. */
  folder: string;
  /** The folder that its program is unpacked in, where it is not the same one. */
  programs?: string;
  /** 0 or absent: a free one at the first start, the same one afterwards. */
  port?: number;
  /** For machines without Debian's packages, where the registry runs in a container. */
  docker?: DockerCommand;
  say: (line: string) => void;
}

const PACKAGE = 'docker-registry';

function statePath(folder: string): string {
  return join(resolve(folder), 'registry.json');
}

/** The registry of this folder where it runs and takes its password. */
export async function runningRegistry(folder: string): Promise<Registry | undefined> {
  const state = await readState<RegistryState>(statePath(folder));
  return state && (await answers(state)) ? registryOf(state) : undefined;
}

function registryOf({ port, password }: RegistryState): Registry {
  return { host: `localhost:${port}`, user: 'AWS', password };
}

async function answers({ port, password }: RegistryState): Promise<boolean> {
  const authorization = `Basic ${Buffer.from(`AWS:${password}`).toString('base64')}`;
  const url = `http://127.0.0.1:${port}/v2/`;
  const response = await fetch(url, { headers: { authorization }, signal: AbortSignal.timeout(2000) }).catch(
    () => undefined,
  );
  await response?.body?.cancel();
  return response?.status === 200;
}

/**
 * Starts the registry of this folder, or returns the one that runs.
 * @throws DeployError with the end of its log where it does not come up
 */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const running = await runningRegistry(options.folder);
  if (running) return running;
  const before = await readState<RegistryState>(statePath(options.folder));
  if (before?.process && isAlive(before.process)) {
    // Busy, perhaps, and others may be using it: only one that stays silent is ended.
    if (await until(() => answers(before), 10_000)) return registryOf(before);
    await stopProcess(before.process);
  }
  const password = before?.password ?? randomBytes(45).toString('base64url');
  const port = await freePort(options.port || before?.port || 0);
  const files = join(resolve(options.folder), 'registry');
  await mkdir(join(files, 'auth'), { recursive: true, mode: 0o700 });
  // bcrypt reads 72 bytes; the password has 60 and is random, so that the lowest cost is enough.
  await writeFile(join(files, 'auth', 'htpasswd'), `AWS:${await hash(password, 4)}\n`);
  const log = join(files, 'log');
  const process = hasApt()
    ? await startProgram(files, port, log, options)
    : await startContainer(files, port, options);
  const state: RegistryState = { port, password, ...(process && { process }) };
  await writeState(statePath(options.folder), state);
  const up = await until(
    async () => (await answers(state)) || (process !== undefined && !isAlive(process)),
    15_000,
  );
  if (up && (!process || isAlive(process))) return registryOf(state);
  throw new DeployError(
    `The registry did not come up on port ${port}: ${lastLines((await readText(log)) ?? '', 3)}`,
    `Its files: ${files}`,
  );
}

async function startProgram(
  files: string,
  port: number,
  log: string,
  options: RegistryOptions,
): Promise<ProcessId> {
  const folder = resolve(options.programs ?? options.folder);
  const root = await madeOnce(
    join(folder, 'registry-program'),
    `1 ${PACKAGE} ${IMAGE_SUITE}`,
    async (draft) => {
      options.say(`Registry: unpacking Debian's ${PACKAGE} (once, about 5 s) ...`);
      await debianPackages([PACKAGE], join(draft, 'root'), { suite: IMAGE_SUITE, folder });
    },
  );
  const config = join(files, 'config.json');
  await writeFile(config, JSON.stringify(registryConfig(files, port), null, 2), { mode: 0o600 });
  const program = join(root, 'root', 'usr', 'bin', 'docker-registry');
  return startDaemon(program, ['serve', config], { log, env: { PATH: process.env.PATH }, cwd: files });
}

/** The registry's configuration: it reads YAML, and JSON is YAML. */
export function registryConfig(files: string, port: number): object {
  return {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(files, 'data') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: randomBytes(16).toString('hex') },
    auth: { htpasswd: { realm: 'deploy-lambda-container', path: join(files, 'auth', 'htpasswd') } },
  };
}

async function startContainer(files: string, port: number, options: RegistryOptions): Promise<undefined> {
  if (!options.docker) throw new DeployError('The registry needs a Docker Engine on this machine.');
  await runRegistryContainer(files, port, options.docker, options.say);
  return undefined;
}

/**
 * Stops the registry of this folder; its images stay.
 * @returns whether one ran
 */
export async function stopRegistry(
  folder: string,
  docker?: DockerCommand,
  say: (line: string) => void = () => {},
): Promise<boolean> {
  const state = await readState<RegistryState>(statePath(folder));
  if (!state) return false;
  const runs = state.process ? isAlive(state.process) : await answers(state);
  if (runs) say(`Registry: stopping (${registryOf(state).host}) ...`);
  if (state.process) await stopProcess(state.process);
  // Also one that does not answer: its container would keep the port.
  else if (docker) await removeRegistryContainer(join(resolve(folder), 'registry'), docker);
  return runs;
}

/** `wanted` where it can be listened on, else another free port of 127.0.0.1. */
async function freePort(wanted: number): Promise<number> {
  return await new Promise((resolvePort, reject) => {
    const server = createServer();
    server.on('error', (error) => (wanted ? resolvePort(freePort(0)) : reject(error)));
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolvePort(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
