import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { trustedCertificates } from './certificates.ts';
import { downloadPackages } from './debian.ts';
import type { DockerCommand } from './private-engine.ts';
import { run, tryRun } from './process.ts';

/** What every container that is to feel like Debian has; the rest of a slim image comes as their dependencies. */
const BASE = [
  ...[
    'apt',
    'base-files',
    'base-passwd',
    'bash',
    'bsdutils',
    'ca-certificates',
    'coreutils',
    'dash',
    'debianutils',
  ],
  ...[
    'diffutils',
    'dpkg',
    'findutils',
    'grep',
    'gzip',
    'hostname',
    'libc-bin',
    'libstdc++6',
    'login',
    'mawk',
  ],
  ...['mount', 'ncurses-base', 'ncurses-bin', 'passwd', 'perl-base', 'sed', 'tar', 'tzdata', 'util-linux'],
];

/** What Debian's slim images leave out, and what is for a shell at a keyboard. */
const LEFT_OUT = [
  'doc',
  'man',
  'info',
  'locale',
  'lintian',
  'linda',
  'bash-completion',
  'common-licenses',
  'groff',
].map((name) => join('usr', 'share', name));

const MERGED = ['bin', 'sbin', 'lib', 'lib64'];

/**
 * Unpacks a Debian that runs as a container, without root's rights and without running a package's scripts: what
 * they would do that matters is done here. apt works in it.
 * @param extra packages beside the base
 * @param folder the ignored folder with apt's lists
 */
export async function debianRoot(
  root: string,
  suite: string,
  extra: string[],
  folder: string,
): Promise<void> {
  const downloads = `${root}.debs`;
  for (const name of MERGED) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await symlink(join('usr', name), join(root, name));
  }
  const files = await downloadPackages([...BASE, ...extra], downloads, {
    suite,
    folder,
    dependencies: 'all',
  });
  const info = join(root, 'var', 'lib', 'dpkg', 'info');
  await mkdir(info, { recursive: true });
  let status = '';
  for (const file of files) {
    const control = await run('dpkg-deb', ['--field', file]);
    const name = /^Package: (.*)$/m.exec(control)?.[1] ?? basename(file);
    const listed = await run('dpkg-deb', ['--vextract', file, root], { what: `Unpack ${basename(file)}` });
    // dpkg's own record, so that apt-get install in a Dockerfile knows what is there.
    status += control
      .replace(/^Package: .*$/m, '$&\nStatus: install ok installed')
      .trimEnd()
      .concat('\n\n');
    const same = /^Multi-Arch: same$/m.test(control) ? `:${/^Architecture: (.*)$/m.exec(control)?.[1]}` : '';
    await writeFile(join(info, `${name}${same}.list`), installedPaths(listed));
  }
  await writeFile(join(root, 'var', 'lib', 'dpkg', 'status'), status);
  await rm(downloads, { recursive: true, force: true });
  for (const path of LEFT_OUT) await rm(join(root, path), { recursive: true, force: true });
  await settle(root, join(folder, 'apt', suite, 'sources.list'));
}

/** The paths of a package as dpkg's .list files hold them, from what `dpkg-deb --vextract` prints. */
export function installedPaths(listed: string): string {
  const paths = listed.split('\n').filter(Boolean);
  return paths.map((path) => `${path === './' ? '/.' : path.slice(1).replace(/\/$/, '')}\n`).join('');
}

/** What the packages' scripts do on a real installation. */
async function settle(root: string, sources: string): Promise<void> {
  const at = (...names: string[]) => join(root, ...names);
  for (const name of ['dev', 'proc', 'sys', 'run', 'home', 'root', 'tmp', 'var/tmp', 'var/lib/dpkg/updates'])
    await mkdir(at(name), { recursive: true });
  await chmod(at('root'), 0o700);
  for (const name of ['tmp', 'var/tmp']) await chmod(at(name), 0o1777);
  await copyFile(at('usr/share/libc-bin/nsswitch.conf'), at('etc/nsswitch.conf'));
  await copyFile(at('usr/share/base-files/profile'), at('etc/profile'));
  for (const name of ['passwd', 'group'])
    await copyFile(at(`usr/share/base-passwd/${name}.master`), at('etc', name));
  await append(at('etc/passwd'), '_apt:x:42:65534::/nonexistent:/usr/sbin/nologin\n');
  // The names that Debian's alternatives give, for whichever of these programs are here.
  const names = { sh: 'dash', awk: 'mawk', which: 'which.debianutils', cc: 'gcc' };
  for (const [name, program] of Object.entries(names))
    if (existsSync(at('usr/bin', program)) && !existsSync(at('usr/bin', name)))
      await symlink(program, at('usr/bin', name));
  if (!existsSync(at('etc/localtime'))) await symlink('/usr/share/zoneinfo/Etc/UTC', at('etc/localtime'));
  await writeFile(at('etc/timezone'), 'Etc/UTC\n');
  await mkdir(at('etc/ssl/certs'), { recursive: true });
  await writeFile(at('etc/ssl/certs/ca-certificates.crt'), await trustedCertificates());
  // The machine's own way to the archive, signed by the keys in the image's own package of them.
  const line = (await run('cat', [sources])).replace(/signed-by=\S+\/usr\/share/, 'signed-by=/usr/share');
  await writeFile(at('etc/apt/sources.list'), line);
  await tryRun('ldconfig', ['-r', root]);
}

/** Adds text to the end of a file. */
export async function append(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'a' });
}

/**
 * Makes an image of one layer out of a folder.
 * @param name of the image, with tag
 * @param changes instructions of a Dockerfile, as `CMD ["node"]`
 * @param archive a path for the layer on its way; removed afterwards
 */
export async function importImage(
  docker: DockerCommand,
  name: string,
  root: string,
  archive: string,
  changes: string[] = [],
): Promise<void> {
  // Unpacked by another than root, everything is that user's: in the image it is root's.
  const owner = process.getuid?.() === 0 ? [] : ['--owner=0', '--group=0'];
  try {
    await run('tar', [
      '--create',
      '--file',
      archive,
      '--directory',
      root,
      '--numeric-owner',
      '--sort=name',
      ...owner,
      '.',
    ]);
    const args = ['import', ...changes.flatMap((change) => ['--change', change]), archive, name];
    await run(docker.program, args, {
      env: { ...process.env, ...docker.env },
      what: `Import the image ${name}`,
    });
  } finally {
    await rm(archive, { force: true });
  }
}
