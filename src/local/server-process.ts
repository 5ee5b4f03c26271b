import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DeployError } from '../errors.ts';
import type { Parts } from './parts/index.ts';
import { readState, writeState } from './parts/once.ts';
import { isAlive, lastLines, type ProcessId, startDaemon, stopProcess, until } from './parts/process.ts';

/** What the server process is started with. */
export interface ServerSettings {
  stateFolder: string;
  /** 0: a free one. */
  port: number;
  registry: Parts['registry'];
  docker: Parts['docker'];
  emulator: string;
}

interface RunningServer {
  process: ProcessId;
  endpoint: string;
  /** Fingerprint of code and settings: another one restarts the server. */
  madeOf: string;
}

const stateFile = (folder: string): string => join(folder, 'server.json');

/**
 * Starts AWS on this machine where it does not run yet, or runs older code than is here.
 * @param folder the ignored folder of the local mode
 * @returns the endpoint for AWS_ENDPOINT_URL
 * @throws DeployError where it does not answer within 15 s
 */
export async function ensureServer(
  folder: string,
  parts: Parts,
  print: (line: string) => void,
): Promise<string> {
  const before = await readState<RunningServer>(stateFile(folder));
  const stateFolder = join(folder, 'aws');
  const settings: ServerSettings = {
    stateFolder,
    port: before ? Number(new URL(before.endpoint).port) : 0,
    registry: parts.registry,
    docker: parts.docker,
    emulator: parts.emulator,
  };
  const madeOf = await fingerprint({ ...settings, port: 0 });
  if (before && isAlive(before.process)) {
    if (before.madeOf === madeOf) return before.endpoint;
    await stopProcess(before.process);
  }
  print('AWS on this machine: starting (Lambda, ECR and STS on 127.0.0.1) ...');
  await mkdir(stateFolder, { recursive: true });
  const settingsFile = join(stateFolder, 'settings.json');
  await writeState(settingsFile, settings);
  const log = join(stateFolder, 'server.log');
  const server = startDaemon(process.execPath, [join(import.meta.dirname, 'serve.ts'), settingsFile], {
    log,
    env: process.env,
    cwd: stateFolder,
  });
  let endpoint = '';
  const answered = async (): Promise<boolean> => {
    const written = await readState<{ pid: number; endpoint: string }>(join(stateFolder, 'endpoint.json'));
    if (written?.pid === server.pid) endpoint = written.endpoint;
    return endpoint !== '' || !isAlive(server);
  };
  await until(answered, 15_000);
  if (endpoint === '') {
    await stopProcess(server);
    const printed = await readFile(log, 'utf8').catch(() => '');
    throw new DeployError(`AWS on this machine did not start: ${lastLines(printed)}`, `Its log: ${log}`);
  }
  await writeState(stateFile(folder), { process: server, endpoint, madeOf } satisfies RunningServer);
  return endpoint;
}

/**
 * The endpoint of the running server.
 * @throws DeployError where none runs
 */
export async function runningServer(folder: string): Promise<string> {
  const state = await readState<RunningServer>(stateFile(folder));
  if (!state || !isAlive(state.process))
    throw new DeployError('Nothing runs on this machine.', 'Deploy first: `npm run local`.');
  return state.endpoint;
}

/**
 * Stops the server and with it the containers of its functions; their state is kept.
 * @returns whether one ran
 */
export async function stopServer(folder: string, print: (line: string) => void): Promise<boolean> {
  const state = await readState<RunningServer>(stateFile(folder));
  if (!state || !isAlive(state.process)) return false;
  print('AWS on this machine: stopping, with the containers of its functions ...');
  await stopProcess(state.process, 30_000);
  return true;
}

/** The settings and the server's own source files: name, size and time of change. */
async function fingerprint(settings: ServerSettings): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(settings));
  const files = [
    'serve.ts',
    ...(await readdir(join(import.meta.dirname, 'aws'))).sort().map((name) => join('aws', name)),
  ];
  for (const name of files) {
    const { size, mtimeMs } = await stat(join(import.meta.dirname, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}
