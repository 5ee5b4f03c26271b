import { join } from 'node:path';
import { madeOnce } from '../../src/local/parts/once.ts';
import { pip } from '../../src/local/parts/python.ts';
import { UV_IMAGE } from '../../src/local/parts/uv-image.ts';

/**
 * The uv that the Dockerfile of examples/fastapi names, from PyPI, once.
 * @param folder the project's ignored folder
 * @returns the program's path
 * @throws DeployError where PyPI cannot be reached
 */
export async function uvProgram(folder: string): Promise<string> {
  const version = UV_IMAGE.split(':').at(-1);
  const made = await madeOnce(join(folder, 'uv'), `1 uv ${version}`, async (draft) => {
    await pip(['install', '--target', draft, `uv==${version}`], folder, () => {});
  });
  return join(made, 'bin', 'uv');
}
