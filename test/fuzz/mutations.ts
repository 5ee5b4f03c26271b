import type { ContextSpec, Entry } from './context-spec.ts';
import type { Random } from './random.ts';
import { randomContent, randomEntry, randomIgnoreLine, randomMode, randomPath } from './random-context.ts';

/** One random change of a context, and what it is called. */
export interface Mutation {
  name: string;
  apply(spec: ContextSpec, random: Random): ContextSpec;
}

type Change = (entry: Entry, random: Random, spec: ContextSpec) => Entry | undefined;

/** Every context is written anew, so that times and inodes differ even where "nothing" does. */
export const mutations: readonly Mutation[] = [
  { name: 'nothing', apply: (spec) => spec },
  entryMutation('content', (entry, random) =>
    entry.type === 'file' ? { ...entry, content: randomContent(random) } : entry,
  ),
  entryMutation('content of the same length', (entry) =>
    entry.type === 'file' ? { ...entry, content: entry.content.replace(/.$/, 'z') } : entry,
  ),
  entryMutation('mode', (entry, random) =>
    entry.type === 'file' || entry.type === 'directory'
      ? { ...entry, mode: randomMode(random, entry.type) }
      : entry,
  ),
  entryMutation('name', (entry, random, spec) => ({ ...entry, path: randomPath(random, folders(spec)) })),
  entryMutation('removed path', () => undefined),
  entryMutation('type', (entry, random, spec) => randomEntry(random, entry.path, spec.entries)),
  {
    name: 'added path',
    apply: (spec, random) => ({
      ...spec,
      entries: [...spec.entries, randomEntry(random, randomPath(random, folders(spec)), spec.entries)],
    }),
  },
  ignoreMutation('added ignore line', (lines, random, spec) =>
    lines.toSpliced(random.below(lines.length + 1), 0, randomIgnoreLine(random, paths(spec))),
  ),
  ignoreMutation('removed ignore line', (lines, random) =>
    lines.toSpliced(random.below(lines.length + 1), 1),
  ),
  ignoreMutation('order of ignore lines', (lines) => lines.toReversed()),
  ignoreMutation('line ends', (lines) => lines.map((line) => line.replace(/\r*\n$/, '\r\n'))),
  {
    name: 'ignore file of the Dockerfile',
    apply: (spec) => ({ ...spec, ownIgnore: spec.ignore ?? ['a\n'] }),
  },
  { name: 'no ignore file', apply: (spec) => ({ ...spec, ignore: undefined }) },
];

function entryMutation(name: string, change: Change): Mutation {
  return {
    name,
    apply(spec, random) {
      if (spec.entries.length === 0) return spec;
      const at = random.below(spec.entries.length);
      const entries = spec.entries.flatMap((entry, index) =>
        index === at ? (change(entry, random, spec) ?? []) : entry,
      );
      return { ...spec, entries };
    },
  };
}

function ignoreMutation(
  name: string,
  change: (lines: readonly string[], random: Random, spec: ContextSpec) => string[],
): Mutation {
  return {
    name,
    apply: (spec, random) =>
      spec.ownIgnore
        ? { ...spec, ownIgnore: change(spec.ownIgnore, random, spec) }
        : { ...spec, ignore: change(spec.ignore ?? [], random, spec) },
  };
}

function paths({ entries }: ContextSpec): string[] {
  return [...entries.map(({ path }) => path), 'Dockerfile'];
}

function folders({ entries }: ContextSpec): string[] {
  return entries.flatMap(({ path }) => path.split('/').slice(0, -1).join('/') || []);
}
