import { flagValues, readFrom, readInstructions } from './dockerfile-lines.ts';
import { Doubt } from './dockerignore.ts';
import { parseReference } from './reference.ts';

/** What a Dockerfile takes from outside of its context. */
export interface DockerfileFacts {
  /** Images of FROM, COPY --from, RUN --mount and `# syntax=`, each once, as written but with arguments filled in. */
  images: string[];
  /** That of them which the target's stage begins with, also by way of other stages; '' where it is none. */
  base: string;
  /** Why an image of this file may differ although nothing that is hashed did; '' where nothing speaks for that. */
  doubt: string;
}

export interface DockerfileOptions {
  buildArgs: Readonly<Record<string, string>>;
  /** `linux/amd64` or `linux/arm64` */
  platform: string;
  /** Names of `build-contexts`, which stand before images of the same name. */
  contexts: readonly string[];
  /** Name or number of the stage that is built; '' or absent means the last one. */
  target?: string;
}

/**
 * Reads what a Dockerfile depends on. It is tolerant: what it cannot know for certain becomes `doubt`.
 * Stages that the target does not need count, too.
 */
export function readDockerfile(text: string, options: DockerfileOptions): DockerfileFacts {
  const { directives, instructions } = readInstructions(text);
  const images = new Set<string>();
  const doubts: string[] = [];
  const stages: string[] = [];
  /** The image that each stage begins with. */
  const bases: string[] = [];
  const contexts = new Set(options.contexts.map(contextName));
  const values = globalValues(options);
  let stageCount = 0;

  const add = (image: string): void => {
    const name = image.toLowerCase();
    const isStage = stages.includes(name) || (/^\d+$/.test(name) && Number(name) < stageCount);
    if (name === 'scratch' || isStage || contexts.has(contextName(image))) return;
    if (parseReference(image)) images.add(image);
    else doubts.push(`${JSON.stringify(image)} is no image name`);
  };

  const syntax = options.buildArgs.BUILDKIT_SYNTAX ?? directives.get('syntax');
  if (syntax) images.add(syntax.split(/\s/)[0] ?? '');
  if (/^(#!|\/\/|\s*\{)/.test(text))
    doubts.push('the first line of the Dockerfile is not of its own language');

  const stage = (rest: string): void => {
    const from = readFrom(rest);
    // A stage may not name itself, only those before it.
    const image = expand(from.image, values);
    add(image);
    const before = stages.indexOf(image.toLowerCase());
    bases.push(before >= 0 ? (bases[before] ?? '') : images.has(image) ? image : '');
    stages.push(from.stage.toLowerCase());
    stageCount += 1;
  };
  const read: Record<string, (rest: string) => void> = {
    ARG: (rest) => stageCount === 0 && setValues(rest, values, options.buildArgs),
    FROM: stage,
    COPY: (rest) => readCopy(rest, add),
    ADD: (rest) => {
      readCopy(rest, add);
      refuseRemote(rest);
    },
    RUN: (rest) => {
      for (const mount of flagValues(rest, 'mount')) readMount(mount, add);
    },
    ONBUILD: (rest) => {
      if (/--from|--mount|^ADD/i.test(rest)) throw new Doubt('ONBUILD may take files from elsewhere');
    },
  };
  for (const { name, rest } of instructions) {
    try {
      read[name]?.(rest);
    } catch (error) {
      if (!(error instanceof Doubt)) throw error;
      doubts.push(error.message);
      if (name === 'FROM') stageCount += 1;
    }
  }
  const target = (options.target ?? '').toLowerCase();
  const named = stages.includes(target) ? stages.indexOf(target) : Number(target);
  const base = bases[target === '' ? bases.length - 1 : named] ?? '';
  return { images: [...images], base, doubt: doubts[0] ?? '' };
}

function readCopy(rest: string, add: (image: string) => void): void {
  for (const from of flagValues(rest, 'from')) add(literal(from));
}

/** A context's name as BuildKit compares it: familiar, without `:latest`. */
function contextName(name: string): string {
  return name
    .replace(/^(index\.)?docker\.io\//, '')
    .replace(/^library\//, '')
    .replace(/:latest$/, '')
    .toLowerCase();
}

/** Arguments that every Dockerfile has before its first FROM; those of the builder's own platform are not known. */
function globalValues({ platform }: DockerfileOptions): Map<string, string> {
  const [os = '', architecture = ''] = platform.split('/');
  return new Map([
    ['TARGETPLATFORM', platform],
    ['TARGETOS', os],
    ['TARGETARCH', architecture],
    ['TARGETVARIANT', ''],
  ]);
}

function setValues(
  rest: string,
  values: Map<string, string>,
  buildArgs: Readonly<Record<string, string>>,
): void {
  for (const [, name = '', quoted, single, bare] of rest.matchAll(
    /([A-Za-z_]\w*)(?:=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S*)))?(?=\s|$)/g,
  )) {
    const given = buildArgs[name];
    const fallback = single ?? quoted ?? bare;
    if (given !== undefined) values.set(name, given);
    else if (fallback !== undefined) values.set(name, single ?? expandOrKeepDoubt(fallback, values));
  }
}

/** A default that cannot be known only matters where it is used: the mark makes `expand` doubt there. */
const unknownValue = '\0';

function expandOrKeepDoubt(text: string, values: ReadonlyMap<string, string>): string {
  try {
    return expand(text, values);
  } catch {
    return unknownValue;
  }
}

/**
 * Fills in `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}`.
 * @throws Doubt on anything else, and on a value that is not known
 */
function expand(text: string, values: ReadonlyMap<string, string>): string {
  const plain = text.replace(/^(["'])(.*)\1$/, '$2');
  if (/["'\\`]/.test(plain)) throw new Doubt(`${JSON.stringify(text)} holds quotes`);
  const filled = plain.replace(
    /\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^${}]*))?\})/g,
    (_whole, short: string | undefined, long: string | undefined, operator = '', word = '') => {
      const name = short ?? long ?? '';
      if (/^BUILD(PLATFORM|OS|ARCH|VARIANT)$/.test(name)) throw new Doubt(`$${name} depends on the builder`);
      const value = values.get(name);
      const isSet = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
      if (operator.endsWith('+')) return isSet ? word : '';
      return isSet ? (value ?? '') : word;
    },
  );
  if (filled.includes('$') || filled.includes(unknownValue))
    throw new Doubt(`the value of ${JSON.stringify(text)} is not known`);
  return filled;
}

function literal(value: string): string {
  const plain = value.replace(/^(["'])(.*)\1$/, '$2');
  if (/[$"'\\]/.test(plain)) throw new Doubt(`the value of ${JSON.stringify(value)} is not known`);
  return plain;
}

function refuseRemote(rest: string): void {
  // An argument may turn into an address as well.
  if (/(^|[\s"[,])(https?:\/\/|git@|git:\/\/|ssh:\/\/|\S*\.git[#\s])/i.test(rest) || rest.includes('$'))
    throw new Doubt('ADD takes a file from the network');
}

function readMount(mount: string, add: (image: string) => void): void {
  const options = new Map(
    mount.split(',').map((part) => {
      const [key = '', ...value] = part.replace(/^["']|["']$/g, '').split('=');
      return [key.toLowerCase(), value.join('=')];
    }),
  );
  const from = options.get('from');
  if (from) add(literal(from));
  if (mount.includes('$') && !from) throw new Doubt(`the mount ${JSON.stringify(mount)} is not known`);
}
