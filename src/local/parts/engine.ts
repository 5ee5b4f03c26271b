import { join, resolve } from 'node:path';
import { pings } from '../../docker/engine-api.ts';
import { DeployError } from '../../errors.ts';
import { hasApt } from './debian.ts';
import { INSTALL_ENGINE } from './engine-programs.ts';
import { readState, writeState } from './once.ts';
import { type DockerCommand, runningEngine, startEngine } from './private-engine.ts';
import { run, tryRun } from './process.ts';

export interface Engine extends DockerCommand {
  /** Absent where the Engine is reached in another way (TCP, SSH). */
  socket?: string;
}

/** The first Engine whose own BuildKit knows GitHub's present cache service. */
const OLDEST = 28;

interface OwnEngine {
  /** DOCKER_HOST and DOCKER_CONTEXT when it was found: others mean another Engine. */
  chosenBy: string;
  socket?: string;
}

function statePath(folder: string): string {
  return join(resolve(folder), 'own-engine.json');
}

function chosenBy(): string {
  return JSON.stringify([process.env.DOCKER_HOST ?? '', process.env.DOCKER_CONTEXT ?? '']);
}

/** The Engine that was used before, where it still answers: the private one, else the machine's. */
export async function presentEngine(folder: string): Promise<Engine | undefined> {
  const ours = await runningEngine({ folder });
  if (ours) return ours;
  const own = await readState<OwnEngine>(statePath(folder));
  if (!own || own.chosenBy !== chosenBy()) return undefined;
  const up = own.socket ? await pings(own.socket) : (await serverVersion()) !== undefined;
  return up ? commandOf(own) : undefined;
}

function commandOf(own: OwnEngine): Engine {
  return { program: 'docker', env: {}, private: false, ...(own.socket && { socket: own.socket }) };
}

/**
 * The Engine to use: the machine's where it is new enough and has Buildx, else a private one.
 * @throws DeployError with the link to install one where neither is to be had
 */
export async function ensureEngine(folder: string, say: (line: string) => void): Promise<Engine> {
  const present = await presentEngine(folder);
  if (present) return present;
  const problem = engineProblem(
    await serverVersion(),
    (await tryRun('docker', ['buildx', 'version'])).code === 0,
  );
  if (!problem) {
    const socket = await ownSocket();
    const own: OwnEngine = { chosenBy: chosenBy(), ...(socket && { socket }) };
    await writeState(statePath(folder), own);
    return commandOf(own);
  }
  if (!hasApt() || process.getuid?.() !== 0)
    throw new DeployError(`${problem} A private one needs root on Debian or Ubuntu.`, INSTALL_ENGINE);
  if (!problem.startsWith('No ')) say(`${problem} Using a private one.`);
  return await startEngine({ folder, say });
}

/** The version of the Engine that `docker` reaches; undefined where it reaches none within ten seconds. */
async function serverVersion(): Promise<string | undefined> {
  const { code, stdout } = await tryRun('docker', ['version', '--format', '{{.Server.Version}}'], {
    timeout: 10_000,
  });
  return code === 0 ? stdout.trim() : undefined;
}

/**
 * Why the machine's Engine cannot be used, one sentence; empty where it can.
 * @param version of the Engine; undefined where none answers
 */
export function engineProblem(version: string | undefined, hasBuildx: boolean): string {
  if (version === undefined) return 'No Docker Engine answers here.';
  if (!(Number.parseInt(version, 10) >= OLDEST))
    return `The Docker Engine here is ${version}; ${OLDEST} or newer is needed.`;
  return hasBuildx ? '' : 'The docker command here has no Buildx.';
}

/** The unix socket that `docker` uses; undefined where it is none. */
async function ownSocket(): Promise<string | undefined> {
  const host =
    process.env.DOCKER_HOST ??
    (await run('docker', ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'])).trim();
  return host.startsWith('unix://') ? host.slice('unix://'.length) : undefined;
}
