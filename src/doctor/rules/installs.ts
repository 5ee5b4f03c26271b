import { type Install, installOf, type Manager, managers } from '../../docker/installers.ts';
import { chainOf } from '../dockerfile.ts';
import {
  copyOf,
  mountOptions,
  neededStages,
  type Step,
  sourceOf,
  stepsOf,
  takesAll,
} from '../image-facts.ts';
import type { Project } from '../project.ts';
import type { Hit, Rule } from '../rule.ts';
import { lastName } from './context.ts';

/** An installation, and what stood before it. */
interface PlacedInstall extends Install {
  step: Step;
  /** The copies and bind mounts of the context that it sees. */
  sources: string[];
  /** True where all of the context, or a folder with the manifest in it, is copied before it. */
  afterSources: boolean;
  /** True where an installation of the same manager stood before that copy. */
  second: boolean;
  command: readonly string[];
}

/** Rules about the installation of packages. */
export const installRules: Rule[] = [
  {
    id: 'sources-before-install',
    level: 'warning',
    why: 'The sources are copied before the packages are installed, so each change of source installs all of them again.',
    instead: 'Copy the manifest and the lockfile alone, install, and copy the sources after that.',
    find: (project) =>
      firstOfEach(
        placedInstalls(project).filter(
          ({ what, afterSources, second, step, manager }) =>
            what === 'project' && afterSources && !second && !(isCompiled(manager) && hasCacheMount(step)),
        ),
      ),
  },
  {
    id: 'install-not-frozen',
    level: 'warning',
    why: 'This takes the newest packages that fit on the day of the build, not those of the lockfile: two builds of one commit differ, and a cached layer keeps old ones.',
    instead: 'Install exactly what the lockfile says.',
    find: (project) =>
      placedInstalls(project)
        .filter(
          ({ frozen, manager, what, command }) =>
            !frozen &&
            !(manager === 'pip' && what === 'project') &&
            !(manager === 'uv' && command[1] === 'pip' && what === 'project'),
        )
        .map(({ step, command, better }) => ({
          line: lineOf(step),
          why: `\`${shorten(command)}\` takes the newest packages that fit on the day of the build, not exactly those of the lockfile.`,
          instead: `Write \`${shorten([better])}\`.`,
        })),
  },
  {
    id: 'lockfile-missing',
    level: 'warning',
    why: 'No lockfile reaches this installation, so nothing says which versions it takes.',
    instead: 'Commit the lockfile and copy it beside the manifest before the installation.',
    find: (project) => placedInstalls(project).flatMap((install) => missingLockfile(install, project)),
  },
  {
    id: 'requirements-unpinned',
    level: 'warning',
    why: 'requirements.txt names packages without versions, so that a cached layer keeps old ones and a new one takes any.',
    instead:
      'Pin all of them, with hashes: `uv pip compile --generate-hashes`, or `pip-compile --generate-hashes`.',
    find: (project) => placedInstalls(project).flatMap((install) => looseRequirements(install, project)),
  },
  {
    id: 'cache-mount-missing',
    level: 'notice',
    why: 'Without a cache mount each run of this installation downloads every package again.',
    instead: "Give the RUN a `--mount=type=cache` for the package manager's downloads.",
    find: (project) =>
      firstOfEach(
        placedInstalls(project).filter(({ step }) => !hasCacheMount(step)),
        ({ manager }) => ({
          instead: `Write \`RUN --mount=type=cache,target=${managers[manager].cache} ...\`.`,
        }),
      ),
  },
  {
    id: 'dev-dependencies',
    level: 'warning',
    why: 'Packages that only development needs are installed into the final image: a larger pull, a slower cold start.',
    instead: 'Leave them out of the stage that the image takes them from.',
    find: developmentInImage,
  },
];

/** Compilers fetch what they need; the step of its own only pays where nothing keeps the downloads. */
function isCompiled(manager: Manager): boolean {
  return ['go', 'maven', 'gradle'].includes(manager);
}

function lineOf({ instruction }: Step): number {
  return instruction.line;
}

function shorten(words: readonly string[]): string {
  const text = words.join(' ');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** At most one finding an instruction. */
function firstOfEach(
  installs: readonly PlacedInstall[],
  words: (install: PlacedInstall) => Partial<Hit> = () => ({}),
): Hit[] {
  const seen = new Set<number>();
  return installs.flatMap((install) => {
    const line = lineOf(install.step);
    if (seen.has(line)) return [];
    seen.add(line);
    return [{ line, ...words(install) }];
  });
}

function hasCacheMount({ instruction }: Step): boolean {
  return instruction.flags.some(
    ({ name, value }) => name === 'mount' && mountOptions(value).get('type') === 'cache',
  );
}

/** All installations of the stages that the image needs, each once. */
function placedInstalls(project: Project): PlacedInstall[] {
  const { dockerfile, buildArgs } = project;
  return neededStages(dockerfile).flatMap((stage) => {
    const steps = stepsOf(stage, dockerfile, buildArgs);
    return steps.flatMap((step, at) =>
      step.stage === stage ? installsOf(step, steps.slice(0, at), project) : [],
    );
  });
}

function installsOf(step: Step, before: readonly Step[], project: Project): PlacedInstall[] {
  if (step.instruction.name !== 'RUN') return [];
  return step.instruction.commands.flatMap((command) => {
    const install = installOf(command, variablesFor(step));
    if (!install) return [];
    const earlier = before.filter(
      ({ instruction }) =>
        instruction.name === 'RUN' &&
        instruction.commands.some((one) => installOf(one, step.variables)?.manager === install.manager),
    );
    const copies = before.filter(({ instruction }) => bringsSources(instruction, install.manager, project));
    const lastEarlier = earlier.at(-1);
    return [
      {
        ...install,
        step,
        command,
        sources: [...before, step].flatMap(({ instruction }) => sourcesIn(instruction)),
        afterSources: copies.length > 0,
        second: lastEarlier !== undefined && before.indexOf(lastEarlier) < before.indexOf(copies[0] ?? step),
      },
    ];
  });
}

/** Assignments before a command of the RUN count too. */
function variablesFor({ instruction, variables }: Step): Map<string, string> {
  const found = new Map(variables);
  for (const [, name = '', value = ''] of instruction.text.matchAll(
    /(?:^|&&|;|\n)\s*(?:env\s+|export\s+)?((?:CI|NODE_ENV|UV_\w+|YARN_\w+))=(\S+)/g,
  ))
    found.set(name, value);
  return found;
}

function bringsSources(instruction: Step['instruction'], manager: Manager, { context }: Project): boolean {
  if (takesAll(instruction)) return true;
  if (instruction.name !== 'COPY' || instruction.flags.some(({ name }) => name === 'from')) return false;
  return copyOf(instruction).sources.some(
    (source) =>
      context.isFolder(source) &&
      managers[manager].manifests.some((manifest) =>
        context.has(`${source.replace(/\/+$/, '')}/${manifest}`),
      ),
  );
}

/** What an instruction takes of the context. */
function sourcesIn(instruction: Step['instruction']): string[] {
  const isForeign = instruction.flags.some(({ name }) => name === 'from');
  if ((instruction.name === 'COPY' || instruction.name === 'ADD') && !isForeign)
    return copyOf(instruction).sources;
  return instruction.flags.flatMap(({ name, value }) => {
    const options = name === 'mount' ? mountOptions(value) : new Map<string, string>();
    if (name !== 'mount' || (options.get('type') ?? 'bind') !== 'bind' || options.has('from')) return [];
    return [options.get('source') ?? options.get('src') ?? '.'];
  });
}

function missingLockfile(install: PlacedInstall, { context, dockerfile }: Project): Hit[] {
  const { lockfiles } = managers[install.manager];
  if (lockfiles.length === 0 || install.what !== 'project' || install.command[1] === 'pip') return [];
  // A go.mod without requirements has no go.sum.
  if (install.manager === 'go' && !/^\s*require\b/m.test(context.text('go.mod') ?? '')) return [];
  const { stage, instruction } = install.step;
  const takesFromElsewhere = chainOf(stage).some(({ instructions }) =>
    instructions.some((one) => {
      const source = one.name === 'COPY' ? sourceOf(one, dockerfile.stages, new Map()) : undefined;
      return source !== undefined && (source.stage !== undefined || !/[:/@]/.test(source.image));
    }),
  );
  // One RUN for whichever manager the project has asks for the lockfile itself.
  const used = new Set(instruction.commands.flatMap((one) => installOf(one, new Map())?.manager ?? []));
  if (used.size > 1) return [];
  // Files of another stage, or of a context with a name, may well be the lockfile.
  if (takesFromElsewhere || install.sources.length === 0) return [];
  const reaches = lockfiles.some((lockfile) =>
    install.sources.some((source) => mayHold(source, lockfile, context)),
  );
  if (reaches) return [];
  const committed = lockfiles.find((lockfile) => context.has(lockfile));
  return [
    {
      line: install.step.instruction.line,
      why: committed
        ? `\`${committed}\` is there and is not copied, or is left out by the .dockerignore: nothing says which versions this takes.`
        : `There is no \`${lockfiles[0]}\`, so nothing says which versions this takes.`,
    },
  ];
}

/** Whether a source of COPY brings this lockfile along: a pattern or folder may, if the file is there. */
function mayHold(source: string, lockfile: string, context: Project['context']): boolean {
  if (source.includes('$') || source.startsWith('<<')) return true;
  const plain = source.replace(/^\.?\//, '').replace(/\/+$/, '') || '.';
  if (context.isFolder(plain)) {
    const path = plain === '.' ? lockfile : `${plain}/${lockfile}`;
    return context.has(path) && context.sends(path);
  }
  const folder = plain.includes('/') ? `${plain.slice(0, plain.lastIndexOf('/'))}/` : '';
  const pattern = lastName(plain);
  const wild = new RegExp(
    `^${pattern
      .replace(/[.+^$(){}|\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')
      .replace(/\[(?!\^)[^\]]*$/, '\\[')}$`,
  );
  return wild.test(lockfile) && context.has(folder + lockfile) && context.sends(folder + lockfile);
}

function looseRequirements(install: PlacedInstall, { context }: Project): Hit[] {
  const isPip = install.manager === 'pip' || (install.manager === 'uv' && install.command[1] === 'pip');
  if (!isPip || install.frozen) return [];
  const named = install.command.flatMap((word, at) =>
    /^(-r|--requirements?)$/.test(word)
      ? [install.command[at + 1] ?? '']
      : (/^(?:-r|--requirements?=)(.+)$/.exec(word)?.[1] ?? []),
  );
  return named.flatMap((name) => {
    const source = install.sources.find((one) => lastName(one) === lastName(name)) ?? lastName(name);
    const lines = requirements(context.text(source) ?? context.text(lastName(name)) ?? '');
    const loose = lines.filter((line) => !/===?\s*[\w.!+*-]+|\s@\s|^(git\+|https?:|file:|\.)/.test(line));
    if (loose.length > 0)
      return [
        {
          line: lineOf(install.step),
          why: `${lastName(name)} leaves the version of \`${(loose[0] ?? '').slice(0, 60)}\` open${loose.length > 1 ? ` and of ${loose.length - 1} more` : ''}, so that a cached layer keeps an old one and a new one takes any.`,
        },
      ];
    const hashed = lines.length === 0 || /--hash=/.test(context.text(source) ?? '');
    return hashed
      ? []
      : [
          {
            line: lineOf(install.step),
            level: 'notice',
            why: `${lastName(name)} pins versions without hashes, so that what a version holds may still change.`,
          } satisfies Hit,
        ];
  });
}

function requirements(text: string): string[] {
  return text
    .replace(/\\\r?\n/g, ' ')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('-'));
}

/** Installations with development packages whose result is in the image. */
function developmentInImage(project: Project): Hit[] {
  const { dockerfile, context, buildArgs } = project;
  const { final } = dockerfile;
  if (!final) return [];
  const ofImage = new Set(chainOf(final));
  // Stages from which the image takes the folder of packages itself, or all that lies beside it.
  for (const { instruction, variables } of stepsOf(final, dockerfile, buildArgs)) {
    const from =
      instruction.name === 'COPY' ? sourceOf(instruction, dockerfile.stages, variables)?.stage : undefined;
    const takesPackages = copyOf(instruction).sources.some((source) =>
      /(^|\/)(node_modules|\.venv|venv)\/?$/.test(source),
    );
    if (from && takesPackages) for (const stage of chainOf(from)) ofImage.add(stage);
  }
  return placedInstalls(project)
    .filter(
      ({ step, what, production, manager }) =>
        ofImage.has(step.stage) && what === 'project' && !production && hasDevelopment(manager, context),
    )
    .filter((install) => !isPruned(install, project))
    .map(({ step, manager }) => ({ line: lineOf(step), instead: withoutDevelopment[manager] ?? '' }));
}

const withoutDevelopment: Partial<Record<Manager, string>> = {
  npm: 'Write `npm ci --omit=dev` in the stage that the image takes node_modules from.',
  yarn: 'Write `yarn workspaces focus --production` (Yarn 1: `yarn install --production --frozen-lockfile`).',
  pnpm: 'Write `pnpm install --prod --frozen-lockfile`.',
  uv: 'Write `uv sync --locked --no-dev`.',
  poetry: 'Write `poetry install --only main`.',
};

function hasDevelopment(manager: Manager, context: Project['context']): boolean {
  if (managers[manager].manifests[0] === 'package.json')
    return /"devDependencies"\s*:\s*\{\s*"/.test(context.text('package.json') ?? '');
  return /^\[(dependency-groups|tool\.uv\.dev-dependencies|tool\.poetry\.(dev-dependencies|group\.[\w-]+\.dependencies))\]|^dev-dependencies\s*=/m.test(
    context.text('pyproject.toml') ?? '',
  );
}

/** A later `npm prune --production` and its likes take them out again. */
function isPruned({ step }: PlacedInstall, { dockerfile, buildArgs }: Project): boolean {
  return neededStages(dockerfile).some(
    (stage) =>
      chainOf(stage).includes(step.stage) &&
      stepsOf(stage, dockerfile, buildArgs).some(({ instruction }) =>
        instruction.commands.some(
          ([program = '', verb = '', ...words]) =>
            ['npm', 'pnpm', 'yarn'].includes(program) &&
            (verb === 'prune' ||
              (verb === 'workspaces' && words.includes('--production')) ||
              (verb === 'install' && words.includes('--production')) ||
              (program === 'pnpm' && [verb, ...words].includes('deploy'))),
        ),
      ),
  );
}
