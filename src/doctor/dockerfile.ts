import type { DockerfileParser, Instruction as ParsedInstruction } from 'dockerfile-ast';
import { type Command, shellCommands } from '../docker/shell-words.ts';

/** An instruction of a stage. */
export interface Instruction {
  /** In upper case. */
  name: string;
  /** Lines in the file, from 1; both included, heredocs too. */
  line: number;
  endLine: number;
  /** What follows the flags, continuation lines joined; heredocs included. */
  text: string;
  flags: { name: string; value: string }[];
  /** Of the JSON form its strings, else what stands between blanks. */
  words: string[];
  isJson: boolean;
  /** Of ENV, ARG and LABEL: names and values; a value is undefined where none is given. */
  pairs: [string, string | undefined][];
  /** Of RUN, CMD and ENTRYPOINT: the commands that a shell, or the JSON form, runs. */
  commands: Command[];
}

export interface Stage {
  index: number;
  /** In lower case; '' where it has none. */
  name: string;
  /** Image or stage as FROM names it, arguments filled in; what is not known stays as `$NAME`. */
  from: string;
  /** `--platform` as written; '' where there is none. */
  platform: string;
  line: number;
  instructions: Instruction[];
  /** The stage that it starts from, if it is one of this file. */
  parent?: Stage;
}

/** A Dockerfile as the rules read it. */
export interface Dockerfile {
  stages: Stage[];
  /** The stage that becomes the image; undefined where the file has none of that name, or none at all. */
  final?: Stage;
  /** Values of ARG before the first FROM. */
  globals: ReadonlyMap<string, string>;
  /** Comments, one a line, without `#`. */
  comments: { line: number; text: string }[];
  /** Line of the first instruction; 0 where there is none. */
  firstLine: number;
}

export interface DockerfileOptions {
  /** '' means the last stage. */
  target: string;
  buildArgs: Readonly<Record<string, string>>;
}

/**
 * Reads a Dockerfile. Tolerant: what makes no sense is left out, and BuildKit will say so. The parser is loaded by the
 * caller, since it costs start-up time.
 */
export function readDockerfile(
  text: string,
  parser: typeof DockerfileParser,
  { target, buildArgs }: DockerfileOptions,
): Dockerfile {
  const plain = text.replace(/^\uFEFF/, '');
  const parsed = parser.parse(plain);
  const globals = new Map<string, string>();
  const stages: Stage[] = [];
  const all = parsed.getInstructions().map(readInstruction);
  for (const instruction of all) {
    const stage = stages.at(-1);
    if (instruction.name === 'FROM') stages.push(stageOf(instruction, stages, globals));
    else if (stage) stage.instructions.push(instruction);
    else if (instruction.name === 'ARG') setArguments(instruction, globals, buildArgs);
  }
  const final = target === '' ? stages.at(-1) : stageNamed(stages, target);
  const lines = plain.split(/\r?\n/);
  // Up to the first line that is none, comments of the form `name=value` count as directives.
  const comments = [...parsed.getDirectives(), ...parsed.getComments()].map((comment) => {
    const line = comment.getRange().start.line + 1;
    return { line, text: (lines[line - 1] ?? '').replace(/^\s*#\s*/, '').trim() };
  });
  return { stages, ...(final ? { final } : {}), globals, comments, firstLine: all[0]?.line ?? 0 };
}

function readInstruction(parsed: ParsedInstruction): Instruction {
  const name = parsed.getKeyword();
  const text = parsed.getArgumentsContent() ?? '';
  const strings = jsonStrings(text);
  const isRun = ['RUN', 'CMD', 'ENTRYPOINT'].includes(name);
  const { start, end } = parsed.getRange();
  return {
    name,
    line: start.line + 1,
    endLine: end.line + 1,
    text,
    flags: flagsOf(parsed),
    words: strings ?? text.split(/\s+/).filter((word) => word !== ''),
    isJson: strings !== undefined,
    pairs: ['ENV', 'ARG', 'LABEL'].includes(name) ? pairsOf(parsed) : [],
    commands: isRun ? commandsOf(text, strings) : [],
  };
}

/** Own reading, since the parser's loses blanks inside of the strings. */
function jsonStrings(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every((one) => typeof one === 'string') ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function commandsOf(text: string, strings: string[] | undefined): Command[] {
  if (strings) {
    const [program = '', flag = '', script] = strings;
    const isShell = /sh$/.test(program) && /^-[a-z]*c$/.test(flag) && script !== undefined;
    return isShell ? shellCommands(script) : [strings];
  }
  // The lines of a heredoc are the script; its first and last line are not.
  const heredoc = /^<<-?\s*["']?([\w.-]+)["']?[^\n]*\n([\s\S]*?)\n?[\t ]*\1\s*$/.exec(text);
  return shellCommands(heredoc?.[2] ?? text);
}

function flagsOf(parsed: ParsedInstruction): Instruction['flags'] {
  if (!('getFlags' in parsed) || typeof parsed.getFlags !== 'function') return [];
  const flags = parsed.getFlags() as { getName(): string; getValue(): string | null }[];
  return flags.map((flag) => ({ name: flag.getName().toLowerCase(), value: flag.getValue() ?? '' }));
}

function pairsOf(parsed: ParsedInstruction): Instruction['pairs'] {
  if (!('getProperties' in parsed) || typeof parsed.getProperties !== 'function') return [];
  const properties = parsed.getProperties() as { getName(): string; getValue(): string | null }[];
  return properties.map((property) => [property.getName(), property.getValue() ?? undefined]);
}

function stageOf(from: Instruction, stages: readonly Stage[], globals: ReadonlyMap<string, string>): Stage {
  const [image = '', as = '', name = ''] = from.words;
  const named = fillIn(image, globals);
  const parent = stageNamed(stages, named);
  return {
    index: stages.length,
    name: as.toLowerCase() === 'as' ? name.toLowerCase() : '',
    from: named,
    platform: from.flags.find((flag) => flag.name === 'platform')?.value ?? '',
    line: from.line,
    instructions: [],
    ...(parent ? { parent } : {}),
  };
}

/** Adds the values of an ARG; one that is handed to the build stands before its default. */
export function setArguments(
  { pairs }: Instruction,
  values: Map<string, string>,
  buildArgs: Readonly<Record<string, string>>,
): void {
  for (const [name, fallback] of pairs) {
    const given = Object.hasOwn(buildArgs, name) ? buildArgs[name] : undefined;
    const value = given ?? (fallback === undefined ? undefined : fillIn(fallback, values));
    if (value !== undefined) values.set(name, value);
  }
}

/** The stage that a name or a number means among these; undefined where it is an image. */
export function stageNamed(stages: readonly Stage[], name: string): Stage | undefined {
  const wanted = name.toLowerCase();
  return (
    stages.findLast((stage) => stage.name !== '' && stage.name === wanted) ??
    (/^\d+$/.test(wanted) ? stages[Number(wanted)] : undefined)
  );
}

/** A stage and those that it starts from, the first of them first. */
export function chainOf(stage: Stage): Stage[] {
  const chain: Stage[] = [];
  for (let one: Stage | undefined = stage; one; one = one.parent) chain.unshift(one);
  return chain;
}

/** Fills in `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}`; what is not known stays as it is. */
export function fillIn(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-+])([^${}]*))?\})/g,
    (whole, short: string | undefined, long: string | undefined, operator = '', word = '') => {
      const value = values.get(short ?? long ?? '');
      if (operator.endsWith('+')) return value ? word : '';
      if (operator === '') return value ?? whole;
      return value || word;
    },
  );
}
