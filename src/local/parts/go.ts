import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DeployError } from '../../errors.ts';
import { debianPackages, ENGINE_SUITE, hasApt } from './debian.ts';
import { madeOnce } from './once.ts';
import { tryRun } from './process.ts';

/** A Go toolchain. */
export interface Go {
  program: string;
  /** The whole environment that it needs. */
  env: NodeJS.ProcessEnv;
}

/** What the tools that we build ask for. */
const OLDEST_MINOR = 24;

/**
 * A Go toolchain of 1.24 or newer: the machine's, else Debian's unpacked into `<folder>/go`.
 * @throws DeployError where there is neither
 */
export async function goCommand(folder: string, say: (line: string) => void): Promise<Go> {
  const { stdout } = await tryRun('go', ['env', 'GOVERSION']);
  if (isNewEnough(stdout)) return { program: 'go', env: process.env };
  if (!hasApt())
    throw new DeployError(
      `Go 1.${OLDEST_MINOR} or newer is needed.`,
      'Install it (https://go.dev/dl/) and run this again.',
    );
  const made = await madeOnce(join(resolve(folder), 'go'), `1 golang-go ${ENGINE_SUITE}`, async (draft) => {
    say("Go: unpacking Debian's (once, about 15 s) ...");
    const options = { suite: ENGINE_SUITE, folder: resolve(folder), dependencies: 'all' as const };
    await debianPackages(['golang-go'], join(draft, 'root'), options);
  });
  const libraries = join(made, 'root', 'usr', 'lib');
  const name = (await readdir(libraries)).find((entry) => /^go-1\.\d+$/.test(entry));
  if (!name) throw new DeployError(`Debian's golang-go holds no go-1.N in ${libraries}.`);
  const root = join(libraries, name);
  // A module may ask for a newer Go, which the module proxy has; Debian's own default forbids that.
  const env = { ...process.env, GOROOT: root, GOTOOLCHAIN: 'auto', CGO_ENABLED: '0' };
  return { program: join(root, 'bin', 'go'), env };
}

/** @param version as `go env GOVERSION` prints it: `go1.26.8` */
export function isNewEnough(version: string): boolean {
  const minor = /^go1\.(\d+)/.exec(version)?.[1];
  return minor !== undefined && Number(minor) >= OLDEST_MINOR;
}
