#!/usr/bin/env node
// The command of `npx FOLDER-OF-THIS-PROJECT doctor`, from wherever it is called.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.env.INIT_CWD = process.cwd();
process.argv.splice(2, 0, join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'local', 'cli.ts'));
await import('./start.mjs');
