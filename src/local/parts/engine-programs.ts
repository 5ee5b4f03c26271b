import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DeployError } from '../../errors.ts';
import { debianPackages, ENGINE_SUITE, hasApt, libraryFolders, notInstalled } from './debian.ts';
import { isMade, madeOnce } from './once.ts';
import { tryRun } from './process.ts';

export const INSTALL_ENGINE =
  'Install Docker Engine 28 or newer with Buildx: https://docs.docker.com/engine/install/';

/** The programs of a private Engine, in a folder of their own. */
export interface EnginePrograms {
  /** Unpacked packages. */
  root: string;
  /** The `docker` program, which finds this folder's Buildx whatever DOCKER_CONFIG says. */
  docker: string;
  /** For the Engine and what it starts: programs and shared libraries of this folder first. */
  env: NodeJS.ProcessEnv;
}

/** From Debian's newer release: the Engine, which only needs a libc of 2021 or later. */
const ENGINE = ['docker.io', 'containerd', 'docker-cli', 'docker-buildx', 'tini-static'];
/** From the machine's own release: what is built against its libraries. */
const BESIDE = ['runc', 'iptables', 'iproute2', 'libsystemd0'];
const RECIPE = `1 ${ENGINE_SUITE} ${ENGINE} ${BESIDE}`;

/**
 * The programs of a private Engine, unpacked into `<folder>/engine` at the first call.
 * @throws DeployError where this is no Debian or Ubuntu, or we are not root
 */
export async function enginePrograms(folder: string, say: (line: string) => void): Promise<EnginePrograms> {
  const target = join(folder, 'engine');
  if (!(await isMade(target, RECIPE))) {
    if (!hasApt() || process.getuid?.() !== 0)
      throw new DeployError(
        'No usable Docker Engine runs here, and a private one needs root on Debian or Ubuntu.',
        INSTALL_ENGINE,
      );
    say('Docker Engine: unpacking a private one from Debian (once, about 15 s) ...');
    await madeOnce(target, RECIPE, (draft) => unpack(draft, folder));
  }
  return programsIn(target);
}

async function unpack(draft: string, folder: string): Promise<void> {
  const root = join(draft, 'root');
  const beside = await notInstalled(BESIDE);
  await Promise.all([
    debianPackages(ENGINE, root, { suite: ENGINE_SUITE, folder }),
    beside.length &&
      debianPackages(beside, join(draft, 'beside'), { suite: 'own', folder, dependencies: 'missing' }),
  ]);
  await mkdir(join(draft, 'bin'));
  if (beside.includes('iptables')) await chooseIptables(draft);
}

/**
 * Gives the name `iptables` to the variant that this kernel knows, which the package's own script does when it
 * is installed.
 */
async function chooseIptables(draft: string): Promise<void> {
  const program = (variant: string) => join('beside', 'usr', 'sbin', `xtables-${variant}-multi`);
  const env = environment(draft, await libraryFolders(join(draft, 'beside')));
  for (const variant of ['nft', 'legacy']) {
    const { code } = await tryRun(join(draft, program(variant)), ['iptables', '-t', 'nat', '-S'], { env });
    if (code !== 0) continue;
    for (const name of ['iptables', 'iptables-save', 'iptables-restore'])
      await symlink(join('..', program(variant)), join(draft, 'bin', name));
    return;
  }
  throw new DeployError(
    "This machine's kernel does not let a private Docker Engine translate addresses (iptables -t nat).",
    INSTALL_ENGINE,
  );
}

function environment(target: string, libraries: string[]): NodeJS.ProcessEnv {
  const programs = [
    'bin',
    'beside/usr/sbin',
    'beside/usr/bin',
    'beside/sbin',
    'beside/bin',
    'root/usr/sbin',
    'root/usr/bin',
  ];
  const path = [
    ...programs.map((name) => join(target, name)),
    process.env.PATH ?? '',
    '/usr/sbin',
    '/sbin',
    '/usr/bin',
    '/bin',
  ];
  return {
    ...process.env,
    PATH: path.join(':'),
    ...(libraries.length && {
      LD_LIBRARY_PATH: libraries.join(':'),
      XTABLES_LIBDIR: libraries
        .map((path) => join(path, 'xtables'))
        .filter((path) => existsSync(path))
        .join(':'),
    }),
  };
}

async function programsIn(target: string): Promise<EnginePrograms> {
  const docker = join(target, 'cli', 'docker');
  await writeDocker(docker);
  return {
    root: join(target, 'root'),
    docker,
    env: environment(target, await libraryFolders(join(target, 'beside'))),
  };
}

/**
 * Debian's docker program looks for Buildx in folders of the system and of DOCKER_CONFIG only: where the former is
 * not ours to write and the latter changes with each sign-in, a script that calls Buildx itself serves both. It finds
 * them from where it lies itself, since the folder may be reached by several paths, of which one goes away.
 */
async function writeDocker(docker: string): Promise<void> {
  await mkdir(dirname(docker), { recursive: true });
  const script = `#!/bin/sh
root="\${0%/*}/../root/usr"
case "$1" in
  buildx | builder) shift; exec "$root/libexec/docker/cli-plugins/docker-buildx" "$@" ;;
  build) exec "$root/libexec/docker/cli-plugins/docker-buildx" "$@" ;;
esac
exec "$root/bin/docker" "$@"
`;
  // In one step: another process may be about to run it.
  const draft = `${docker}.${process.pid}`;
  await writeFile(draft, script);
  await chmod(draft, 0o755);
  await rename(draft, docker);
}
