import { chmod, copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { debianRoot, importImage } from '../../src/local/parts/debian-root.ts';
import type { DockerCommand } from '../../src/local/parts/index.ts';
import { tryRun } from '../../src/local/parts/process.ts';
import { buildkitProgram } from '../../test/support/buildkit.ts';

/** Its name in the Engine; another number where its content changes. */
const NAME = 'bench-builder:2';

/** What `moby/buildkit` holds beside BuildKit's own programs and git. */
const PACKAGES = [
  ...['runc', 'containernetworking-plugins', 'qemu-user-static'],
  ...['fuse3', 'openssh-client', 'pigz', 'xz-utils'],
];
const NETWORK_PLUGINS = ['bridge', 'firewall', 'host-local', 'loopback'];
const EMULATED = [
  'aarch64',
  'arm',
  'i386',
  'loongarch64',
  'mips64',
  'mips64el',
  'ppc64le',
  'riscv64',
  's390x',
];

/**
 * Makes the image that the docker-container driver starts, as `moby/buildkit` is: the daemon, its client (which
 * Buildx runs in the container), runc, network plugins and the emulators of other processors, here on Debian instead
 * of Alpine.
 * Source: github.com/moby/buildkit, Dockerfile, stages `binaries-linux` and `buildkit-linux`.
 * @returns name of the image in the Engine, which keeps it
 * @throws DeployError where Go's module proxy or Debian's archive cannot be reached
 */
export async function makeBuilderImage(
  folder: string,
  docker: DockerCommand,
  say: (line: string) => void,
): Promise<string> {
  const env = { ...process.env, ...docker.env };
  if ((await tryRun(docker.program, ['image', 'inspect', NAME], { env })).code === 0) return NAME;
  const daemon = await buildkitProgram('buildkitd', folder, say);
  const client = await buildkitProgram('buildctl', folder, say);
  const draft = join(folder, 'bench', 'builder.draft');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  try {
    const root = join(draft, 'root');
    await debianRoot(root, 'bookworm', PACKAGES, folder);
    await take(
      join(root, 'usr', 'lib', 'cni'),
      /^(.*)$/,
      NETWORK_PLUGINS,
      join(root, 'usr', 'bin', 'buildkit-cni-'),
    );
    await take(
      join(root, 'usr', 'bin'),
      /^qemu-(.*)-static$/,
      EMULATED,
      join(root, 'usr', 'bin', 'buildkit-qemu-'),
    );
    for (const [path, program] of [
      [daemon, 'buildkitd'],
      [client, 'buildctl'],
    ] as const) {
      await copyFile(path, join(root, 'usr', 'bin', program));
      await chmod(join(root, 'usr', 'bin', program), 0o755);
    }
    await importImage(docker, NAME, root, join(draft, 'layer.tar'), [
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'ENTRYPOINT ["buildkitd"]',
      'VOLUME /var/lib/buildkit',
    ]);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return NAME;
}

/** Moves the wanted ones of a package's programs to where BuildKit looks for them, and removes the others. */
async function take(
  folder: string,
  pattern: RegExp,
  wanted: readonly string[],
  prefix: string,
): Promise<void> {
  for (const file of await readdir(folder)) {
    const name = pattern.exec(file)?.[1];
    if (name === undefined) continue;
    if (wanted.includes(name)) await rename(join(folder, file), `${prefix}${name}`);
    else await rm(join(folder, file), { recursive: true });
  }
}
