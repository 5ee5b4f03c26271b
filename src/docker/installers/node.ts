import { type Command, flagValue, hasFlag } from '../shell-words.ts';
import type { Install } from './facts.ts';
import { operands, rest } from './operands.ts';

function isCi(variables: ReadonlyMap<string, string>): boolean {
  return /^(true|1)$/i.test(variables.get('CI') ?? '');
}

function inProduction(variables: ReadonlyMap<string, string>): boolean {
  return variables.get('NODE_ENV') === 'production';
}

/** `npm ci` and `npm install`. */
export function npm(command: Command, variables: ReadonlyMap<string, string>): Install | undefined {
  const at = command.findIndex((word, index) => index > 0 && !word.startsWith('-'));
  const verb = command[at] ?? '';
  if (hasFlag(command, '-g', '--global', '--location=global', '--package-lock-only')) return undefined;
  const production =
    flagValue(command, '--omit') === 'dev' ||
    hasFlag(command, '--production', '--only=production', '--only=prod') ||
    inProduction(variables);
  if (['ci', 'clean-install', 'install-clean', 'ic'].includes(verb))
    return { manager: 'npm', what: 'project', frozen: true, production, better: 'npm ci' };
  if (!['install', 'i', 'add', 'in'].includes(verb)) return undefined;
  const named = operands(
    command,
    at + 1,
    '--omit',
    '--prefix',
    '--cache',
    '--registry',
    '--only',
    '--loglevel',
  );
  // `.` and a path are the project itself.
  const isProject = named.every((name) => name === '.' || name.startsWith('./'));
  return {
    manager: 'npm',
    what: isProject ? 'project' : 'packages',
    frozen: false,
    production,
    better: `npm ci${isProject ? rest(command, at + 1) : ''}`,
  };
}

/** `yarn install`, of Yarn 1 and later. */
export function yarn(command: Command, variables: ReadonlyMap<string, string>): Install | undefined {
  const verb = command.slice(1).find((word) => !word.startsWith('-')) ?? 'install';
  const production =
    hasFlag(command, '--production', '--prod') || verb === 'workspaces' || inProduction(variables);
  if (verb === 'add')
    return {
      manager: 'yarn',
      what: 'packages',
      frozen: false,
      production,
      better: 'yarn install --immutable',
    };
  if (verb !== 'install' && !(verb === 'workspaces' && command.includes('focus'))) return undefined;
  if (hasFlag(command, '--version', '-v', '--help', '-h')) return undefined;
  const frozen =
    hasFlag(command, '--frozen-lockfile', '--immutable', '--pure-lockfile') ||
    verb === 'workspaces' ||
    isCi(variables) ||
    variables.get('YARN_ENABLE_IMMUTABLE_INSTALLS') === 'true';
  return {
    manager: 'yarn',
    what: 'project',
    frozen,
    production,
    better: 'yarn install --immutable (Yarn 1: --frozen-lockfile)',
  };
}

/** `pnpm install` and `pnpm fetch`. */
export function pnpm(command: Command, variables: ReadonlyMap<string, string>): Install | undefined {
  const verb = command
    .slice(1)
    .find(
      (word, at, words) =>
        !word.startsWith('-') && !['-C', '--dir', '--filter', '-F'].includes(words[at - 1] ?? ''),
    );
  if (hasFlag(command, '-g', '--global') || verb === undefined) return undefined;
  const production = hasFlag(command, '--prod', '-P', '--production') || inProduction(variables);
  if (verb === 'add')
    return {
      manager: 'pnpm',
      what: 'packages',
      frozen: false,
      production,
      better: 'pnpm install --frozen-lockfile',
    };
  if (verb === 'fetch')
    return { manager: 'pnpm', what: 'project', frozen: true, production, better: 'pnpm fetch' };
  if (!['install', 'i'].includes(verb)) return undefined;
  return {
    manager: 'pnpm',
    what: 'project',
    // `--offline` installs what `pnpm fetch` took by the lockfile.
    frozen: hasFlag(command, '--frozen-lockfile', '--offline') || isCi(variables),
    production,
    better: 'pnpm install --frozen-lockfile',
  };
}
