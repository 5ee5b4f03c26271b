import { type Manager, managers } from '../../docker/installers/facts.ts';
import { mountOptions, type Step } from '../image-facts.ts';
import type { Hit, Rule } from '../rule.ts';
import { developmentInImage } from './development-packages.ts';
import { looseRequirements, missingLockfile } from './pinned-versions.ts';
import { lineOf, type PlacedInstall, placedInstalls } from './placed-installs.ts';

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
