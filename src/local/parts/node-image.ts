import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeployError } from '../../errors.ts';
import { hasApt, IMAGE_SUITE } from './debian.ts';
import { append, debianRoot, importImage } from './debian-root.ts';
import type { ImageMaker } from './images.ts';
import { readText } from './once.ts';
import { run, tryRun } from './process.ts';

export const NODE_IMAGE = 'node:24-bookworm-slim';

/** As in the official image: `docker run IMAGE app.js` runs Node. */
const ENTRYPOINT = `#!/bin/sh
set -e
if [ "\${1#-}" != "\${1}" ] || [ -z "$(command -v "\${1}")" ] || { [ -f "\${1}" ] && ! [ -x "\${1}" ]; }; then
  set -- node "$@"
fi
exec "$@"
`;

/** What the stand-in is made of: this recipe's number and the version of Node. */
export async function nodeRecipe(): Promise<string> {
  const text = await readText(join(dirname(dirname(projectNode())), 'package.json'));
  const version = /"version":\s*"([^"]+)"/.exec(text ?? '')?.[1];
  return `2 ${IMAGE_SUITE} node ${version}`;
}

const DEFAULT_NPM_REGISTRY = 'https://registry.npmjs.org/';

/**
 * Makes a stand-in for the official Node image out of Debian's packages, this project's Node and npm.
 * @throws DeployError where this is no Debian or Ubuntu
 */
export const makeNodeImage: ImageMaker = async ({ docker, name, folder, draft, say }) => {
  if (!hasApt())
    throw new DeployError(
      `The image ${NODE_IMAGE} cannot be pulled, and a stand-in can only be made on Debian or Ubuntu.`,
      `Let this machine reach Docker Hub (or a mirror), or load the image by hand (docker load).`,
    );
  if (!existsSync(projectNode()))
    throw new DeployError(
      `This project has no Node for linux-${arch()} among its packages, which a stand-in for ${NODE_IMAGE} needs.`,
      'Run npm ci with optional dependencies.',
    );
  say(
    `Base image ${NODE_IMAGE}: cannot be pulled here; making a stand-in of Debian's packages (once, about 20 s) ...`,
  );
  const root = join(draft, 'root');
  await Promise.all([debianRoot(root, IMAGE_SUITE, [], folder), downloadNpm(draft)]);
  const version = await installNode(root, draft);
  await writeFile(join(root, 'usr/local/etc/npmrc'), await npmrc());
  await append(join(root, 'etc/passwd'), 'node:x:1000:1000::/home/node:/bin/bash\n');
  await append(join(root, 'etc/group'), 'node:x:1000:\n');
  await mkdir(join(root, 'home/node'), { recursive: true });
  await importImage(docker, name, root, join(draft, 'layer.tar'), [
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `ENV NODE_VERSION=${version}`,
    'ENTRYPOINT ["docker-entrypoint.sh"]',
    'CMD ["node"]',
  ]);
};

/** @returns the version, as `24.1.0` */
async function installNode(root: string, draft: string): Promise<string> {
  const bin = join(root, 'usr/local/bin');
  await mkdir(bin, { recursive: true });
  await copyFile(projectNode(), join(bin, 'node'));
  await symlink('node', join(bin, 'nodejs'));
  await writeFile(join(bin, 'docker-entrypoint.sh'), ENTRYPOINT);
  for (const name of ['node', 'docker-entrypoint.sh']) await chmod(join(bin, name), 0o755);
  const npm = join(root, 'usr/local/lib/node_modules/npm');
  await mkdir(npm, { recursive: true });
  await mkdir(join(root, 'usr/local/etc'), { recursive: true });
  const tarball = (await readdir(draft)).find((file) => file.endsWith('.tgz'));
  await run('tar', [
    '--extract',
    '--file',
    join(draft, tarball ?? 'npm.tgz'),
    '--directory',
    npm,
    '--strip-components=1',
    '--no-same-owner',
  ]);
  for (const name of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(bin, name));
  await rm(join(draft, tarball ?? 'npm.tgz'));
  return (await run(projectNode(), ['--version'])).trim().slice(1);
}

/** Node 24 for Linux among this project's packages: its version is the lockfile's. */
function projectNode(): string {
  return fileURLToPath(new URL(`../../../node_modules/node-linux-${arch()}/bin/node`, import.meta.url));
}

async function downloadNpm(draft: string): Promise<void> {
  await run('npm', ['pack', 'npm@11', '--silent', '--pack-destination', draft], {
    cwd: draft,
    what: 'Download npm',
    hint: 'Check that this machine reaches its npm registry, and run this again.',
  });
}

/** npm's settings in the image: the certificates of this machine, and its registry where it is another. */
async function npmrc(): Promise<string> {
  const registry = (await tryRun('npm', ['config', 'get', 'registry'])).stdout.trim();
  const lines = ['cafile=/etc/ssl/certs/ca-certificates.crt'];
  if (registry.startsWith('http') && registry !== DEFAULT_NPM_REGISTRY) lines.push(`registry=${registry}`);
  return `${lines.join('\n')}\n`;
}
