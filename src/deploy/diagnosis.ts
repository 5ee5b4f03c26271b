import { oneLine } from './foreign-text.ts';

/** What a smoke test saw. */
export interface Evidence {
  /** From the payload of a failed call: `Runtime.ExitError`, `TypeError`; '' where it has none. */
  errorType: string;
  errorMessage: string;
  /** HTTP status in the answer; 0 where there was none. */
  status: number;
  /** HTTP status that was expected. */
  expected: number;
  logTail: string;
}

interface Rule {
  pattern: RegExp;
  cure: string;
}

/** Tried in order on error type, error message and log together: the narrower ones first. */
const RULES: readonly Rule[] = [
  {
    pattern: /exec format error/i,
    cure: 'A program in the image is built for another architecture: build with the `platform` of the function.',
  },
  {
    pattern: /Extension\.LaunchError[\s\S]*permission denied|permission denied[\s\S]*Extension\.LaunchError/i,
    cure: 'An extension is not executable: `chmod +x /opt/extensions/lambda-adapter` in the image.',
  },
  {
    pattern: /Extension\.\w+/,
    cure: 'An extension in /opt/extensions does not start: check that it is executable and built for the architecture of the function.',
  },
  {
    pattern: /Runtime\.InvalidEntrypoint|InvalidWorkingDirectory/i,
    cure: 'Check ENTRYPOINT, CMD and WORKDIR of the image, and that ImageConfig of the function does not replace them.',
  },
  {
    pattern: /signal: killed|OutOfMemory|out of memory/i,
    cure: 'The function ran out of memory: raise its MemorySize.',
  },
  {
    pattern: /app is not ready/i,
    cure: 'The app does not listen where the Lambda Web Adapter asks: let it listen on 0.0.0.0 and on the port in AWS_LWA_PORT (else PORT, else 8080), and check AWS_LWA_READINESS_CHECK_PATH.',
  },
  {
    pattern: /Cannot find (module|package)|ModuleNotFoundError|ImportModuleError|No module named/i,
    cure: 'A module is missing in the image: check that the last stage copies all dependencies.',
  },
  {
    pattern: /EROFS|read-only file system/i,
    cure: 'The app writes outside of /tmp, which is the only writable folder on Lambda.',
  },
  {
    pattern: /EACCES|permission denied/i,
    cure: 'Make the files of the app readable for every user (`chmod -R o+rX`): Lambda runs it without the rights of root.',
  },
  {
    pattern: /Function\.ResponseSizeTooLarge/,
    cure: 'Ask for a smaller answer: Lambda passes 6 MB at most.',
  },
  {
    pattern: /Task timed out/i,
    cure: "The function's Timeout ended first: see whether the app starts and the Lambda Web Adapter is in /opt/extensions, or raise Timeout.",
  },
  {
    pattern: /Runtime\.ExitError|Runtime exited|exit status/i,
    cure: 'The app ended by itself: start the image locally and read its first error.',
  },
];

/** What to do about it, one sentence; '' where the evidence says nothing. */
export function cureFor(evidence: Evidence): string {
  const { status, expected } = evidence;
  if (status === 404) return 'Set `smoke-path` to a path that the app serves, or `off`.';
  if (status === 401 || status === 403)
    return 'Set `smoke-path` to a path that is open to everyone, or set `smoke-status`.';
  if (status >= 300 && status < 400) return 'Set `smoke-path` to where it redirects, or set `smoke-status`.';
  const text = [evidence.errorType, evidence.errorMessage, evidence.logTail].join('\n');
  const cure = RULES.find(({ pattern }) => pattern.test(text))?.cure;
  if (cure) return cure;
  return status >= 500 && status !== expected ? "Read the function's log above for the app's own error." : '';
}

/** Lines that Lambda itself writes around an invoke. */
const PLATFORM = /^(START|END|REPORT|INIT_START|INIT_REPORT|EXTENSION|XRAY|LOGS)\b|"type":\s*"platform\./;

/** The line of a log that says most about a failure; '' where none does. */
export function tellingLine(logTail: string): string {
  const lines = logTail.split(/[\r\n]+/).filter((line) => line.trim() !== '' && !PLATFORM.test(line));
  const wanted = [
    // The emulator tries a failed start again and hides the cause: the first is the true one.
    /First fatal error stored in appctx/,
    /\b\w*(Error|Exception)\b\S*:\s/,
    /app is not ready/i,
    /\b(panic|fatal|error|exception|denied|cannot|failed|killed|refused)\b/i,
  ];
  for (const pattern of wanted) {
    const line = lines.find((candidate) => pattern.test(candidate));
    if (line !== undefined) return oneLine(line).slice(0, 300);
  }
  return '';
}
