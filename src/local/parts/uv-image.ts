import { chmod, copyFile, mkdir, readdir } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { DeployError } from '../../errors.ts';
import { importImage } from './debian-root.ts';
import type { ImageMaker } from './images.ts';
import { run } from './process.ts';
import { pip, python } from './python.ts';

const VERSION = '0.13.9';
export const UV_IMAGE = `ghcr.io/astral-sh/uv:${VERSION}`;

/** The wheel whose programs are static, so that any image can hold them. */
const PLATFORMS: Record<string, string> = { x64: 'musllinux_1_1_x86_64', arm64: 'musllinux_1_1_aarch64' };

/** What the stand-in is made of. */
export const UV_RECIPE = `1 uv ${VERSION} ${PLATFORMS[arch()]}`;

/**
 * Makes a stand-in for uv's image, which holds two programs and nothing else, out of uv's package on PyPI.
 * @throws DeployError where PyPI cannot be reached or has no uv for this architecture
 */
export const makeUvImage: ImageMaker = async ({ docker, name, folder, draft, say }) => {
  const platform = PLATFORMS[arch()];
  if (!platform) throw new DeployError(`PyPI has no uv for ${arch()} machines that any image can hold.`);
  say(`Image ${UV_IMAGE}: cannot be pulled here; taking uv from PyPI (once, about 5 s) ...`);
  const limits = ['--no-deps', '--only-binary=:all:', `--platform=${platform}`];
  await pip(['download', ...limits, '--dest', draft, `uv==${VERSION}`], folder, say);
  const wheel = (await readdir(draft)).find((file) => file.endsWith('.whl'));
  if (!wheel) throw new DeployError(`pip download uv==${VERSION} brought no wheel.`);
  const { program, env } = await python(folder, say);
  const files = join(draft, 'files');
  await run(program, ['-m', 'zipfile', '--extract', join(draft, wheel), files], {
    env,
    what: `Unpack ${wheel}`,
  });
  const root = join(draft, 'image');
  await mkdir(root);
  for (const file of ['uv', 'uvx']) {
    await copyFile(join(files, `uv-${VERSION}.data`, 'scripts', file), join(root, file));
    await chmod(join(root, file), 0o755);
  }
  await importImage(docker, name, root, join(draft, 'layer.tar'), ['ENTRYPOINT ["/uv"]']);
};
