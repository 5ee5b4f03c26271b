import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './process.ts';

const ARCHIVE = 'http://deb.debian.org/debian';
const KEYRINGS = '/usr/share/keyrings';
const DEBIAN_KEYS = 'debian-archive-keyring.gpg';

/**
 * The lines of a sources.list for one release, signatures checked.
 * @param suite a release of Debian, or `own` for the machine's own release of Debian or Ubuntu
 * @param unpackKeyring called where the machine (Ubuntu) lacks Debian's keys: unpacks the package
 *   debian-archive-keyring and returns the folder
 */
export async function sourceLines(suite: string, unpackKeyring: () => Promise<string>): Promise<string> {
  const format = '$(CREATED_BY) $(REPO_URI) $(RELEASE) $(COMPONENT)';
  const targets = await run('apt-get', ['indextargets', '--format', format]);
  const release = ownRelease(readFileSync('/etc/os-release', 'utf8'));
  if (suite === 'own')
    return ownSources(targets, release.codename, ownKeyring(release.id)).join('\n').concat('\n');
  const keys = join(KEYRINGS, DEBIAN_KEYS);
  const keyring = existsSync(keys) ? keys : join(await unpackKeyring(), keys);
  const uri = (release.id === 'debian' && archiveOf(targets, release.codename)) || ARCHIVE;
  return `deb [target=Packages signed-by=${keyring}] ${uri} ${suite} main\n`;
}

/** The distribution (`debian`, `ubuntu`) and codename in an /etc/os-release. */
export function ownRelease(osRelease: string): { id: string; codename: string } {
  const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(osRelease)?.[1] ?? '';
  return { id: field('ID'), codename: field('VERSION_CODENAME') };
}

interface Target {
  uri: string;
  release: string;
  component: string;
}

/** Reads `apt-get indextargets` in the format `$(CREATED_BY) $(REPO_URI) $(RELEASE) $(COMPONENT)`. */
function packageTargets(text: string): Target[] {
  return text.split('\n').flatMap((line) => {
    const [kind, uri, release, component] = line.split(' ');
    return kind === 'Packages' && uri && release && component ? [{ uri, release, component }] : [];
  });
}

/** Where this machine gets its own release of Debian from; undefined where its sources do not say. */
export function archiveOf(targets: string, codename: string): string | undefined {
  return packageTargets(targets).find((t) => t.release === codename && t.component === 'main')?.uri;
}

/**
 * The machine's sources of its own release with updates and security fixes, and no third ones: those may need a
 * sign-in or be out of reach, and nothing is needed of them.
 * @param keyring the keys that sign them; empty for those that apt trusts anyway
 */
export function ownSources(targets: string, codename: string, keyring: string): string[] {
  const signed = keyring ? ` signed-by=${keyring}` : '';
  return packageTargets(targets)
    .filter((t) => t.release === codename || t.release.startsWith(`${codename}-`))
    .filter((t) => t.component === 'main' || t.component === 'universe')
    .map((t) => `deb [target=Packages${signed}] ${t.uri} ${t.release} ${t.component}`);
}

function ownKeyring(id: string): string {
  const keyring = join(KEYRINGS, `${id}-archive-keyring.gpg`);
  return existsSync(keyring) ? keyring : '';
}
