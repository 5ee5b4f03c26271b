import { type Command, flagValue, hasFlag, programOf } from './shell-words.ts';

/** A command of a RUN that installs packages. */
export interface Install {
  manager: Manager;
  /** `project`: what the project's manifest names; `packages`: what the command itself names. */
  what: 'project' | 'packages';
  /** Whether it takes exactly what a lockfile says, or fails. */
  frozen: boolean;
  /** True where it leaves development dependencies out. */
  production: boolean;
  /** As it should be written. */
  better: string;
}

export type Manager = 'npm' | 'yarn' | 'pnpm' | 'uv' | 'pip' | 'poetry' | 'go' | 'maven' | 'gradle';

/** What is known of a package manager. */
export interface ManagerFacts {
  /** Files that pin what is installed; empty where the manifest does. */
  lockfiles: readonly string[];
  /** Where its downloads lie by default, for a cache mount. */
  cache: string;
  /** Files that say what is installed. */
  manifests: readonly string[];
}

export const managers: Readonly<Record<Manager, ManagerFacts>> = {
  npm: {
    lockfiles: ['package-lock.json', 'npm-shrinkwrap.json'],
    cache: '/root/.npm',
    manifests: ['package.json'],
  },
  yarn: { lockfiles: ['yarn.lock'], cache: '/usr/local/share/.cache/yarn', manifests: ['package.json'] },
  pnpm: {
    lockfiles: ['pnpm-lock.yaml'],
    cache: '/root/.local/share/pnpm/store',
    manifests: ['package.json'],
  },
  uv: { lockfiles: ['uv.lock'], cache: '/root/.cache/uv', manifests: ['pyproject.toml'] },
  pip: { lockfiles: [], cache: '/root/.cache/pip', manifests: ['requirements.txt', 'pyproject.toml'] },
  poetry: { lockfiles: ['poetry.lock'], cache: '/root/.cache/pypoetry', manifests: ['pyproject.toml'] },
  go: { lockfiles: ['go.sum'], cache: '/go/pkg/mod', manifests: ['go.mod'] },
  maven: { lockfiles: [], cache: '/root/.m2', manifests: ['pom.xml'] },
  gradle: {
    lockfiles: [],
    cache: '/root/.gradle',
    manifests: ['build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts'],
  },
};

/** Programs that install others: to install them by name is no dependency of the project. */
const tools =
  /^(pip|setuptools|wheel|uv|poetry|pipx|pip-tools|pdm|hatch|build|npm|pnpm|yarn|corepack|-.*)([=~<>@!].*)?$/;

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
  return readers[program.replace(/^pip[\d.]+$/, 'pip')]?.(command, variables);
}

type Reader = (command: Command, variables: ReadonlyMap<string, string>) => Install | undefined;

const readers: Readonly<Record<string, Reader>> = {
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
};

/** The words after a subcommand that are no flags; `valued` are flags whose value is a word of its own. */
function operands(command: Command, from: number, ...valued: string[]): string[] {
  const words = command.slice(from);
  return words.filter(
    (word, at) => !word.startsWith('-') && !valued.includes(words[at - 1] ?? '') && !/^\d?[<>]/.test(word),
  );
}

function isCi(variables: ReadonlyMap<string, string>): boolean {
  return /^(true|1)$/i.test(variables.get('CI') ?? '');
}

function inProduction(variables: ReadonlyMap<string, string>): boolean {
  return variables.get('NODE_ENV') === 'production';
}

function rest(command: Command, from: number): string {
  const kept = command.slice(from).join(' ');
  return kept === '' ? '' : ` ${kept}`;
}

function npm(command: Command, variables: ReadonlyMap<string, string>): Install | undefined {
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

function yarn(command: Command, variables: ReadonlyMap<string, string>): Install | undefined {
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

function pnpm(command: Command, variables: ReadonlyMap<string, string>): Install | undefined {
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

function isOn(variables: ReadonlyMap<string, string>, ...names: string[]): boolean {
  return names.some((name) => /^(1|true|yes|on)$/i.test(variables.get(name) ?? ''));
}

function uv(command: Command, variables: ReadonlyMap<string, string>): Install | undefined {
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

function pip(command: Command, _variables: ReadonlyMap<string, string>): Install | undefined {
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

function poetry(command: Command): Install | undefined {
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

function go(command: Command): Install | undefined {
  const [, verb, sub] = command;
  const isDownload = verb === 'mod' && sub === 'download';
  const isBuild = verb === 'build' || (verb === 'install' && !command.some((word) => word.includes('@')));
  const isTidy =
    (verb === 'mod' && sub === 'tidy') || (verb === 'get' && !command.some((word) => /@v\d/.test(word)));
  if (!isDownload && !isBuild && !isTidy) return undefined;
  return { manager: 'go', what: 'project', frozen: !isTidy, production: true, better: 'go mod download' };
}

function maven(command: Command): Install | undefined {
  const goals = command
    .slice(1)
    .filter((word) => /^(package|verify|install|compile|dependency:.+|[\w.-]+:go-offline)$/.test(word));
  if (goals.length === 0) return undefined;
  return {
    manager: 'maven',
    what: 'project',
    frozen: true,
    production: true,
    better: 'mvn dependency:go-offline',
  };
}

function gradle(command: Command): Install | undefined {
  const tasks = command
    .slice(1)
    .filter((word) =>
      /(^|:)(build|assemble|bootJar|jar|shadowJar|installDist|dependencies|classes|bootWar|war)$/.test(word),
    );
  if (tasks.length === 0) return undefined;
  return {
    manager: 'gradle',
    what: 'project',
    frozen: true,
    production: true,
    better: 'gradle dependencies',
  };
}
