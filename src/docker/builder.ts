import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeployError } from '../errors.ts';
import { type Docker, runDocker } from './command.ts';
import { userConfigFolder } from './config.ts';
import { engineGet, engineSocket } from './engine-api.ts';

/** Drivers that a user can name; the first three need nothing else. */
export const drivers = ['auto', 'docker', 'docker-container', 'remote', 'kubernetes'] as const;
export type Driver = (typeof drivers)[number];

/** The builder of a run. */
export interface Builder {
  /** For `--builder`. */
  name: string;
  driver: string;
  /** What this run starts for it, and ends: a private Engine, a builder, or nothing where it is there already. */
  start: 'nothing' | 'engine' | 'builder';
  /** True where base images that the Engine has by name are used without asking their registry. */
  prefersLocalImages: boolean;
}

/** What is asked for. */
export interface BuilderWish {
  /** Name of a builder that exists; '' means none. */
  builder: string;
  driver: Driver;
  /** Whether layers are to be kept outside of the Engine. */
  remoteCache: boolean;
  /** For a builder that is made here, unique in this job. */
  name: string;
}

/** What is asked of the machine, each only where the choice depends on it. */
export interface Machine {
  engine(): Promise<EngineFacts>;
  /** Whether a private Engine can be started beside the machine's own. */
  canStartEngine(): Promise<boolean>;
}

/** What the Engine says of itself. */
export interface EngineFacts {
  version: string;
  /** True where the image store is containerd's, with which the Engine's own BuildKit takes remote caches. */
  containerdStore: boolean;
}

/**
 * Asks the Engine what it is: over its socket where docker would use one, which takes no process.
 * @throws DeployError where none answers
 */
export async function engineFacts(docker: Docker): Promise<EngineFacts> {
  const socket = await engineSocket(docker.env);
  return (socket && (await socketFacts(socket))) || (await factsByCommand(docker));
}

/**
 * The same over a socket alone.
 * @param patience milliseconds
 * @returns undefined where no Engine answers there
 */
export async function socketFacts(socket: string, patience?: number): Promise<EngineFacts | undefined> {
  const { status, body } = await engineGet(socket, '/info', patience);
  return status === 200 ? factsOf(JSON.parse(body) as EngineInfo) : undefined;
}

interface EngineInfo {
  ServerVersion?: string;
  DriverStatus?: string[][] | null;
}

function factsOf({ ServerVersion = '', DriverStatus }: EngineInfo): EngineFacts {
  return {
    version: ServerVersion,
    containerdStore: (DriverStatus ?? []).some(
      ([key, value]) => key === 'driver-type' && value === 'io.containerd.snapshotter.v1',
    ),
  };
}

async function factsByCommand(docker: Docker): Promise<EngineFacts> {
  // Only these two: for all of `info` docker would start every plugin that it has.
  const { code, stdout, stderr } = await runDocker(
    docker,
    ['info', '--format', '[{{json .ServerVersion}}, {{json .DriverStatus}}]'],
    { timeout: 20_000 },
  );
  const [version, status] = (code === 0 ? JSON.parse(stdout) : []) as [string?, string[][]?];
  if (!version)
    throw new DeployError(
      `No Docker Engine answers: ${stderr.trim().split('\n').pop() ?? 'docker info failed'}.`,
      'Start Docker, or run the job on `ubuntu-latest`.',
    );
  return factsOf({ ServerVersion: version, ...(status ? { DriverStatus: status } : {}) });
}

/**
 * Chooses the builder, the first that fits: the one that is named; one that an earlier step made current; the
 * Engine's own, where its image store takes remote caches or none is wanted; a private Engine of the machine's own
 * binaries, which is there in half a second; else a docker-container builder, whose image must be pulled.
 * @throws DeployError where the named one does not exist or Buildx is missing
 */
export async function chooseBuilder(docker: Docker, wish: BuilderWish, machine: Machine): Promise<Builder> {
  if (wish.driver !== 'auto' && wish.driver !== 'docker') return newBuilder(wish.name, wish.driver);
  const [current, engine] = await Promise.all([
    wish.builder === '' ? currentBuilder(docker) : inspectBuilder(docker, wish.builder),
    // A named builder may run elsewhere, so no Engine is no error yet.
    machine.engine().catch((error: unknown) => error),
  ]);
  if (wish.builder !== '' || (wish.driver === 'auto' && current.driver !== 'docker'))
    return { ...current, start: 'nothing', prefersLocalImages: current.driver === 'docker' };
  if (engine instanceof Error) throw engine;
  const { containerdStore } = engine as EngineFacts;
  const own: Builder = { name: 'default', driver: 'docker', start: 'nothing', prefersLocalImages: true };
  if (wish.driver === 'docker' || containerdStore || !wish.remoteCache) return own;
  if (await machine.canStartEngine()) return { ...own, start: 'engine', prefersLocalImages: false };
  return newBuilder(wish.name, 'docker-container');
}

/** A builder that this run makes. */
export function newBuilder(name: string, driver: Exclude<Driver, 'auto' | 'docker'>): Builder {
  return { name, driver, start: 'builder', prefersLocalImages: false };
}

/** Where no builder was made current, it is the Engine's own, and Buildx need not be asked. */
async function currentBuilder(docker: Docker): Promise<{ name: string; driver: string }> {
  const { env } = docker;
  const folder = env.BUILDX_CONFIG || join(userConfigFolder(env), 'buildx');
  const isDefault =
    !env.BUILDX_BUILDER && (await namesNone(join(folder, 'current'))) && (await engineSocket(env));
  return isDefault ? { name: 'default', driver: 'docker' } : await inspectBuilder(docker);
}

/** Source: github.com/docker/buildx, store/store.go: the name is empty for the Engine's own. */
async function namesNone(file: string): Promise<boolean> {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as { Name?: unknown }).Name === '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/**
 * What Buildx says of a builder.
 * @param name absent means the current one
 * @throws DeployError where it cannot be used, or Buildx is missing
 */
export async function inspectBuilder(docker: Docker, name = ''): Promise<{ name: string; driver: string }> {
  const { code, stdout, stderr } = await runDocker(docker, ['buildx', 'inspect', ...(name ? [name] : [])], {
    timeout: 20_000,
  });
  if (code !== 0) {
    const reason = stderr.trim().split('\n').pop() ?? '';
    throw /unknown command|is not a docker command/.test(stderr)
      ? new DeployError(
          'Docker has no Buildx here.',
          'Install it: https://docs.docker.com/build/install-buildx/',
        )
      : new DeployError(
          `Builder ${JSON.stringify(name || 'default')} cannot be used: ${reason}.`,
          'See `docker buildx ls`.',
        );
  }
  const field = (title: string): string => new RegExp(`^${title}:\\s+(\\S+)`, 'm').exec(stdout)?.[1] ?? '';
  return { name: field('Name'), driver: field('Driver') };
}
