import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ensureParts, type Parts } from '../../src/local/parts/index.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The real Engine, registry and emulator. */
    parts: Parts;
  }
}

/** Gets the real parts of the end-to-end tests, the same ones that `npm run local` uses; says what it does. */
export async function setup(project: TestProject): Promise<void> {
  const folder = join(import.meta.dirname, '..', '..', '.local');
  project.provide('parts', await ensureParts(folder, (line) => void process.stderr.write(`${line}\n`)));
}
