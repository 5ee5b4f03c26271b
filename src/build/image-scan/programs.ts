import type { ImageConfig } from '../../docker/image-config.ts';
import type { Finding } from '../../record.ts';
import type { FileSystem } from './file-system.ts';
import type { LayerEntry } from './layer.ts';

const FIX_MODE = 'Copy it with `COPY --chmod=755`: Lambda runs the image as a user of its own.';

type Problem = Pick<Finding, 'rule' | 'why' | 'instead'>;

/**
 * What keeps ENTRYPOINT and CMD, or an extension, from being started. Only what is sure is said, so all layers must
 * be known.
 */
export function programFindings(config: ImageConfig, files: FileSystem): Finding[] {
  const problems = [
    entryPointProblem(config, files),
    ...files.list('/opt/extensions').map((path) => extensionProblem(path, config, files)),
  ];
  return problems.flatMap((problem): Finding[] =>
    problem ? [{ ...problem, level: 'error', file: '', line: 0 }] : [],
  );
}

function entryPointProblem(config: ImageConfig, files: FileSystem): Problem | undefined {
  const [program = ''] = [...config.entryPoint, ...config.command];
  if (program === '') return undefined;
  const path = program.includes('/')
    ? inFolder(program, config.workingDirectory)
    : onPath(program, config, files);
  const found = path === undefined ? undefined : files.find(path);
  if (!found)
    return {
      rule: 'entry-point-missing',
      why: `ENTRYPOINT and CMD start ${program}, which is not in the image.`,
      instead: 'Copy it into the last stage, or name what is there.',
    };
  return startProblem('entry-point', program, found.entry, config, files);
}

function extensionProblem(path: string, config: ImageConfig, files: FileSystem): Problem | undefined {
  const found = files.find(path);
  return found?.entry.type === 'file'
    ? startProblem('extension', path, found.entry, config, files)
    : undefined;
}

function startProblem(
  kind: 'entry-point' | 'extension',
  name: string,
  { type, mode, elf, shebang }: LayerEntry,
  config: ImageConfig,
  files: FileSystem,
): Problem | undefined {
  if (type === 'directory' || !(mode & 0o001))
    return {
      rule: `${kind}-not-executable`,
      why: `${name} may not be executed by every user.`,
      instead: FIX_MODE,
    };
  if (elf && elf.architecture !== config.architecture)
    return {
      rule: `${kind}-architecture`,
      why: `${name} is built for ${elf.architecture || 'another machine'}, the image for ${config.architecture}.`,
      instead: `Take the program for ${config.architecture}: \`FROM --platform\` and downloads by name are where it goes wrong.`,
    };
  if (elf && elf.interpreter !== '' && !files.find(elf.interpreter))
    return {
      rule: `${kind}-libc`,
      why: `${name} is linked against ${elf.interpreter}, a libc that is not in the image.`,
      instead: 'Build it in a stage of the same base image, or link it statically.',
    };
  const interpreter = shebang?.trim() ?? '';
  if (shebang !== undefined && interpreter !== '' && (shebang.endsWith('\r') || !files.find(interpreter)))
    return {
      rule: `${kind}-interpreter`,
      why: shebang.endsWith('\r')
        ? `${name} has line ends of Windows, so that Linux looks for an interpreter of another name.`
        : `${name} wants ${interpreter}, which is not in the image.`,
      instead: shebang.endsWith('\r')
        ? 'Write `*.sh text eol=lf` into .gitattributes.'
        : `Install ${interpreter}, or start the program without the script.`,
    };
  return undefined;
}

function inFolder(program: string, folder: string): string {
  return program.startsWith('/') ? program : `${folder}/${program}`;
}

function onPath(program: string, config: ImageConfig, files: FileSystem): string | undefined {
  const path = config.environment.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return path
    .split(':')
    .map((folder) => inFolder(`${folder || '.'}/${program}`, config.workingDirectory))
    .find((candidate) => files.find(candidate));
}
