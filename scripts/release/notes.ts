import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../../src/errors.ts';
import { releaseNotes } from './changelog.ts';

/** `node scripts/release/notes.ts v1.2.3`: prints what CHANGELOG.md says of a version, and fails where it does not. */
const root = join(import.meta.dirname, '..', '..');

try {
  const [changelog, manifest] = await Promise.all(
    ['CHANGELOG.md', 'package.json'].map((file) => readFile(join(root, file), 'utf8')),
  );
  const { version } = JSON.parse(manifest ?? '') as { version: string };
  process.stdout.write(`${releaseNotes(process.argv[2] ?? '', version, changelog ?? '')}\n`);
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
}
