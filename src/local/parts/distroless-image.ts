import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeployError } from '../../errors.ts';
import { trustedCertificates } from './certificates.ts';
import { debianPackages, hasApt, IMAGE_SUITE } from './debian.ts';
import { importImage } from './debian-root.ts';
import type { ImageMaker } from './images.ts';

/** What a program that needs glibc and libstdc++ runs on, and nothing else: no shell, no package manager. */
export const DISTROLESS_IMAGE = 'gcr.io/distroless/cc-debian12:nonroot';

/** The packages of the public image, from `cc/BUILD` and `base/base.bzl` of GoogleContainerTools/distroless. */
const PACKAGES = [
  'base-files',
  'libc6',
  'libgcc-s1',
  'libgomp1',
  'libssl3',
  'libstdc++6',
  'netbase',
  'tzdata',
];

/** The public image's user, by number and by name. */
const NONROOT = 65532;

/** What the stand-in is made of. */
export const DISTROLESS_RECIPE = `1 ${IMAGE_SUITE} ${PACKAGES.join(' ')}`;

/**
 * Makes a stand-in for the public distroless image out of the same packages of Debian.
 * @throws DeployError where this is no Debian or Ubuntu
 */
export const makeDistrolessImage: ImageMaker = async ({ docker, name, folder, draft, say }) => {
  if (!hasApt())
    throw new DeployError(
      `The image ${DISTROLESS_IMAGE} cannot be pulled, and a stand-in can only be made on Debian or Ubuntu.`,
      'Let this machine reach gcr.io (or a mirror), or load the image by hand (docker load).',
    );
  say(
    `Base image ${DISTROLESS_IMAGE}: cannot be pulled here; making a stand-in of Debian's packages (once, about 10 s) ...`,
  );
  const root = join(draft, 'root');
  await debianPackages(PACKAGES, root, { suite: IMAGE_SUITE, folder });
  for (const path of ['doc', 'man', 'lintian'])
    await rm(join(root, 'usr/share', path), { recursive: true, force: true });
  await writeAccounts(root);
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
  await writeFile(join(root, 'etc/ssl/certs/ca-certificates.crt'), await trustedCertificates());
  await importImage(docker, name, root, join(draft, 'layer.tar'), [
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt',
    `USER ${NONROOT}`,
    'WORKDIR /home/nonroot',
  ]);
};

async function writeAccounts(root: string): Promise<void> {
  const people = [
    'root:x:0:0:root:/root:/sbin/nologin',
    'nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin',
    `nonroot:x:${NONROOT}:${NONROOT}:nonroot:/home/nonroot:/sbin/nologin`,
  ];
  const groups = ['root:x:0:', 'tty:x:5:', 'staff:x:50:', 'nobody:x:65534:', `nonroot:x:${NONROOT}:`];
  await writeFile(join(root, 'etc/passwd'), `${people.join('\n')}\n`);
  await writeFile(join(root, 'etc/group'), `${groups.join('\n')}\n`);
  await writeFile(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  for (const folder of ['home/nonroot', 'root', 'dev', 'proc', 'sys'])
    await mkdir(join(root, folder), { recursive: true });
}
