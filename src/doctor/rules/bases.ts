import { installOf } from '../../docker/installers/read.ts';
import { hasFlag, programOf } from '../../docker/shell-words.ts';
import { chainOf } from '../dockerfile.ts';
import { imageFacts, neededStages, neededSteps, sourceOf, stepsOf } from '../image-facts.ts';
import type { Project } from '../project.ts';
import type { Hit, Rule } from '../rule.ts';

/** Rules about the images that the stages start from, and about what the last one carries along. */
export const baseRules: Rule[] = [
  {
    id: 'base-latest',
    level: 'warning',
    why: 'Without a version the image may be another one tomorrow, with another major version in it.',
    instead: 'Name a version, such as `node:24-bookworm-slim`, or a digest.',
    find: (project) =>
      imagesIn(project)
        .filter(({ image }) => isFloating(image))
        .map(({ image, line }) => ({
          line,
          why: `\`${image}\` names no version: it may be another image tomorrow, with another major version in it.`,
        })),
  },
  {
    id: 'base-architecture',
    level: 'error',
    why: 'The image is made for another architecture than it is built for, and Lambda cannot run it.',
    instead:
      'Leave `--platform` out of the last stage and choose tags for all architectures; the input `platform` decides.',
    find: otherArchitecture,
  },
  {
    id: 'single-stage',
    level: 'warning',
    why: 'The image carries what only the build needs: compilers, development packages, sources. Lambda pulls all of it before a cold start.',
    instead: 'Build in a stage of its own and copy only the result into the last one.',
    find: buildsInImage,
  },
];

/** Every image that the build takes something from, with the line that names it. */
function imagesIn({ dockerfile, buildArgs }: Project): { image: string; line: number }[] {
  const ofStages = neededStages(dockerfile)
    .filter(({ parent }) => !parent)
    .map(({ from, line }) => ({ image: from, line }));
  const copied = neededSteps(dockerfile, buildArgs).flatMap(({ instruction, variables }) => {
    const source =
      instruction.name === 'COPY' ? sourceOf(instruction, dockerfile.stages, variables) : undefined;
    // A bare name may be that of a build context.
    return source && !source.stage && /[:/@]/.test(source.image)
      ? [{ image: source.image, line: instruction.line }]
      : [];
  });
  return [...ofStages, ...copied];
}

/** No digest, and no digit in the tag that could say a version; a name such as `cc-debian12` says it, too. */
function isFloating(image: string): boolean {
  if (image === '' || image.toLowerCase() === 'scratch' || image.includes('$') || image.includes('@'))
    return false;
  const last = image.split('/').pop() ?? '';
  const [name = '', tag = 'latest'] = last.split(':');
  return !/\d/.test(tag) && !/\d/.test(name.replace(/^(arm(32|64)v\d|amd64)/, ''));
}

const architectures: Readonly<Record<string, RegExp>> = {
  'linux/amd64': /(^|\/)(amd64|x86_64)\/|[-:_](amd64|x86_64|x86-64)$/,
  'linux/arm64': /(^|\/)(arm64v8|aarch64)\/|[-:_](arm64|aarch64|arm64v8)$/,
};

function otherArchitecture(project: Project): Hit[] {
  const { dockerfile, platform, buildArgs } = project;
  const { final } = dockerfile;
  if (!final) return [];
  const other = Object.keys(architectures).find((name) => name !== platform) ?? '';
  const base = chainOf(final)[0] ?? final;
  const hits: Hit[] = [];
  const wanted = platform || 'linux/amd64 or linux/arm64, whichever the function has';
  // A constant that agrees is no harm; one that nobody contradicts may still be right.
  const constant = /^linux\/(amd64|arm64)(\/v8)?$/.exec(base.platform);
  if (platform !== '' && constant && `linux/${constant[1]}` !== platform)
    hits.push({
      line: base.line,
      why: `The last stage starts from ${constant[0]}, and the image is built for ${wanted}: Lambda cannot run it.`,
    });
  const copied = stepsOf(final, dockerfile, buildArgs).flatMap(({ instruction, variables }) => {
    const source = sourceOf(instruction, dockerfile.stages, variables);
    return source && !source.stage && isAdapterImage(source.image)
      ? [{ image: source.image, line: instruction.line }]
      : [];
  });
  for (const { image, line } of [{ image: base.from, line: base.line }, ...copied])
    if (platform !== '' && architectures[other]?.test(image))
      hits.push({
        line,
        why: `\`${image}\` is made for ${other}, and the image is built for ${wanted}: Lambda cannot run it.`,
      });
  return hits;
}

/** The Lambda Web Adapter's own image, or a mirror of it. */
export function isAdapterImage(image: string): boolean {
  return /(^|\/)(aws-)?lambda-(web-)?adapter(:|@|$)/.test(image);
}

const toolchains =
  /^(golang|rust|maven|gradle|gcc|(mcr\.microsoft\.com\/)?dotnet\/sdk|eclipse-temurin:.*-jdk|openjdk:.*jdk)/;

/** A compiler in the last stage, or a build of it there. */
function buildsInImage(project: Project): Hit[] {
  const { dockerfile, buildArgs } = project;
  const { final } = dockerfile;
  const facts = imageFacts(dockerfile, buildArgs);
  if (!final || !facts) return [];
  const name = facts.base.replace(/^(docker\.io\/|public\.ecr\.aws\/docker\/)?(library\/)?/, '');
  const runs = stepsOf(final, dockerfile, buildArgs).filter(({ instruction }) => instruction.name === 'RUN');
  const compiles = runs.find(({ instruction }) => instruction.commands.some(isBuild));
  if (compiles && (toolchains.test(name) || installsDevelopment(runs)))
    return [
      {
        line: compiles.instruction.line,
        why: 'The image is built in the stage that becomes it, so it carries compilers, development packages and sources that no request needs.',
      },
    ];
  const compiler = runs.find(({ instruction }) => instruction.commands.some(installsCompiler));
  const removed = runs.some(({ instruction }) =>
    instruction.commands.some(
      (command) =>
        /^(apt-get|apt|apk)$/.test(programOf(command)) &&
        command.some((word) => ['purge', 'remove', 'del', 'autoremove'].includes(word)),
    ),
  );
  return compiler && !removed
    ? [
        {
          line: compiler.instruction.line,
          why: 'A compiler is installed into the stage that becomes the image, where no request needs it.',
        },
      ]
    : [];
}

function installsDevelopment(runs: ReturnType<typeof stepsOf>): boolean {
  return runs.some(({ instruction, variables }) =>
    instruction.commands.some((command) => {
      const install = installOf(command, variables);
      return (
        install !== undefined && ['npm', 'yarn', 'pnpm'].includes(install.manager) && !install.production
      );
    }),
  );
}

function isBuild(command: readonly string[]): boolean {
  const [, verb = '', sub = ''] = command;
  const program = programOf(command);
  if (['npm', 'pnpm', 'yarn'].includes(program)) return /^build/.test(verb === 'run' ? sub : verb);
  if (program === 'tsc' || (program === 'npx' && verb === 'tsc')) return true;
  if (program === 'go' || program === 'cargo' || program === 'dotnet')
    return verb === 'build' || verb === 'publish';
  return (
    ['mvn', 'mvnw', 'gradle', 'gradlew'].includes(program) &&
    command.length > 1 &&
    !hasFlag(command, '--version')
  );
}

function installsCompiler(command: readonly string[]): boolean {
  const program = programOf(command);
  const adds =
    program === 'apt-get' || program === 'apt'
      ? command.includes('install')
      : program === 'apk' && command.includes('add') && !command.some((word) => /^(--virtual|-t)/.test(word));
  return (
    adds &&
    command.some((word) =>
      /^(build-essential|gcc|g\+\+|build-base|clang|rustc|cargo|golang(-go)?|default-jdk|openjdk-\d+-jdk)$/.test(
        word,
      ),
    )
  );
}
