import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { socketFacts } from '../../docker/builder.ts';
import { pings } from '../../docker/engine-api.ts';
import { mountPoints } from '../../docker/mounts.ts';
import { DeployError } from '../../errors.ts';
import { type EnginePrograms, enginePrograms } from './engine-programs.ts';
import {
  closeNetwork,
  type EngineNetwork,
  existingNetwork,
  freePool,
  openNetwork,
  outgoingMtu,
  poolOf,
} from './network.ts';
import { readState, readText, writeState } from './once.ts';
import {
  identify,
  isAlive,
  lastLines,
  type ProcessId,
  startDaemon,
  stopProcess,
  tryRun,
  until,
} from './process.ts';

/** How to reach an Engine. */
export interface DockerCommand {
  /** Path of the docker program, or `docker`. */
  program: string;
  /** To be added to the environment of a child that runs `program`, or `docker` by PATH. */
  env: Record<string, string>;
  /** Whether the Engine is the private one of this project, where images may have any name. */
  private: boolean;
}

interface EngineState {
  process: ProcessId;
  network: EngineNetwork;
}

/** The files of one private Engine. */
interface Places {
  state: string;
  data: string;
  /** Sockets and what lives as long as the Engine; short enough for a socket's path (108 bytes). */
  run: string;
  socket: string;
  log: string;
  id: string;
}

const MOUNTS = '/proc/self/mountinfo';
/** The longest name that the Engine makes below its exec root: `/containerd/containerd-debug.sock`, and reserve. */
const LONGEST_SOCKET_NAME = 40;

function placesIn(folder: string): Places {
  const base = resolve(folder);
  const id = createHash('sha256').update(base).digest('hex').slice(0, 8);
  const near = join(base, 'engine-run');
  const run = near.length + LONGEST_SOCKET_NAME < 108 ? near : join(tmpdir(), `engine-${id}`);
  return {
    state: join(base, 'engine.json'),
    data: join(base, 'engine-data'),
    run,
    socket: join(run, 'docker.sock'),
    log: join(base, 'engine.log'),
    id,
  };
}

function command(programs: { docker: string }, socket: string): DockerCommand {
  return {
    program: programs.docker,
    env: {
      DOCKER_HOST: `unix://${socket}`,
      // Of another Engine's sign-in; a socket has none.
      DOCKER_TLS_VERIFY: '',
      PATH: `${dirname(programs.docker)}:${process.env.PATH ?? ''}`,
    },
    private: true,
  };
}

export interface EngineOptions {
  /** Where the Engine keeps its state; a second Engine has another one. */
  folder: string;
  /** The folder that the Engine's programs are unpacked in, where it is not the same one. */
  programs?: string;
  say: (line: string) => void;
}

/** The private Engine of this folder where it runs. */
export async function runningEngine(
  options: Omit<EngineOptions, 'say'>,
): Promise<(DockerCommand & { socket: string }) | undefined> {
  const places = placesIn(options.folder);
  const docker = join(resolve(options.programs ?? options.folder), 'engine', 'cli', 'docker');
  if (!existsSync(places.state) || !existsSync(docker) || !(await pings(places.socket))) return undefined;
  return { ...command({ docker }, places.socket), socket: places.socket };
}

/**
 * Starts a private Engine, or returns the one that runs: its own data, containerd and network, so that several can
 * run beside each other and beside the machine's.
 * @throws DeployError with the end of the Engine's log where it does not come up
 */
export async function startEngine(options: EngineOptions): Promise<DockerCommand & { socket: string }> {
  const running = await runningEngine(options);
  if (running) return running;
  const programs = await enginePrograms(options.programs ?? options.folder, options.say);
  const places = placesIn(options.folder);
  const reached = { ...command(programs, places.socket), socket: places.socket };
  const before = await readState<EngineState>(places.state);
  if (before && isAlive(before.process)) {
    // Busy, perhaps: others may be using it. Only one that stays silent is ended, as it holds the lock on the data.
    if (await until(() => pings(places.socket), 30_000)) return reached;
    await stopProcess(before.process);
  }
  await mkdir(places.run, { recursive: true, mode: 0o700 });
  await dropDeadPids(places);
  const routes = readFileSync('/proc/net/route', 'utf8');
  const network = existingNetwork(before?.network) ?? {
    bridge: `deploy-${places.id}`,
    pool: freePool(routes, before?.network.pool),
  };
  await openNetwork(network, programs.env);
  const process = await startDockerd(programs, places, network, outgoingMtu(routes));
  await writeState(places.state, { process, network } satisfies EngineState);
  const up = await until(async () => (await pings(places.socket)) || !isAlive(process), 30_000);
  if (!up || !isAlive(process)) throw await notUp(places, 'did not come up');
  if (!(await socketFacts(places.socket, 10_000))?.containerdStore)
    throw await notUp(places, "came up without containerd's image store");
  return reached;
}

/** Where the Engine notes the processes it starts: its own and containerd's. */
function pidFiles(places: Places): string[] {
  return [join(places.run, 'docker.pid'), join(places.run, 'containerd', 'containerd.pid')];
}

/** A killed Engine leaves its pid files; it takes a zombie, or another process of that number, for a rival. */
async function dropDeadPids(places: Places): Promise<void> {
  for (const file of pidFiles(places)) {
    const pid = Number(await readText(file));
    const command = pid > 0 && identify(pid) ? ((await readText(`/proc/${pid}/cmdline`)) ?? '') : '';
    if (!command.includes(places.run)) await rm(file, { force: true });
  }
}

async function startDockerd(
  programs: EnginePrograms,
  places: Places,
  network: EngineNetwork,
  mtu: number,
): Promise<ProcessId> {
  const emptyConfig = join(places.run, 'daemon.json');
  await writeFile(emptyConfig, '{}\n');
  const args = [
    ['--config-file', emptyConfig],
    ['--data-root', places.data],
    ['--exec-root', places.run],
    ['--pidfile', pidFiles(places)[0] ?? ''],
    ['--host', `unix://${places.socket}`],
    ['--group', 'root'],
    ['--feature', 'containerd-snapshotter=true'],
    ['--containerd-namespace', `deploy-${places.id}`],
    ['--containerd-plugins-namespace', `deploy-plugins-${places.id}`],
    ['--bridge', network.bridge],
    ['--default-address-pool', `base=${poolOf(network)},size=24`],
    ['--mtu', String(mtu)],
    ['--default-network-opt', `bridge=com.docker.network.driver.mtu=${mtu}`],
    ['--iptables=false', '--ip6tables=false'],
    ['--userland-proxy-path', join(programs.root, 'usr', 'sbin', 'docker-proxy')],
    ['--init-path', join(programs.root, 'usr', 'bin', 'docker-init')],
  ].flat();
  const dockerd = join(programs.root, 'usr', 'sbin', 'dockerd');
  return startDaemon(dockerd, args, { log: places.log, env: programs.env, cwd: places.run });
}

async function notUp(places: Places, what: string): Promise<DeployError> {
  const log = await readFile(places.log, 'utf8').catch(() => '');
  return new DeployError(`The private Docker Engine ${what}: ${lastLines(log, 4)}`, `Its log: ${places.log}`);
}

/**
 * Stops the private Engine of this folder with its containers, and removes its network; images and caches stay.
 * Does nothing where there is none.
 * @returns whether it ran, or had left containers behind
 */
export async function stopEngine(options: EngineOptions): Promise<boolean> {
  const places = placesIn(options.folder);
  const state = await readState<EngineState>(places.state);
  if (!state) return false;
  const programs = await enginePrograms(options.programs ?? options.folder, options.say);
  // A killed Engine leaves containers behind, which only its successor can end.
  const orphans = !isAlive(state.process) && pidFiles(places).some((file) => existsSync(file));
  const runs = orphans || isAlive(state.process);
  if (runs) options.say('Docker Engine: stopping the private one ...');
  if (orphans) await startEngine(options);
  const process = orphans ? (await readState<EngineState>(places.state))?.process : state.process;
  if (process) await stopProcess(process, 20_000);
  await closeNetwork(state.network, programs.env);
  await unmountBelow([places.data, places.run]);
  // What is left there are sockets and pid files; never through a mount that would not go away.
  if (mountPoints(await readFile(MOUNTS, 'utf8'), [places.run]).length === 0)
    await rm(places.run, { recursive: true, force: true });
  return runs;
}

/** Undoes the mounts that a killed Engine left, which would keep its folders from being removed. */
async function unmountBelow(folders: string[]): Promise<void> {
  const mounts = mountPoints(await readFile(MOUNTS, 'utf8'), folders);
  for (const path of mounts) await tryRun('umount', ['--lazy', path]);
}
