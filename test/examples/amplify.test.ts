import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('examples/amplify locks its packages by hash, without an address of a registry', async () => {
  const path = join(import.meta.dirname, '..', '..', 'examples', 'amplify', 'package-lock.json');
  const text = await readFile(path, 'utf8');
  const { packages } = JSON.parse(text) as {
    packages: Record<string, { integrity?: string; inBundle?: boolean }>;
  };
  const locked = Object.entries(packages).filter(([name, { inBundle }]) => name !== '' && !inBundle);
  expect(locked.length).toBeGreaterThan(20);
  for (const [name, { integrity }] of locked) expect(integrity, name).toMatch(/^sha512-/);
  expect(text).not.toContain('"resolved"');
});
