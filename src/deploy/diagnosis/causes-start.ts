import type { Cause } from './causes.ts';
import { missingVariable } from './missing-variable.ts';
import { ended, failed, lastSaid, lost } from './signs.ts';

/** The app ended, or failed with an error that says by itself what is wrong. */
export const startCauses: readonly Cause[] = [
  {
    id: 'out-of-memory',
    evidence:
      '`signal: killed`, `Runtime.OutOfMemory`, a runtime that says so, or all memory used when it ended',
    finds: (clues) => {
      const { usedMb, sizeMb } = clues.memory;
      const says =
        /signal: killed|Runtime\.OutOfMemory|JavaScript heap out of memory|^\s*MemoryError\b|java\.lang\.OutOfMemoryError|Cannot allocate memory|\bENOMEM\b|fatal error: runtime: out of memory/m;
      const full = sizeMb > 0 && usedMb >= sizeMb && ended(clues);
      if (!full && !says.test(clues.text)) return undefined;
      const size = sizeMb || clues.around.function?.settings.memoryMb || 0;
      return { size: size === 0 ? 'its memory' : `its ${size} MB` };
    },
    sentence: 'The function used up {size} of memory and was ended.',
    cure: 'Raise MemorySize of the function, or let the app keep less in memory when it starts.',
  },
  {
    id: 'read-only-file-system',
    evidence: '`EROFS` or `Read-only file system` (in any case), or what SQLite says of one',
    finds: (clues) => {
      if (
        !failed(clues) ||
        !/\bEROFS\b|read-only file ?system|attempt to write a readonly database/i.test(clues.text)
      )
        return undefined;
      const path =
        /EROFS[^\n]*?['"](\/[^'"\n]+)['"]/.exec(clues.text)?.[1] ??
        /Read-only file system:? *['"]?(\/[^'"\s]+)/i.exec(clues.text)?.[1] ??
        /(\/[^\s:'"]+)['"]?: read-only file system/i.exec(clues.text)?.[1];
      return { path: path ? ` (${path.slice(0, 200)})` : '' };
    },
    sentence: 'The app writes to the file system{path}, which is read-only on Lambda.',
    cure: 'Write below /tmp, the only writable folder, or make the file in the Dockerfile.',
  },
  {
    id: 'module-missing',
    evidence: '`Cannot find module`, `No module named`, `cannot open shared object file`, ...',
    finds: (clues) => {
      if (!failed(clues)) return undefined;
      const found =
        /Cannot find (?:module|package) ['"]?([^'"\n]+?)['"]?(?: imported|\n|$)/.exec(clues.text) ??
        /No module named ['"]?([\w.-]+)/.exec(clues.text) ??
        /error while loading shared libraries: ([^\s:]+)/.exec(clues.text) ??
        /(\S+\.so[\d.]*): cannot open shared object file/.exec(clues.text) ??
        /Could not find or load main class (\S+)/.exec(clues.text) ??
        /NoClassDefFoundError: (\S+)/.exec(clues.text);
      if (found) return { name: ` (${(found[1] ?? '').slice(0, 200)})` };
      return /Runtime\.ImportModuleError|ERR_MODULE_NOT_FOUND|ModuleNotFoundError/.test(clues.text)
        ? { name: '' }
        : undefined;
    },
    sentence: 'A module or library that the app loads is not in the image{name}.',
    cure: 'Check that it is a production dependency and that the last stage copies all of them, built for the same base image.',
  },
  {
    id: 'environment-variable-missing',
    evidence: 'The words of common configuration libraries, or an error that names a variable as not set',
    finds: (clues) => {
      const name = failed(clues) ? missingVariable(clues.evidence.logTail, clues.setting) : undefined;
      return name === undefined ? undefined : { name };
    },
    sentence: 'The app wants the environment variable {name}, which is not set.',
    cure: 'Set {name} in the configuration of the function; what a Dockerfile gets as a build argument or an .env file has is not there at run time.',
  },
  {
    id: 'port-in-use',
    evidence: '`EADDRINUSE` or `address already in use`',
    finds: (clues) => {
      if (!failed(clues) || !/EADDRINUSE|address already in use/i.test(clues.text)) return undefined;
      const port = /(?:EADDRINUSE|already in use)[^\n]*?:(\d{2,5})\b/i.exec(clues.text)?.[1];
      return { port: port ? ` (${port})` : '' };
    },
    sentence: 'The port that the app wants to listen on is taken{port}.',
    cure: 'Let the app listen on AWS_LWA_PORT (else PORT, else 8080), and start it only once; 9001 and 3000 may be taken by Lambda.',
  },
  {
    id: 'file-not-readable',
    evidence: '`EACCES` or `Permission denied` on a file',
    finds: (clues) => {
      if (!failed(clues) || !/\bEACCES\b|permission denied|PermissionError/i.test(clues.text))
        return undefined;
      const path =
        /(?:EACCES|ermission denied)[^\n]*?['"](\/[^'"\n]+)['"]/.exec(clues.text)?.[1] ??
        /(\/[^\s:'"]+)['"]?: [Pp]ermission denied/.exec(clues.text)?.[1];
      return { path: path ? ` (${path.slice(0, 200)})` : '' };
    },
    sentence:
      'The app may not read, write or bind something that it needs{path}: Lambda runs it without the rights of root.',
    cure: 'Make the files of the app readable for every user (`COPY --chmod` or `chmod -R a+rX`), and listen on a port of 1024 or above.',
  },
  {
    id: 'processor-feature-missing',
    evidence: '`signal: illegal instruction`',
    finds: ({ text }) => (/illegal instruction/i.test(text) ? {} : undefined),
    sentence: 'The app uses instructions that the processor of Lambda does not have.',
    cure: 'Build native code for x86-64-v2 or Neoverse N1 at most, not for the processor of the building machine (`-march=native`).',
  },
  {
    id: 'crash-in-request',
    evidence: '`Runtime.ExitError` after the app was ready, or the adapter lost its connection to it',
    finds: (clues) =>
      (ended(clues) && clues.started) || lost(clues)
        ? { path: clues.evidence.path, said: lastSaid(clues) }
        : undefined,
    sentence: 'The app ended while it answered {path}. {said}',
    cure: 'Catch the error in the app: a request must not end the process.',
  },
  {
    id: 'crash-at-start',
    evidence: '`Runtime.ExitError` before the app was ready',
    finds: (clues) => {
      if (!ended(clues) || clues.started || lost(clues)) return undefined;
      const code = /exit status (\d+)/.exec(clues.text)?.[1];
      const signal = /signal: ([\w ]+)/.exec(clues.text)?.[1];
      const how = code ? ` with status ${code}` : signal ? ` by signal ${signal.trim()}` : '';
      return { how, said: lastSaid(clues) };
    },
    sentence: 'The app ended{how} while it started. {said}',
    cure: 'Start the image as Lambda does (`npm run local`, or `docker run --read-only --tmpfs /tmp --user 993`) and read its first error.',
  },
];
