import { type Command, flagValue, hasFlag } from '../shell-words.ts';
import type { Install } from './facts.ts';
import { operands, rest } from './operands.ts';

/** Programs that install others: to install them by name is no dependency of the project. */
const tools =
  /^(pip|setuptools|wheel|uv|poetry|pipx|pip-tools|pdm|hatch|build|npm|pnpm|yarn|corepack|-.*)([=~<>@!].*)?$/;

function isOn(variables: ReadonlyMap<string, string>, ...names: string[]): boolean {
  return names.some((name) => /^(1|true|yes|on)$/i.test(variables.get(name) ?? ''));
}

/** `uv sync` and `uv pip`. */
export function uv(command: Command, variables: ReadonlyMap<string, string>): Install | undefined {
  const [, verb, sub] = command;
  if (verb === 'pip' && (sub === 'install' || sub === 'sync')) {
    const read = sub === 'install' ? pip(command.slice(1), variables) : undefined;
    return sub === 'sync'
      ? { manager: 'uv', what: 'project', frozen: true, production: true, better: 'uv pip sync' }
      : read && { ...read, manager: 'uv' };
  }
  if (verb === 'add')
    return { manager: 'uv', what: 'packages', frozen: false, production: true, better: 'uv sync --locked' };
  if (verb !== 'sync') return undefined;
  return {
    manager: 'uv',
    what: 'project',
    frozen: hasFlag(command, '--frozen', '--locked') || isOn(variables, 'UV_FROZEN', 'UV_LOCKED'),
    production:
      hasFlag(command, '--no-dev', '--no-default-groups', '--only-group') ||
      isOn(variables, 'UV_NO_DEV', 'UV_NO_DEFAULT_GROUPS'),
    better: `uv sync --locked${rest(command, 2)}`,
  };
}

/** `pip install` of a project or of packages. */
export function pip(command: Command, _variables: ReadonlyMap<string, string>): Install | undefined {
  const at = command.indexOf('install');
  if (at < 1) return undefined;
  const files = command.filter((_word, index) => /^(-r|--requirements?)$/.test(command[index - 1] ?? ''));
  const glued = command.flatMap((word) => /^(?:-r|--requirements?=)(.+)$/.exec(word)?.[1] ?? []);
  const named = operands(
    command,
    at + 1,
    '-r',
    '--requirement',
    '--requirements',
    '-c',
    '--constraint',
    '-t',
    '--target',
    '--prefix',
    '-i',
    '--index-url',
    '--extra-index-url',
    '--root',
    '--python',
    '-p',
    '-f',
    '--find-links',
  );
  const isLocal = (name: string): boolean => /^(\.|\/|file:|.*\.(whl|tar\.gz)$|\$)/.test(name);
  const foreign = named.filter((name) => !isLocal(name) && !tools.test(name));
  const isProject = files.length + glued.length > 0 || named.some(isLocal);
  if (!isProject && foreign.length === 0) return undefined;
  const pinned = foreign.every((name) => /==|@/.test(name));
  return {
    manager: 'pip',
    what: isProject ? 'project' : 'packages',
    // Whether the file pins what it names is for who can read it.
    frozen: hasFlag(command, '--require-hashes') || (foreign.length > 0 && !isProject && pinned),
    production: true,
    better: 'pip install --require-hashes -r requirements.txt',
  };
}

/** `poetry install`. */
export function poetry(command: Command): Install | undefined {
  const verb = command.slice(1).find((word) => !word.startsWith('-'));
  if (verb === 'add')
    return {
      manager: 'poetry',
      what: 'packages',
      frozen: false,
      production: true,
      better: 'poetry install --only main',
    };
  if (verb !== 'install' && verb !== 'sync') return undefined;
  return {
    manager: 'poetry',
    what: 'project',
    // It takes what poetry.lock says where there is one.
    frozen: true,
    production:
      hasFlag(command, '--only', '--no-dev', '--only-root') ||
      (flagValue(command, '--without') ?? '').includes('dev'),
    better: 'poetry install --only main',
  };
}
