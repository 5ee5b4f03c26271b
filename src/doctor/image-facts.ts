import {
  chainOf,
  type Dockerfile,
  fillIn,
  type Instruction,
  type Stage,
  setArguments,
  stageNamed,
} from './dockerfile.ts';

/** An instruction with what is set where it stands. */
export interface Step {
  stage: Stage;
  instruction: Instruction;
  /** ARG and ENV as they are at this place. */
  variables: ReadonlyMap<string, string>;
  /** Working directory before it. */
  workdir: string;
}

/**
 * The instructions of a stage and of those that it starts from, in the order in which they take effect.
 * @param buildArgs values of the build's arguments
 */
export function stepsOf(
  stage: Stage,
  dockerfile: Dockerfile,
  buildArgs: Readonly<Record<string, string>> = {},
): Step[] {
  const environment = new Map<string, string>();
  const steps: Step[] = [];
  let workdir = '/';
  for (const one of chainOf(stage)) {
    // Arguments end with their stage; an environment goes on.
    const parameters = new Map<string, string>();
    for (const instruction of one.instructions) {
      const variables = new Map([...parameters, ...environment]);
      steps.push({ stage: one, instruction, variables, workdir });
      if (instruction.name === 'ARG') takeArguments(instruction, parameters, dockerfile, buildArgs);
      for (const [name, value] of instruction.name === 'ENV' ? instruction.pairs : [])
        if (value !== undefined) environment.set(name, fillIn(value, variables));
      if (instruction.name === 'WORKDIR') workdir = joined(workdir, fillIn(instruction.text, variables));
    }
  }
  return steps;
}

function takeArguments(
  instruction: Instruction,
  parameters: Map<string, string>,
  { globals }: Dockerfile,
  buildArgs: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of instruction.pairs) {
    const global = globals.get(name);
    if (value === undefined && global !== undefined) parameters.set(name, global);
  }
  setArguments(instruction, parameters, buildArgs);
}

/** A path as seen from a folder of the image. */
export function joined(folder: string, path: string): string {
  const plain = path.replace(/^(["'])(.*)\1$/, '$2').replace(/\/+$/, '') || '/';
  return plain.startsWith('/')
    ? plain
    : `${folder === '/' ? '' : folder}/${plain.replace(/^\.\/?/, '')}`.replace(/\/$/, '');
}

/** What the image runs with. */
export interface ImageFacts {
  /** The image that the whole chain starts from, and the line of its FROM. */
  base: string;
  baseLine: number;
  environment: ReadonlyMap<string, { value: string; line: number }>;
  /** Undefined where the base image's own stays. */
  cmd?: Instruction;
  entrypoint?: Instruction;
  /** ENTRYPOINT and CMD as the words of one command; of the shell form the commands that the shell runs last. */
  command: readonly string[];
  exposed: { port: number; line: number }[];
  workdir: string;
}

/** Reads what the final stage comes to; undefined where there is none. */
export function imageFacts(
  dockerfile: Dockerfile,
  buildArgs: Readonly<Record<string, string>> = {},
): ImageFacts | undefined {
  const { final } = dockerfile;
  if (!final) return undefined;
  const steps = stepsOf(final, dockerfile, buildArgs);
  const environment = new Map<string, { value: string; line: number }>();
  for (const { instruction, variables } of steps)
    for (const [name, value] of instruction.name === 'ENV' ? instruction.pairs : [])
      environment.set(name, { value: fillIn(value ?? '', variables), line: instruction.line });
  const last = (name: string) => steps.findLast(({ instruction }) => instruction.name === name);
  const entrypoint = last('ENTRYPOINT');
  const cmd = last('CMD');
  // A new ENTRYPOINT empties the CMD of the image that the stage starts from.
  const counts = cmd && !(entrypoint && entrypoint.stage.index > cmd.stage.index);
  const first = chainOf(final)[0] ?? final;
  const values = new Map([...environment].map(([name, { value }]) => [name, value]));
  const workdir = last('WORKDIR');
  return {
    base: first.from,
    baseLine: first.line,
    environment,
    ...(counts ? { cmd: cmd.instruction } : {}),
    ...(entrypoint ? { entrypoint: entrypoint.instruction } : {}),
    command: commandWords(entrypoint?.instruction, counts ? cmd.instruction : undefined).map((word) =>
      fillIn(word, values),
    ),
    exposed: steps.flatMap(exposedPorts),
    workdir: workdir ? joined(workdir.workdir, fillIn(workdir.instruction.text, workdir.variables)) : '/',
  };
}

function exposedPorts({ instruction, variables }: Step): ImageFacts['exposed'] {
  if (instruction.name !== 'EXPOSE') return [];
  return instruction.words
    .map((word) => ({
      port: Number(fillIn(word, variables).replace(/\/tcp$/i, '')),
      line: instruction.line,
    }))
    .filter(({ port }) => Number.isInteger(port) && port > 0);
}

function commandWords(entrypoint: Instruction | undefined, cmd: Instruction | undefined): string[] {
  const words = (instruction: Instruction | undefined): string[] => {
    const last = [...(instruction?.commands.at(-1) ?? [])];
    return last[0] === 'exec' ? last.slice(1) : last;
  };
  // A shell-form ENTRYPOINT takes no arguments from CMD.
  if (entrypoint && !entrypoint.isJson) return words(entrypoint);
  return [...words(entrypoint), ...(cmd?.text === '[]' ? [] : words(cmd))];
}

/** An instruction's `--from`: a stage, or an image with its arguments filled in; undefined where it has none. */
export function sourceOf(
  instruction: Instruction,
  stages: readonly Stage[],
  variables: ReadonlyMap<string, string>,
): { stage?: Stage; image: string } | undefined {
  const from = instruction.flags.find(({ name }) => name === 'from')?.value;
  if (!from) return undefined;
  const image = fillIn(from, variables);
  const stage = stageNamed(stages, image);
  return { ...(stage ? { stage } : {}), image };
}

/** Sources and destination of a COPY or ADD; heredocs and addresses count as sources, too. */
export function copyOf({ words }: Instruction): { sources: string[]; destination: string } {
  return { sources: words.slice(0, -1), destination: words.at(-1) ?? '' };
}

/** The stages that the image needs, in the order of the file; those that no one takes from are not built. */
export function neededStages({ stages, final }: Dockerfile): Stage[] {
  const needed = new Set<Stage>();
  const visit = (stage: Stage | undefined): void => {
    if (!stage || needed.has(stage)) return;
    needed.add(stage);
    visit(stage.parent);
    for (const { flags } of stage.instructions)
      for (const name of flags.flatMap(sourceNames)) visit(stageNamed(stages.slice(0, stage.index), name));
  };
  visit(final);
  return stages.filter((stage) => needed.has(stage));
}

function sourceNames({ name, value }: { name: string; value: string }): string[] {
  if (name === 'from') return [value];
  const from = name === 'mount' ? mountOptions(value).get('from') : undefined;
  return from === undefined ? [] : [from];
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

/** The instructions of the stages that the image needs, each once, with what is set where they stand. */
export function neededSteps(dockerfile: Dockerfile, buildArgs: Readonly<Record<string, string>>): Step[] {
  return neededStages(dockerfile).flatMap((stage) =>
    stepsOf(stage, dockerfile, buildArgs).filter((step) => step.stage === stage),
  );
}

/** Whether a COPY or ADD takes all of the context. */
export function takesAll(instruction: Instruction): boolean {
  return (
    (instruction.name === 'COPY' || instruction.name === 'ADD') &&
    !instruction.flags.some(({ name }) => name === 'from') &&
    copyOf(instruction).sources.some((source) => ['.', './', '/', '*', './*', './.'].includes(source))
  );
}
