import type { Cause } from './causes.ts';
import type { Clues } from './clues.ts';
import { missingVariable } from './missing-variable.ts';

/** The app ended by itself, as Lambda and its emulator say it. */
const ended = ({ text }: Clues): boolean =>
  /Runtime\.(ExitError|Unknown|OutOfMemory)|Runtime exited|exit status|signal: \w+/i.test(text);

/** The adapter lost the app while it asked it. */
const lost = ({ text, timedOut }: Clues): boolean =>
  !timedOut &&
  /client error \((SendRequest|Connect)\)|hyper[\w:]*(Error)?\((SendRequest|Connect)|connection closed before message completed/i.test(
    text,
  );

const waits = (clues: Clues): boolean => clues.awaited !== undefined;
/** Nothing that the app answered: a broken start, a time-out, or a 5xx. */
const failed = (clues: Clues): boolean =>
  ended(clues) ||
  waits(clues) ||
  clues.timedOut ||
  lost(clues) ||
  clues.evidence.errorType !== '' ||
  clues.evidence.status >= 500;

const said = ({ said: words }: Clues): string =>
  words === '' ? 'It printed nothing.' : `Its last words: ${words}`;

/** The app did not start, did not get ready, or ended. */
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
    evidence: '`EROFS` or `Read-only file system` (in any case)',
    finds: (clues) => {
      if (!failed(clues) || !/\bEROFS\b|read-only file ?system/i.test(clues.text)) return undefined;
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
        ? { path: clues.evidence.path, said: said(clues) }
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
      return { how, said: said(clues) };
    },
    sentence: 'The app ended{how} while it started. {said}',
    cure: 'Start the image as Lambda does (`npm run local`, or `docker run --read-only --tmpfs /tmp --user 993`) and read its first error.',
  },
  {
    id: 'wrong-port',
    evidence: 'The adapter waits, and the log or the command line names another port',
    finds: (clues) => {
      const { listens, port } = clues;
      if (!(waits(clues) || clues.timedOut) || clues.started || !listens || listens.port === port)
        return undefined;
      return { listens: String(listens.port), port: String(port) };
    },
    sentence: 'The app listens on port {listens}, and the Lambda Web Adapter asks on port {port}.',
    cure: 'Let the app listen on the port in the variable PORT, or set AWS_LWA_PORT={listens} in the Dockerfile.',
  },
  {
    id: 'wrong-address',
    evidence: 'The adapter waits, and the log names the right port on an address that is not 127.0.0.1',
    finds: (clues) => {
      const { listens } = clues;
      if (!waits(clues) || clues.started || !listens) return undefined;
      const reached = ['', '127.0.0.1', '0.0.0.0', '*', '[::]', '[::ffff:127.0.0.1]', 'localhost'];
      return reached.includes(listens.host.toLowerCase()) ? undefined : { host: listens.host };
    },
    sentence: 'The app listens on {host} only, and the Lambda Web Adapter asks at 127.0.0.1.',
    cure: 'Let the app listen on 0.0.0.0.',
  },
  {
    id: 'never-ready',
    evidence: '`app is not ready after`',
    finds: (clues) => {
      if (!waits(clues) || clues.started) return undefined;
      return {
        url: clues.awaited?.url || `http://127.0.0.1:${clues.port}`,
        said: said(clues),
      };
    },
    sentence: 'The app did not answer the Lambda Web Adapter at {url} before the time was up. {said}',
    cure: 'Let the app listen on 0.0.0.0 and that port, answer AWS_LWA_READINESS_CHECK_PATH with a status under 500, and start faster (more memory, or AWS_LWA_ASYNC_INIT=true for a slow start).',
  },
  {
    id: 'adapter-not-running',
    evidence: 'A time-out, and neither an extension registered itself nor did the start end',
    finds: (clues) =>
      clues.timedOut && !clues.started && !clues.extensionReady ? { said: said(clues) } : undefined,
    sentence: 'Nothing asked Lambda for the request: no Lambda Web Adapter runs in the image. {said}',
    cure: 'Add `COPY --from=public.ecr.aws/awsguru/aws-lambda-adapter:1.0.0 /lambda-adapter /opt/extensions/lambda-adapter` to the last stage.',
  },
  {
    id: 'timeout',
    evidence: '`Task timed out after`',
    finds: (clues) => {
      if (!clues.timedOut) return undefined;
      const seconds = /timed out after ([\d.]+) seconds/.exec(clues.text)?.[1];
      const limit = Number(seconds ?? clues.around.function?.settings.timeoutSeconds ?? 0);
      return { path: clues.evidence.path, limit: limit > 0 ? ` of ${limit} s` : '', said: said(clues) };
    },
    sentence: "The app did not answer {path} within the function's Timeout{limit}. {said}",
    cure: 'See what the app waits for (a database that the network of the function does not reach is common), or raise Timeout.',
  },
  {
    id: 'app-error',
    evidence: 'An answer of 500 or above',
    finds: (clues) =>
      clues.evidence.status >= 500
        ? { status: String(clues.evidence.status), path: clues.evidence.path, said: said(clues) }
        : undefined,
    sentence: 'The app itself answered {path} with {status}. {said}',
    cure: "Read the function's log above for the app's own error.",
  },
  {
    id: 'no-answer',
    evidence: 'No answer within `smoke-timeout`, so that there is no log either',
    finds: ({ evidence: { refusal, path }, around: { function: fn, image }, commandLine, listens, port }) => {
      if (!refusal.startsWith('TimeoutError')) return undefined;
      const seconds = fn?.settings.timeoutSeconds ?? 0;
      const hints = [
        image && image.history.length > 0 && !image.history.some((step) => step.includes('/opt/extensions'))
          ? 'No instruction of its Dockerfile puts a Lambda Web Adapter into /opt/extensions.'
          : '',
        listens && listens.port !== port
          ? `Its command (${commandLine.slice(0, 200)}) names port ${listens.port}, and the adapter asks on port ${port}.`
          : '',
      ];
      const hint = hints.find((text) => text !== '') ?? '';
      return {
        path,
        limit: seconds > 0 ? ` (its own Timeout is ${seconds} s)` : '',
        hint: hint && ` ${hint}`,
      };
    },
    sentence: 'The function did not answer {path} within `smoke-timeout`{limit}.{hint}',
    cure: "Read the function's log in CloudWatch; with a Timeout of the function below `smoke-timeout` it is shown here.",
  },
  {
    id: 'no-http',
    evidence: 'The call returned something that is no HTTP answer',
    finds: ({ evidence: { status, errorType, refusal, body } }) =>
      status === 0 && errorType === '' && refusal === '' && body !== '' ? {} : undefined,
    sentence: 'The function answers, but not with HTTP.',
    cure: 'For a function that does not answer HTTP set `smoke-path: off`.',
  },
  {
    id: 'function-error',
    evidence: 'Another error type',
    finds: ({ evidence: { errorType, errorMessage } }) =>
      errorType === ''
        ? undefined
        : { type: errorType, message: errorMessage === '' ? '' : `: ${errorMessage.slice(0, 200)}` },
    sentence: 'The function ended with {type}{message}.',
    cure: "Read the function's log above for the first error.",
  },
];
