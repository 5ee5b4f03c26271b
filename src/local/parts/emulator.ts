import { existsSync } from 'node:fs';
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { arch } from 'node:os';
import { join, resolve } from 'node:path';
import { DeployError } from '../../errors.ts';
import { isMade, madeOnce } from './once.ts';
import { run } from './process.ts';
import { pip, python } from './python.ts';

/** The wheel that carries the emulator; a fixed version, so that every machine runs the same. */
const WHEEL = 'aws-sam-cli==1.170.0';
const FILES: Record<string, string> = { x64: 'aws-lambda-rie-x86_64', arm64: 'aws-lambda-rie-arm64' };

function recipe(): string {
  return `1 ${WHEEL} ${arch()}`;
}

/** The emulator's path where it is there. */
export async function presentEmulator(folder: string): Promise<string | undefined> {
  const target = join(resolve(folder), 'emulator');
  return (await isMade(target, recipe())) ? join(target, 'aws-lambda-rie') : undefined;
}

/**
 * Lambda's Runtime Interface Emulator for this machine's architecture, out of the AWS SAM CLI's package.
 * @returns the program's path
 * @throws DeployError where PyPI cannot be reached or has no emulator for this architecture
 */
export async function emulator(folder: string, say: (line: string) => void): Promise<string> {
  const target = join(resolve(folder), 'emulator');
  const file = FILES[arch()];
  if (!file) throw new DeployError(`AWS has no Lambda emulator for ${arch()} machines.`);
  await madeOnce(target, recipe(), async (draft) => {
    say('Lambda emulator: downloading the AWS SAM CLI package that holds it (once, about 5 s) ...');
    await pip(
      ['download', '--no-deps', '--only-binary=:all:', '--python-version=3.12', '--dest', draft, WHEEL],
      folder,
      say,
    );
    const wheel = (await readdir(draft)).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new DeployError(`pip download ${WHEEL} brought no wheel.`);
    const { program, env } = await python(folder, say);
    const files = join(draft, 'files');
    await run(program, ['-m', 'zipfile', '--extract', join(draft, wheel), files], {
      env,
      what: `Unpack ${wheel}`,
    });
    const found = join(files, 'samcli', 'local', 'rapid', file);
    if (!existsSync(found)) throw new DeployError(`${wheel} holds no ${file}.`);
    await rename(found, join(draft, 'aws-lambda-rie'));
    await chmod(join(draft, 'aws-lambda-rie'), 0o755);
    await rm(files, { recursive: true });
    await rm(join(draft, wheel));
  });
  return join(target, 'aws-lambda-rie');
}
