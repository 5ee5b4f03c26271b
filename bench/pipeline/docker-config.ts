import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Registry } from '../../src/local/parts/index.ts';

/**
 * Writes Docker's sign-in to a registry.
 * @returns the folder, for DOCKER_CONFIG
 */
export async function dockerConfig(folder: string, registry: Registry): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const auth = Buffer.from(`${registry.user}:${registry.password}`).toString('base64');
  const path = join(folder, 'config.json');
  await writeFile(path, JSON.stringify({ auths: { [registry.host]: { auth } } }), { mode: 0o600 });
  return folder;
}
