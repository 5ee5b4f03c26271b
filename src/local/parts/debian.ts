import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceLines } from './apt-sources.ts';
import { run, tryRun } from './process.ts';

/** Debian's release that has an Engine new enough for us; 13 (trixie) has only 26. */
export const ENGINE_SUITE = 'forky';
/** The release that `node:24-bookworm-slim` is made of. */
export const IMAGE_SUITE = 'bookworm';

/** How long package lists are taken as new, in milliseconds. */
const LISTS_LAST = 3_600_000;

export interface DebianOptions {
  /** A release of Debian, or `own` for this machine's own release of Debian or Ubuntu. */
  suite: string;
  /** The ignored folder: package lists are kept in its `apt`. */
  folder: string;
  /**
   * Also everything that the packages depend on: `missing` what this machine lacks, `all` as for an empty
   * machine. None where absent.
   */
  dependencies?: 'missing' | 'all';
}

/** Whether packages of Debian can be unpacked here: a machine with apt and dpkg, so Debian, Ubuntu and the like. */
export function hasApt(): boolean {
  return process.platform === 'linux' && existsSync('/usr/bin/apt-get') && existsSync('/usr/bin/dpkg-deb');
}

/**
 * Downloads packages of Debian and unpacks them into a folder. Nothing is installed: apt runs with lists, cache
 * and sources of its own, and no package's scripts run.
 * @param names of packages
 * @param target the folder that gets `usr/`, `etc/` and so on
 * @throws DeployError where a package cannot be had
 */
export async function debianPackages(names: string[], target: string, options: DebianOptions): Promise<void> {
  const downloads = `${target}.debs`;
  await rm(downloads, { recursive: true, force: true });
  try {
    await mkdir(target, { recursive: true });
    for (const file of await downloadPackages(names, downloads, options))
      await run('dpkg-deb', ['--extract', file, target], { what: `Unpack ${file}` });
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
}

/**
 * Downloads packages of Debian without unpacking them.
 * @param downloads a folder for them, apt's cache and its settings; it is the caller's to remove
 * @returns the paths of the .deb files
 * @throws DeployError where a package cannot be had
 */
export async function downloadPackages(
  names: string[],
  downloads: string,
  options: DebianOptions,
): Promise<string[]> {
  const archives = join(downloads, 'archives');
  await mkdir(join(archives, 'partial'), { recursive: true });
  const lists = await listsOf(options.suite, options.folder);
  const env = await aptEnvironment(lists, downloads, options.dependencies === 'missing');
  const failed = await updateLists(lists, env, false);
  const args = options.dependencies
    ? ['install', '--download-only', '--yes', '--no-install-recommends', '-qq', ...names]
    : ['download', '-qq', ...names];
  const first = await tryRun('apt-get', args, { env, cwd: archives });
  if (first.code !== 0) {
    // The archive may have gone on to newer packages than our lists name.
    const again = failed || (await updateLists(lists, env, true));
    await run('apt-get', args, {
      env,
      cwd: archives,
      what: `Download ${names.slice(0, 5).join(', ')} from Debian's archive (${options.suite})${again}`,
      hint: 'Check that this machine reaches its Debian archive (apt-get update), and run this again.',
    });
  }
  return (await readdir(archives))
    .filter((file) => file.endsWith('.deb'))
    .map((file) => join(archives, file));
}

const inUse = new Map<string, Promise<string>>();

/** The folder with the package lists of one release, with its sources.list; made once a process. */
async function listsOf(suite: string, folder: string): Promise<string> {
  const lists = join(folder, 'apt', suite);
  const known = inUse.get(lists);
  if (known) return await known;
  const made = (async () => {
    await mkdir(join(lists, 'lists', 'partial'), { recursive: true });
    const unpackKeyring = async () => {
      const unpacked = join(folder, 'apt', 'keyring');
      await debianPackages(['debian-archive-keyring'], unpacked, { suite: 'own', folder });
      return unpacked;
    };
    await writeFile(join(lists, 'sources.list'), await sourceLines(suite, unpackKeyring));
    await writeFile(join(lists, 'status'), '');
    return lists;
  })();
  inUse.set(lists, made);
  return await made;
}

const updates = new Map<string, Promise<string>>();

/**
 * Fetches the package lists, where they are older than an hour or `anew`; once for all who ask at the same time.
 * @returns what failed, for an error if one comes of it: a source that is down may not be the one that is needed
 */
async function updateLists(lists: string, env: NodeJS.ProcessEnv, anew: boolean): Promise<string> {
  const stamp = join(lists, 'updated');
  const running = updates.get(lists);
  if (running) return await running;
  if (!anew && existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < LISTS_LAST) return '';
  const update = (async () => {
    const { code, stderr } = await tryRun('apt-get', ['update', '-q'], { env });
    if (code !== 0 || /^(W|E|Err):/m.test(stderr)) return ` after: ${stderr.trim().split('\n').at(-1)}`;
    await writeFile(stamp, '');
    return '';
  })();
  updates.set(lists, update);
  return await update.finally(() => updates.delete(lists));
}

/**
 * The environment for apt: the machine's own settings (proxies, certificates) but for its hooks, with sources,
 * lists and cache of our own on top.
 */
async function aptEnvironment(
  lists: string,
  downloads: string,
  asInstalled: boolean,
): Promise<NodeJS.ProcessEnv> {
  const own = {
    'Dir::Etc::Parts': '/dev/null',
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::SourceList': join(lists, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': join(lists, 'lists'),
    'Dir::State::status': asInstalled ? '/var/lib/dpkg/status' : join(lists, 'status'),
    'Dir::Cache': downloads,
    'Dir::Cache::archives': join(downloads, 'archives'),
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': 'root',
    'Debug::NoLocking': '1',
  };
  const lines = Object.entries(own).map(([name, value]) => `${name} "${value}";`);
  const config = join(downloads, 'apt.conf');
  await writeFile(config, [withoutHooks(await run('apt-config', ['dump'])), ...lines, ''].join('\n'));
  return { ...process.env, APT_CONFIG: config, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
}

/** The settings that `apt-config dump` prints, without those that run programs after an update or download. */
export function withoutHooks(dump: string): string {
  return dump
    .split('\n')
    .filter((line) => !/^(APT::Update::(Pre|Post)|DPkg::(Pre|Post))/i.test(line))
    .join('\n');
}

/** Those of the packages that are not installed on this machine. */
export async function notInstalled(names: string[]): Promise<string[]> {
  const { stdout } = await tryRun('dpkg-query', [
    '--show',
    '-f',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the format is dpkg-query's own
    '${Package} ${db:Status-Status}\n',
    ...names,
  ]);
  const installed = new Set(stdout.split('\n').flatMap((line) => line.match(/^(\S+) installed$/)?.[1] ?? []));
  return names.filter((name) => !installed.has(name));
}

/** The folders with shared libraries in a root: `usr/lib/<multiarch>` and `lib/<multiarch>`. */
export async function libraryFolders(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const lib of [join(root, 'usr', 'lib'), join(root, 'lib')])
    for (const entry of existsSync(lib) ? await readdir(lib) : [])
      if (entry.includes('-linux-')) found.push(join(lib, entry));
  return found;
}
