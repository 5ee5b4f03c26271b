import { cpSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const { ARTIFACT_STORE = '', GITHUB_WORKSPACE = '', INPUT_NAME = '', INPUT_PATH = '.' } = process.env;
const source = join(ARTIFACT_STORE, INPUT_NAME);
if (existsSync(source)) {
  cpSync(source, resolve(GITHUB_WORKSPACE, INPUT_PATH), { recursive: true });
} else {
  process.stdout.write(
    `::error::Unable to download artifact(s): Artifact not found for name: ${INPUT_NAME}\n`,
  );
  process.exitCode = 1;
}
