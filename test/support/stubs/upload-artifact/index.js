import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const { ARTIFACT_STORE = '', GITHUB_WORKSPACE = '', INPUT_NAME = '' } = process.env;
const source = resolve(GITHUB_WORKSPACE, (process.env.INPUT_PATH ?? '').trim());
const target = join(ARTIFACT_STORE, INPUT_NAME);
const strictness = process.env['INPUT_IF-NO-FILES-FOUND'];
if (existsSync(source)) {
  mkdirSync(target, { recursive: true });
  cpSync(source, statSync(source).isDirectory() ? target : join(target, basename(source)), {
    recursive: true,
  });
} else if (strictness !== 'ignore') {
  process.stdout.write(`::${strictness === 'error' ? 'error' : 'warning'}::No files were found: ${source}\n`);
  process.exitCode = strictness === 'error' ? 1 : 0;
}
