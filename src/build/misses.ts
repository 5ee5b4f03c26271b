import { flagValues, type Instruction } from '../docker/dockerfile-lines.ts';
import {
  chainOf,
  mountOptions,
  readStages,
  type Stage,
  stageNamed,
  takenFrom,
  words,
} from '../docker/dockerfile-stages.ts';
import type { BuildVertex, CacheMiss } from '../record.ts';

/** What a build was made of, as far as it explains the next one's misses. */
export interface BuildSources {
  dockerfile: string;
  /** Short digests of the context's files by path, or of its top folders where there are very many. */
  files: ReadonlyMap<string, string>;
}

/** Misses that are listed, and changed files of each. */
const listed = 40;
const shownFiles = 5;

/** Why an instruction was run. */
interface Cause {
  because: string;
  files: string[];
}

/**
 * Why the steps of a build that were run did not come from the cache: the first thing that differs from the build
 * before, carried on to all that depends on it.
 * @param before undefined where nothing is known of an earlier build
 */
export function explainMisses(
  now: BuildSources,
  before: BuildSources | undefined,
  vertices: readonly BuildVertex[],
): CacheMiss[] {
  const { stages } = readStages(now.dockerfile);
  const missed = new Map<Instruction, BuildVertex>();
  for (const vertex of vertices) {
    const instruction = vertex.cached ? undefined : instructionOf(vertex, stages);
    if (instruction) missed.set(instruction, vertex);
  }
  const explain = explainer(stages, missed, before && comparison(now, before));
  return [...missed]
    .filter(([{ name }]) => name !== 'WORKDIR')
    .slice(0, listed)
    .map(([instruction, { name, ms }]) => {
      const { because, files } = explain(instruction);
      return {
        ...{ vertex: name, line: instruction.line, ms, because },
        files: files.slice(0, shownFiles),
        changedFiles: files.length,
      };
    });
}

/**
 * The instruction that a vertex such as `[builder 3/5] RUN npm ci` stands for. Those that make no layer are not
 * counted, and FROM is only where it names an image: not for `scratch`, nor for another stage.
 * Source: github.com/moby/buildkit, frontend/dockerfile/dockerfile2llb.
 */
function instructionOf(vertex: BuildVertex, stages: readonly Stage[]): Instruction | undefined {
  const [, before = '', number, total, name] =
    /^\[(?:(.*?)\s+)?(\d+)\/(\d+)\]\s+([A-Z]+)\b/.exec(vertex.name) ?? [];
  const label = (before.split(/\s+/).pop() ?? '').toLowerCase();
  const stage =
    stages.find((one) => one.name !== '' && one.name === label) ??
    stages[Number(/^stage-(\d+)$/.exec(label)?.[1] ?? (stages.length === 1 ? 0 : Number.NaN))];
  const counted =
    stage?.instructions.filter((one) => ['RUN', 'COPY', 'ADD', 'WORKDIR'].includes(one.name)) ?? [];
  // Instructions that a base image brings along (ONBUILD) move the numbers.
  const from = Number(total) - counted.length;
  const instruction = from === 0 || from === 1 ? counted[Number(number) - 1 - from] : undefined;
  return instruction?.name === name ? instruction : undefined;
}

/** What differs from the build before. */
interface Comparison {
  files: string[];
  /** By stage, as written: FROM and the instructions. */
  known: ReadonlySet<string>;
}

function comparison(now: BuildSources, before: BuildSources): Comparison {
  const paths = new Set([...now.files.keys(), ...before.files.keys()]);
  const { stages } = readStages(before.dockerfile);
  return {
    files: [...paths].filter((path) => now.files.get(path) !== before.files.get(path)).sort(),
    known: new Set(
      stages.flatMap((stage) => [fromKey(stage), ...stage.instructions.map((one) => keyOf(stage, one))]),
    ),
  };
}

function keyOf({ name, index }: Stage, instruction: Instruction): string {
  return `${name || index} ${instruction.name} ${instruction.rest.replace(/\s+/g, ' ')}`;
}

function fromKey(stage: Stage): string {
  return keyOf(stage, { name: 'FROM', rest: `${stage.platform} ${stage.from}`, line: 0 });
}

function explainer(
  stages: readonly Stage[],
  missed: ReadonlyMap<Instruction, BuildVertex>,
  changed: Comparison | undefined,
): (instruction: Instruction) => Cause {
  const known = new Map<Instruction, Cause>();
  const stageOf = (instruction: Instruction) => stages.find((one) => one.instructions.includes(instruction));
  const firstMiss = (instructions: readonly Instruction[]) => instructions.find((one) => missed.has(one));
  const explain = (instruction: Instruction): Cause => {
    const cause = known.get(instruction) ?? find(instruction);
    known.set(instruction, cause);
    return cause;
  };
  const inherited = (from: Instruction, how: string): Cause => ({ because: how, files: explain(from).files });

  function find(instruction: Instruction): Cause {
    const stage = stageOf(instruction);
    if (!stage) return { because: 'Not known.', files: [] };
    if (changed && !changed.known.has(keyOf(stage, instruction)))
      return { because: 'The instruction itself is new or was changed.', files: [] };
    const files = changed ? changed.files.filter(taker(instruction)) : [];
    if (files.length > 0)
      return {
        because: `Files that it ${instruction.name === 'RUN' ? 'mounts' : 'copies'} were changed.`,
        files,
      };
    return (
      fromOtherStage(stage, instruction) ??
      fromAbove(stage, instruction) ?? { because: withoutTrace(stage, changed), files: [] }
    );
  }

  function fromOtherStage(stage: Stage, instruction: Instruction): Cause | undefined {
    for (const name of takenFrom(instruction.rest)) {
      const other = stageNamed(stages, name, stage.index);
      const source = other && firstMiss(chainOf(stages, other).flatMap((one) => one.instructions));
      if (source)
        return inherited(
          source,
          `Line ${source.line}, of the stage that it takes files from, was run again.`,
        );
    }
    return undefined;
  }

  function fromAbove(stage: Stage, instruction: Instruction): Cause | undefined {
    // Such a layer stands alone.
    if (/(^|\s)--link(\s|=true)/.test(instruction.rest)) return undefined;
    const above = chainOf(stages, stage).flatMap((one) =>
      one === stage ? one.instructions.slice(0, one.instructions.indexOf(instruction)) : one.instructions,
    );
    const earlier = firstMiss(above);
    return earlier && inherited(earlier, `Line ${earlier.line} above it was run again.`);
  }
  return explain;
}

function withoutTrace(stage: Stage, changed: Comparison | undefined): string {
  if (!changed) return 'Not known: there is no earlier build to compare with.';
  if (!changed.known.has(fromKey(stage))) return 'Its stage starts from another image than before.';
  return 'Nothing that it names was changed: its base image or an argument is another one, or the cache no longer held it.';
}

/** Tells which paths of the context an instruction takes. */
function taker({ name, rest }: Instruction): (path: string) => boolean {
  const patterns = sourcesOf(name, rest).map(patternOf);
  return (path) => patterns.some((pattern) => pattern.test(path));
}

function sourcesOf(name: string, rest: string): string[] {
  if (name === 'COPY' || name === 'ADD')
    return flagValues(rest, 'from').length > 0 ? [] : words(rest).slice(0, -1);
  if (name !== 'RUN') return [];
  return flagValues(rest, 'mount').flatMap((mount) => {
    const options = mountOptions(mount);
    const isBind = (options.get('type') ?? 'bind') === 'bind' && !options.has('from');
    return isBind ? [options.get('source') ?? options.get('src') ?? '.'] : [];
  });
}

/** A path, what lies below it, and as a list of top folders also what lies above. */
function patternOf(source: string): RegExp {
  const plain = source.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
  if (plain === '' || plain === '.') return /^/;
  const wild = plain
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('[', '\\[')
    .replaceAll(']', '\\]')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${wild}(/|$)`);
}
