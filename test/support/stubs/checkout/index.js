// Plain JavaScript with no imports but Node's own: a stub has no packages beside it.
import { cpSync } from 'node:fs';
import { join } from 'node:path';

const { CHECKOUT_SOURCE = '', GITHUB_WORKSPACE = '', INPUT_PATH = '.' } = process.env;
cpSync(CHECKOUT_SOURCE, join(GITHUB_WORKSPACE, INPUT_PATH), { recursive: true, verbatimSymlinks: true });
process.stdout.write(`Checked out ${process.env.GITHUB_SHA}\n`);
