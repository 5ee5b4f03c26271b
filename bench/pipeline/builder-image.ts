import { chmod, copyFile, cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { debianRoot, importImage } from '../../src/local/parts/debian-root.ts';
import { type DockerCommand, goCommand } from '../../src/local/parts/index.ts';
import { madeOnce } from '../../src/local/parts/once.ts';
import { run, tryRun } from '../../src/local/parts/process.ts';
import { buildkitd } from '../../test/support/buildkitd.ts';

const MODULE = 'github.com/moby/buildkit';
const VERSION = 'v0.34.2';

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
  const [daemon, client] = [await buildkitd(folder, say), await buildctl(folder, say)];
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

/** BuildKit's client, built as the daemon is. */
async function buildctl(folder: string, say: (line: string) => void): Promise<string> {
  const target = join(folder, 'tools', 'buildctl');
  await madeOnce(target, `1 ${MODULE}@${VERSION}`, async (draft) => {
    say(`buildctl: go build ${MODULE}@${VERSION} (once, about a minute) ...`);
    const go = await goCommand(folder, say);
    const options = {
      env: { ...go.env, CGO_ENABLED: '0' },
      what: 'Build buildctl from the Go module proxy',
      hint: 'Check that this machine reaches the Go module proxy (go env GOPROXY).',
    };
    const printed = await run(go.program, ['mod', 'download', '-json', `${MODULE}@${VERSION}`], options);
    const source = join(draft, 'source');
    await cp((JSON.parse(printed) as { Dir: string }).Dir, source, { recursive: true });
    await run('chmod', ['-R', 'u+w', source], options);
    const output = join(draft, 'buildctl');
    await run(
      go.program,
      ['build', '-C', source, '-ldflags', '-s -w', '-o', output, './cmd/buildctl'],
      options,
    );
    await rm(source, { recursive: true });
  });
  return join(target, 'buildctl');
}
