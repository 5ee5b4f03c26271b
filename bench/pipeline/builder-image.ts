import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { debianRoot, importImage } from '../../src/local/parts/debian-root.ts';
import type { DockerCommand } from '../../src/local/parts/index.ts';
import { tryRun } from '../../src/local/parts/process.ts';
import { buildkitProgram } from '../../test/support/buildkit.ts';

/**
 * Makes the image that the docker-container driver starts, as `moby/buildkit` is: the daemon, its client (which
 * Buildx runs in the container) and runc, here on Debian. The published image is about twice as large.
 * @param name of the image in the Engine, which keeps it
 * @throws DeployError where Go's module proxy or Debian's archive cannot be reached
 */
export async function makeBuilderImage(
  folder: string,
  name: string,
  docker: DockerCommand,
  say: (line: string) => void,
): Promise<void> {
  const env = { ...process.env, ...docker.env };
  if ((await tryRun(docker.program, ['image', 'inspect', name], { env })).code === 0) return;
  const daemon = await buildkitProgram('buildkitd', folder, say);
  const client = await buildkitProgram('buildctl', folder, say);
  const draft = join(folder, 'bench', 'builder.draft');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  try {
    const root = join(draft, 'root');
    await debianRoot(root, 'bookworm', ['runc'], folder);
    for (const [path, program] of [
      [daemon, 'buildkitd'],
      [client, 'buildctl'],
    ] as const) {
      await copyFile(path, join(root, 'usr', 'bin', program));
      await chmod(join(root, 'usr', 'bin', program), 0o755);
    }
    await importImage(docker, name, root, join(draft, 'layer.tar'), [
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'ENTRYPOINT ["buildkitd"]',
      'VOLUME /var/lib/buildkit',
    ]);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
