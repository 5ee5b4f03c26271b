import type { Cause } from './causes.ts';
import type { Clues } from './clues.ts';

const isExtension = ({ text }: Clues): boolean => /\bExtension\.\w+/.test(text);
const isEntryPoint = ({ text }: Clues): boolean =>
  /Runtime\.InvalidEntry[Pp]oint|IMAGE\s+Launch error/.test(text);

/** The program of `fork/exec /app/server: permission denied` or `exec: "server": executable file not found`. */
function programOf(text: string): string {
  const found =
    /fork\/exec ([^\s:]+):/.exec(text) ??
    /exec: "?([^\s":]+)"?:/.exec(text) ??
    /\/opt\/extensions\/[\w.-]+/.exec(text);
  return found?.[1] ?? found?.[0] ?? '';
}

/**
 * The entry point of Node's official image hands a command that it does not find to Node, which then misses a module
 * of that name. Source: github.com/nodejs/docker-node, docker-entrypoint.sh.
 */
function takenForScript({ text, commandLine }: Clues): string {
  const module = /Cannot find module '([^'\n]+)'/.exec(text)?.[1] ?? '';
  const name = module.split('/').at(-1) ?? '';
  return commandLine.includes('docker-entrypoint.sh') &&
    /^[\w-]+$/.test(name) &&
    commandLine.split(' ')[1] === name
    ? name
    : '';
}

const named = (clues: Clues, otherwise: string): Record<string, string> => ({
  program: programOf(clues.text) || otherwise,
  architecture: clues.around.function?.architecture ?? 'the architecture of the function',
});
const EXTENSION = 'an extension in /opt/extensions';
const ENTRY = 'what ENTRYPOINT and CMD start';

/** Something could not be started at all: Lambda's words are those of the system call that failed. */
export const launchCauses: readonly Cause[] = [
  {
    id: 'wrong-architecture',
    evidence: '`exec format error`',
    finds: (clues) =>
      /exec format error/i.test(clues.text)
        ? named(clues, isExtension(clues) ? EXTENSION : ENTRY)
        : undefined,
    sentence:
      'Built for another architecture than {architecture}: {program} (or it is a script without a #! line).',
    cure: 'Build every stage for the `platform` of the function, and copy programs of that architecture only.',
  },
  {
    id: 'extension-not-executable',
    evidence: '`Extension.LaunchError` and `permission denied` or `PermissionDenied`',
    finds: (clues) =>
      isExtension(clues) && /permission ?denied/i.test(clues.text) ? named(clues, EXTENSION) : undefined,
    sentence: 'Not executable: {program}.',
    cure: 'Copy it with `COPY --chmod=755` (Lambda starts every file in /opt/extensions).',
  },
  {
    id: 'extension-failed',
    evidence: '`Extension.LaunchError`, `Extension.InitError`, `Extension.Crash`, ...',
    finds: (clues) => (isExtension(clues) ? { ...named(clues, EXTENSION), said: saidOf(clues) } : undefined),
    sentence: 'Does not start, or ended by itself: {program}{said}.',
    cure: 'Keep only extensions in /opt/extensions, each executable, for the right architecture, and without a libc that the image lacks.',
  },
  {
    id: 'entry-point-not-executable',
    evidence: '`Runtime.InvalidEntrypoint` and `permission denied`',
    finds: (clues) =>
      isEntryPoint(clues) && /permission ?denied/i.test(clues.text) ? named(clues, ENTRY) : undefined,
    sentence: 'Not executable: {program}.',
    cure: 'Make it executable for every user (`COPY --chmod=755` or `chmod a+rx`): Lambda runs it without the rights of root.',
  },
  {
    id: 'working-directory-missing',
    evidence: '`Runtime.InvalidWorkingDir` or a `chdir` that fails',
    finds: ({ text }) => {
      if (!/InvalidWorkingDir|chdir [^\n]*(no such file|permission denied|not a directory)/i.test(text))
        return undefined;
      const folder = /chdir ([^\s:]+):/.exec(text)?.[1] ?? /WorkingDir: \[([^\]]+)\]/.exec(text)?.[1];
      return { folder: folder ? ` (${folder})` : '' };
    },
    sentence: 'The working directory{folder} is not in the image.',
    cure: 'Check WORKDIR of the image, and that ImageConfig of the function does not replace it.',
  },
  {
    id: 'entry-point-missing',
    evidence: '`Runtime.InvalidEntrypoint` and `no such file` or `not found`',
    finds: (clues) => {
      if (isEntryPoint(clues) && /no such file|not found|couldn't find/i.test(clues.text))
        return named(clues, ENTRY);
      const command = takenForScript(clues);
      return command === '' ? undefined : { program: command };
    },
    sentence: 'Not in the image, or its interpreter or libc is not: {program}.',
    cure: 'Check ENTRYPOINT and CMD of the image, that the last stage copies the program and what it is linked against, and that ImageConfig of the function does not replace them.',
  },
  {
    id: 'entry-point-invalid',
    evidence: '`Runtime.InvalidEntrypoint` otherwise',
    finds: (clues) => (isEntryPoint(clues) ? named(clues, ENTRY) : undefined),
    sentence: 'Cannot be started: {program}.',
    cure: 'Check ENTRYPOINT, CMD and WORKDIR of the image, and that ImageConfig of the function does not replace them.',
  },
];

function saidOf({ said }: Clues): string {
  return said === '' ? '' : ` ("${said}")`;
}
