import { describe, expect, it } from 'vitest';
import { releaseNotes } from '../../scripts/release/changelog.ts';

const changelog = `# Changelog

## Unreleased

- later

## 1.10.0 - 2026-12-01

- one
  more

## 1.1.0

- older
`;

describe('notes of a release', () => {
  it('are the section of exactly this version', () => {
    expect(releaseNotes('v1.10.0', '1.10.0', changelog)).toBe('- one\n  more');
    expect(releaseNotes('v1.1.0', '1.1.0', changelog)).toBe('- older');
  });

  it.each([
    ['v2.0.0', '1.10.0', 'package.json says 1.10.0'],
    ['v1.2.0', '1.2.0', 'no section "## 1.2.0"'],
    ['main', '1.2.0', 'no tag of a release'],
    ['v1.2', '1.2', 'no tag of a release'],
  ])('%s with package.json %s is refused', (tag, version, message) => {
    expect(() => releaseNotes(tag, version, changelog)).toThrow(message);
  });

  it('are refused where the section is empty', () => {
    expect(() => releaseNotes('v1.0.0', '1.0.0', '## 1.0.0\n\n## 0.9.0\n- x\n')).toThrow('no section');
  });
});
