import { managers } from '../../docker/installers/facts.ts';
import { installOf } from '../../docker/installers/read.ts';
import { chainOf } from '../dockerfile.ts';
import { sourceOf } from '../image-facts.ts';
import type { Project } from '../project.ts';
import type { Hit } from '../rule.ts';
import { lastName } from './context.ts';
import { lineOf, type PlacedInstall } from './placed-installs.ts';

/** Whether no lockfile reaches an installation that has one. */
export function missingLockfile(install: PlacedInstall, { context, dockerfile }: Project): Hit[] {
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

/** Requirements files of pip that leave versions, or what a version holds, open. */
export function looseRequirements(install: PlacedInstall, { context }: Project): Hit[] {
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
