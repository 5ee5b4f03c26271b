import { flagValues, type Instruction, readFrom, readInstructions } from './dockerfile-lines.ts';

/** A stage of a Dockerfile. */
export interface Stage {
  index: number;
  /** In lower case; '' where it has none. */
  name: string;
  /** Of FROM: an image or a stage, as written. */
  from: string;
  /** `--platform` of FROM as written; '' where there is none. */
  platform: string;
  /** Of FROM in the file, from 1. */
  line: number;
  /** Those after FROM. */
  instructions: Instruction[];
}

export interface Stages {
  /** ARG instructions before the first FROM, in their order. */
  globals: Instruction[];
  stages: Stage[];
  /** The character of `# escape=`. */
  escape: string;
}

/** Splits a Dockerfile into its stages. */
export function readStages(text: string): Stages {
  const { directives, instructions } = readInstructions(text);
  const globals: Instruction[] = [];
  const stages: Stage[] = [];
  for (const instruction of instructions) {
    const stage = stages.at(-1);
    if (instruction.name === 'FROM') stages.push(stageOf(instruction, stages.length));
    else if (stage) stage.instructions.push(instruction);
    else if (instruction.name === 'ARG') globals.push(instruction);
  }
  return { globals, stages, escape: directives.get('escape') ?? '\\' };
}

function stageOf({ rest, line }: Instruction, index: number): Stage {
  const { image, stage } = readFrom(rest);
  return {
    index,
    name: stage.toLowerCase(),
    from: image,
    platform: flagValues(rest, 'platform')[0] ?? '',
    line,
    instructions: [],
  };
}

/** The words after an instruction's flags; those of the JSON form too. */
export function words(rest: string): string[] {
  const plain = rest.replace(/^\s*(--\S+\s+)*/, '');
  if (plain.startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(plain);
      if (Array.isArray(parsed)) return parsed.map(String);
    } catch {
      // Not JSON: the text is a list of words that starts with a bracket.
    }
  }
  return plain.split(/\s+/).filter((word) => word !== '');
}

/** Options of a `--mount` by lower-case name; a bare one has the value ''. */
export function mountOptions(mount: string): Map<string, string> {
  return new Map(
    mount.split(',').map((part) => {
      const [key = '', ...value] = part.replaceAll(/["']/g, '').split('=');
      return [key.trim().toLowerCase(), value.join('=')];
    }),
  );
}

/** The earlier stage that FROM or `--from` means, if any; an image otherwise. */
export function stageNamed(stages: readonly Stage[], name: string, before: number): Stage | undefined {
  const earlier = stages.slice(0, before);
  const wanted = name.replaceAll(/["']/g, '').toLowerCase();
  return (
    earlier.findLast((stage) => stage.name !== '' && stage.name === wanted) ??
    (/^\d+$/.test(wanted) ? earlier[Number(wanted)] : undefined)
  );
}

/** A stage and those that it is based on, the first of them first. */
export function chainOf(stages: readonly Stage[], stage: Stage): Stage[] {
  const parent = stageNamed(stages, stage.from, stage.index);
  return parent ? [...chainOf(stages, parent), stage] : [stage];
}

/** The stages that a build of `target` ('' means the last one) needs, in the order of the file. */
export function neededStages(stages: readonly Stage[], target: string): Stage[] {
  const last = target === '' ? stages.at(-1) : stageNamed(stages, target, stages.length);
  const needed = new Set<Stage>();
  const visit = (stage: Stage): void => {
    if (needed.has(stage)) return;
    needed.add(stage);
    for (const name of [stage.from, ...stage.instructions.flatMap(({ rest }) => takenFrom(rest))]) {
      const source = stageNamed(stages, name, stage.index);
      if (source) visit(source);
    }
  };
  if (last) visit(last);
  return stages.filter((stage) => needed.has(stage));
}

/** What an instruction's `--from` and `--mount=...,from=` name. */
export function takenFrom(rest: string): string[] {
  const mounts = flagValues(rest, 'mount').map((mount) => mountOptions(mount).get('from') ?? '');
  return [...flagValues(rest, 'from'), ...mounts].filter((name) => name !== '');
}
