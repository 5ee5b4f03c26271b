import type { DockerCommand } from '../../src/local/parts/index.ts';
import { tryRun } from '../../src/local/parts/process.ts';

/**
 * Removes the records whose description holds `nonce` from the Engine's build cache, which is then as fresh to the
 * next build of these files as a new runner's.
 * @throws Error where the Engine does not list its records: every later build would seem to hit the cache
 */
export async function forget(docker: DockerCommand, nonce: string): Promise<void> {
  const buildx = async (...args: string[]) =>
    await tryRun(docker.program, ['buildx', ...args], { env: { ...process.env, ...docker.env } });
  for (;;) {
    const { code, stdout, stderr } = await buildx('du', '--builder', 'default', '--format', 'json');
    if (code !== 0) throw new Error(stderr);
    const ids = stdout
      .split('\n')
      .filter((line) => line.includes(nonce))
      .map((line) => String((JSON.parse(line) as { ID: string }).ID));
    if (ids.length === 0) return;
    // A record goes only after those that were made from it.
    for (const id of ids)
      await buildx('prune', '--builder', 'default', '--force', '--all', '--filter', `id=${id}`);
  }
}
