import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ensureParts, type Parts } from '../../src/local/parts/index.ts';
import { actionlintProgram, actProgram, zizmorProgram } from '../support/runner.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The real Engine, registry and emulator. */
    parts: Parts;
  }
}

/**
 * Gets the real parts of the end-to-end tests, the same ones that `npm run local` uses, and the tests' own tools; says
 * what it does. Go compiles the tools for minutes on a new machine, which is no test's time.
 */
export async function setup(project: TestProject): Promise<void> {
  const folder = join(import.meta.dirname, '..', '..', '.local');
  project.provide('parts', await ensureParts(folder, (line) => void process.stderr.write(`${line}\n`)));
  // One after another, as they share a Go. Where one cannot be had, the tests that want it say why.
  for (const program of [actProgram, actionlintProgram, zizmorProgram])
    await program().catch(() => undefined);
}
