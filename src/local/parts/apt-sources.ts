import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ARCHIVE = 'http://deb.debian.org/debian';
const KEYRINGS = '/usr/share/keyrings';
const DEBIAN_KEYS = 'debian-archive-keyring.gpg';

/** One archive that apt knows: its address, one release and one component of it. */
export interface AptSource {
  uri: string;
  release: string;
  component: string;
}

/**
 * The lines of a sources.list for one release, signatures checked.
 * @param suite a release of Debian, or `own` for the machine's own release of Debian or Ubuntu
 * @param unpackKeyring called where the machine (Ubuntu) lacks Debian's keys: unpacks the package
 *   debian-archive-keyring and returns the folder
 */
export async function sourceLines(suite: string, unpackKeyring: () => Promise<string>): Promise<string> {
  const sources = machineSources();
  const release = ownRelease(readFileSync('/etc/os-release', 'utf8'));
  if (suite === 'own') return `${ownSources(sources, release.codename, ownKeyring(release.id)).join('\n')}\n`;
  const keys = join(KEYRINGS, DEBIAN_KEYS);
  const keyring = existsSync(keys) ? keys : join(await unpackKeyring(), keys);
  const uri = (release.id === 'debian' && archiveOf(sources, release.codename)) || ARCHIVE;
  return `deb [target=Packages signed-by=${keyring}] ${uri} ${suite} main\n`;
}

/** The distribution (`debian`, `ubuntu`) and codename in an /etc/os-release. */
export function ownRelease(osRelease: string): { id: string; codename: string } {
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(osRelease)?.[1] ?? '';
  return { id: field('ID'), codename: field('VERSION_CODENAME') };
}

/** What the machine's sources say; apt itself tells only after its first update, which fresh machines lack. */
function machineSources(): AptSource[] {
  const folder = '/etc/apt/sources.list.d';
  const files = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  return ['/etc/apt/sources.list', ...files].flatMap((path) => {
    if (path.endsWith('.list')) return listSources(read(path));
    return path.endsWith('.sources') ? stanzaSources(read(path)) : [];
  });
}

/** Reads the one-line form (`deb [options] URI release component...`) of sources.list(5). */
export function listSources(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const [, uri, release, components] =
      /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line.trim()) ?? [];
    return uri && release ? words(components).map((component) => ({ uri, release, component })) : [];
  });
}

/** Reads the form in stanzas (deb822) of sources.list(5). */
export function stanzaSources(text: string): AptSource[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  return lines
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const field = (name: string) =>
        words(new RegExp(`^${name}:((?:.*)(?:\\n[ \\t].*)*)`, 'im').exec(stanza)?.[1]);
      if (!field('Types').includes('deb') || field('Enabled')[0] === 'no') return [];
      return field('URIs').flatMap((uri) =>
        field('Suites').flatMap((release) =>
          field('Components').map((component) => ({ uri, release, component })),
        ),
      );
    });
}

function words(text = ''): string[] {
  return text.split(/\s+/).filter(Boolean);
}

/** Where this machine gets its own release of Debian from; undefined where its sources do not say. */
export function archiveOf(sources: AptSource[], codename: string): string | undefined {
  return sources.find((source) => source.release === codename && source.component === 'main')?.uri;
}

/**
 * The machine's sources of its own release with updates and security fixes, and no third ones: those may need a
 * sign-in or be out of reach, and nothing is needed of them.
 * @param keyring the keys that sign them; empty for those that apt trusts anyway
 */
export function ownSources(sources: AptSource[], codename: string, keyring: string): string[] {
  const signed = keyring ? ` signed-by=${keyring}` : '';
  return sources
    .filter(({ release }) => release === codename || release.startsWith(`${codename}-`))
    .filter(({ component }) => component === 'main' || component === 'universe')
    .map(({ uri, release, component }) => `deb [target=Packages${signed}] ${uri} ${release} ${component}`);
}

function ownKeyring(id: string): string {
  const keyring = join(KEYRINGS, `${id}-archive-keyring.gpg`);
  return existsSync(keyring) ? keyring : '';
}
