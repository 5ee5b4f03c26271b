import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeployError } from '../../errors.ts';
import { hasApt, IMAGE_SUITE } from './debian.ts';
import { debianRoot, importImage } from './debian-root.ts';
import type { ImageMaker } from './images.ts';
import { packageIndex } from './python.ts';

export const PYTHON_IMAGE = 'python:3.12-slim-bookworm';

const PACKAGES = ['python3', 'python3-pip', 'python3-venv'];

/** What the stand-in is made of. */
export const PYTHON_RECIPE = `1 ${IMAGE_SUITE} ${PACKAGES.join(' ')}`;

const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Makes a stand-in for the official Python image out of Debian's packages. Its Python is Debian's own, which is
 * older (3.11): what asks for 3.12 at least fails on it with uv's or pip's own message.
 * @throws DeployError where this is no Debian or Ubuntu
 */
export const makePythonImage: ImageMaker = async ({ docker, name, folder, draft, say }) => {
  if (!hasApt())
    throw new DeployError(
      `The image ${PYTHON_IMAGE} cannot be pulled, and a stand-in can only be made on Debian or Ubuntu.`,
      'Let this machine reach Docker Hub (or a mirror), or load the image by hand (docker load).',
    );
  say(
    `Base image ${PYTHON_IMAGE}: cannot be pulled here; making a stand-in of Debian's packages, with their own Python (once, about 20 s) ...`,
  );
  const root = join(draft, 'root');
  await debianRoot(root, IMAGE_SUITE, PACKAGES, folder);
  await nameAsOfficial(root);
  await configure(root, await packageIndex(folder, say));
  await importImage(docker, name, root, join(draft, 'layer.tar'), [
    'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin',
    'ENV LANG=C.UTF-8',
    'CMD ["python3"]',
  ]);
};

/** The official image has Python in /usr/local, as `python` too, and lets pip install into it. */
async function nameAsOfficial(root: string): Promise<void> {
  const bin = join(root, 'usr/local/bin');
  await mkdir(bin, { recursive: true });
  const program = (await readdir(join(root, 'usr/bin'))).find((file) => /^python3\.\d+$/.test(file));
  if (!program) throw new DeployError(`Debian's package python3 of ${IMAGE_SUITE} holds no Python.`);
  for (const name of ['python', 'python3']) await symlink(`/usr/bin/${program}`, join(bin, name));
  for (const name of ['pip', 'pip3'])
    if (existsSync(join(root, 'usr/bin', name))) await symlink(`/usr/bin/${name}`, join(bin, name));
  await rm(join(root, 'usr/lib', program, 'EXTERNALLY-MANAGED'), { force: true });
}

/**
 * pip's and uv's settings in the image: the certificates of this machine, and its package index where it is another.
 * @param index empty for PyPI
 */
async function configure(root: string, index: string): Promise<void> {
  const pip = ['[global]', `cert = ${CERTIFICATES}`, ...(index ? [`index-url = ${index}`] : [])];
  await writeFile(join(root, 'etc/pip.conf'), `${pip.join('\n')}\n`);
  const uv = ['system-certs = true', ...(index ? [`index-url = ${JSON.stringify(index)}`] : [])];
  await mkdir(join(root, 'etc/uv'), { recursive: true });
  await writeFile(join(root, 'etc/uv/uv.toml'), `${uv.join('\n')}\n`);
}
