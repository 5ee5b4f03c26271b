import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, 'faults', 'main.ts');

/** A process of its own, since its clock is another. */
async function faults(args: string[]): Promise<{ code: number | null; text: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  child.stderr.on('data', (chunk) => (text += chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, text };
}

it('no random plan of faults leaves users on a broken version, overwrites a deploy or reports what is not so', async () => {
  // The same plans each time; CI draws others beside it (`npm run faults -- --count 2000`), and names their seed.
  const { code, text } = await faults(['--seed', '1', '--count', '200']);
  expect(text).toContain('200 plans');
  expect(text).toContain('; 0 broke a rule');
  expect(code).toBe(0);
}, 120_000);

it('whatever request of a creation goes wrong, the log says what stays and no other deploy is overwritten', async () => {
  const { code, text } = await faults(['--course', 'create the function, no alias']);
  expect(text).toContain('create the function, no alias: ');
  expect(text).toContain(', 0 broke a rule');
  expect(code).toBe(0);
}, 120_000);
