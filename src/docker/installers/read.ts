import { type Command, programOf } from '../shell-words.ts';
import { go, gradle, maven } from './compiled.ts';
import type { Install, Reader } from './facts.ts';
import { npm, pnpm, yarn } from './node.ts';
import { pip, poetry, uv } from './python.ts';

/** By program; a map, since a program may be called `constructor`. */
const readers: ReadonlyMap<string, Reader> = new Map(
  Object.entries({
    npm,
    yarn,
    pnpm,
    uv,
    pip,
    poetry,
    go,
    mvn: maven,
    mvnw: maven,
    gradle,
    gradlew: gradle,
  }),
);

/**
 * Reads a command of a RUN as an installation.
 * @param variables what is set for it, such as `CI` or `UV_FROZEN`
 * @returns undefined where it installs no packages of these managers
 */
export function installOf(command: Command, variables: ReadonlyMap<string, string>): Install | undefined {
  const [first, second = '', third = ''] = command;
  const program = programOf(command);
  if (first === undefined) return undefined;
  if (/^python[\d.]*$/.test(program) && second === '-m' && third.startsWith('pip'))
    return pip(command.slice(2), variables);
  if (program === 'corepack' && ['yarn', 'pnpm', 'npm'].includes(second))
    return installOf(command.slice(1), variables);
  return readers.get(program.replace(/^pip[\d.]+$/, 'pip'))?.(command, variables);
}
