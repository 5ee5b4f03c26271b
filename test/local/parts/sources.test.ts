import { describe, expect, it } from 'vitest';
import {
  archiveOf,
  listSources,
  ownRelease,
  ownSources,
  stanzaSources,
} from '../../../src/local/parts/apt-sources.ts';
import { withoutHooks } from '../../../src/local/parts/debian.ts';

describe('apt sources', () => {
  it('reads the one-line form, with and without options, and skips comments and source packages', () => {
    const text = [
      '# deb http://old.example/debian bookworm main',
      'deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian bookworm main contrib # ours',
      'deb-src http://a.example/debian bookworm main',
      'deb http://b.example/debian bookworm-updates main',
    ].join('\n');
    expect(listSources(text)).toEqual([
      { uri: 'http://a.example/debian', release: 'bookworm', component: 'main' },
      { uri: 'http://a.example/debian', release: 'bookworm', component: 'contrib' },
      { uri: 'http://b.example/debian', release: 'bookworm-updates', component: 'main' },
    ]);
  });

  it('reads stanzas: comments inside, continued lines, several values, disabled ones', () => {
    const text = [
      'Types: deb deb-src',
      '# http://snapshot.example/',
      'URIs: http://a.example/ubuntu',
      'Suites: noble',
      ' noble-updates',
      'Components: main universe',
      '',
      'Enabled: no',
      'Types: deb',
      'URIs: http://off.example',
      'Suites: noble',
      'Components: main',
      '',
      'Types: deb-src',
      'URIs: http://src.example',
      'Suites: noble',
      'Components: main',
    ].join('\n');
    expect(stanzaSources(text).map(({ release, component }) => `${release}/${component}`)).toEqual([
      'noble/main',
      'noble/universe',
      'noble-updates/main',
      'noble-updates/universe',
    ]);
  });

  const sources = listSources(
    [
      'deb http://third.example bookworm stable',
      'deb http://mirror.example/debian bookworm main non-free',
      'deb http://mirror.example/security bookworm-security main',
      'deb http://cloud.example cloud-sdk-bookworm main',
    ].join('\n'),
  );

  it('takes the archive from the release itself, not from its security fixes or a third source', () => {
    expect(archiveOf(sources, 'bookworm')).toBe('http://mirror.example/debian');
    expect(archiveOf(sources, 'trixie')).toBeUndefined();
  });

  it('keeps only the own release in what is asked for packages of this machine', () => {
    expect(ownSources(sources, 'bookworm', '/keys.gpg')).toEqual([
      'deb [target=Packages signed-by=/keys.gpg] http://mirror.example/debian bookworm main',
      'deb [target=Packages signed-by=/keys.gpg] http://mirror.example/security bookworm-security main',
    ]);
    expect(ownSources(sources, 'bookworm', '')[0]).toContain('deb [target=Packages] http');
  });

  it('knows the distribution, quoted or not', () => {
    const text = 'NAME="Debian"\nVERSION_CODENAME=bookworm\nID=debian\nID_LIKE=x\n';
    expect(ownRelease(text)).toEqual({ id: 'debian', codename: 'bookworm' });
    expect(ownRelease('ID="ubuntu"\nVERSION_CODENAME="noble"\n')).toEqual({
      id: 'ubuntu',
      codename: 'noble',
    });
    expect(ownRelease('')).toEqual({ id: '', codename: '' });
  });
});

describe("the machine's apt settings", () => {
  it('lose their hooks and keep everything else', () => {
    const dump = [
      'APT::Update::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb";',
      'APT::Update::Post-Invoke-Success:: "notify";',
      'DPkg::Pre-Install-Pkgs:: "check";',
      'Acquire::http::Proxy "http://proxy.example:3128";',
      'APT::Update "";',
    ].join('\n');
    expect(withoutHooks(dump)).toBe('Acquire::http::Proxy "http://proxy.example:3128";\nAPT::Update "";');
  });
});
