import { copyOf, neededSteps, takesAll } from '../image-facts.ts';
import type { Project } from '../project.ts';
import type { Hit, Rule } from '../rule.ts';

/** What the ignore file lets through although no build should see it. */
interface Leak {
  path: string;
  /** Whether it is there now; on another machine it may well be. */
  present: boolean;
}

/** Installed or made on the machine where they lie: of another architecture, another version, or large. */
const installed = ['node_modules', '.venv', 'venv'];

/** Rules about what reaches the build, and the image, of the context. */
export const contextRules: Rule[] = [
  {
    id: 'dockerignore-missing',
    level: 'warning',
    why: 'Without a .dockerignore everything in the folder goes into the build: Git history, local installations and .env files, and each change of them builds anew.',
    instead: 'Write a .dockerignore with at least .git, node_modules, .venv and .env*.',
    find(project) {
      if (project.ignoreFile !== '') return [];
      const copy = wholeCopies(project)[0];
      if (copy) return [{ line: copy.line }];
      return project.context.has('.git') ? [{ line: 0 }] : [];
    },
  },
  {
    id: 'dockerignore-lets-in',
    level: 'warning',
    why: 'The .dockerignore lets local installations, Git history or .env files into the build.',
    instead: 'Add a line for each of them to the .dockerignore.',
    find(project) {
      if (project.ignoreFile === '') return [];
      const copied = wholeCopies(project).length > 0;
      // Git history that no COPY takes still makes each commit a changed context.
      const leaks = leaksOf(project).filter(({ path }) => copied || path === '.git');
      if (leaks.length === 0) return [];
      const names = leaks.map(({ path }) => path).join(', ');
      const certain = leaks.some(({ path, present }) => present || installed.includes(path));
      return [
        {
          file: project.ignoreFile,
          line: 0,
          ...(certain ? {} : { level: 'notice' }),
          why: copied
            ? `It lets ${names} into the build, where \`COPY .\` takes ${leaks.length === 1 ? 'it' : 'them'} along.`
            : `It lets ${names} into the build, so that each commit counts as a change and builds anew.`,
          instead: `Add to it: ${names}.`,
        } satisfies Hit,
      ];
    },
  },
  {
    id: 'installed-copied',
    level: 'warning',
    why: 'Packages that were installed on another machine are copied into the image: built for its system, and not those of the lockfile.',
    instead: 'Install them in a RUN from the lockfile, and leave the folder to the .dockerignore.',
    find: (project) =>
      contextCopies(project).flatMap(({ line, sources }) =>
        sources.some((source) => installed.includes(lastName(source)) || lastName(source) === 'site-packages')
          ? [{ line }]
          : [],
      ),
  },
];

/** Copies of all of the context, in the stages that the image needs. */
function wholeCopies({ dockerfile, buildArgs }: Project): { line: number }[] {
  return neededSteps(dockerfile, buildArgs)
    .filter(({ instruction }) => takesAll(instruction))
    .map(({ instruction }) => ({ line: instruction.line }));
}

/** COPY and ADD that take something of the context, in the stages that the image needs. */
export function contextCopies({ dockerfile, buildArgs }: Project): { line: number; sources: string[] }[] {
  return neededSteps(dockerfile, buildArgs).flatMap(({ instruction }) =>
    ['COPY', 'ADD'].includes(instruction.name) && !instruction.flags.some(({ name }) => name === 'from')
      ? [{ line: instruction.line, sources: copyOf(instruction).sources }]
      : [],
  );
}

/** The last part of a path. */
export function lastName(path: string): string {
  return path.replace(/\/+$/, '').split('/').pop() ?? '';
}

function leaksOf({ context }: Project): Leak[] {
  const secrets = context.names.filter((name) => /^\.env(\..+)?$/.test(name) && !isExample(name));
  const node = context.has('package.json');
  const python = context.has('uv.lock');
  const candidates = [
    ...(context.has('.git') ? ['.git'] : []),
    ...(node || context.has('node_modules') ? ['node_modules'] : []),
    ...(python || context.has('.venv') ? ['.venv'] : []),
    ...(context.has('venv/pyvenv.cfg') ? ['venv'] : []),
    ...(secrets.length > 0 ? secrets : ['.env']),
  ];
  return candidates
    .filter((path) => context.sends(path))
    .map((path) => ({ path, present: context.has(path) }));
}

function isExample(name: string): boolean {
  return /\.(example|sample|template|dist|defaults?)$/.test(name);
}
