import { oneLine } from '../../github/foreign-text.ts';

/** Lines that Lambda itself, its emulator or an extension writes around an invoke. */
const PLATFORM =
  /^\s*((START|END|REPORT) RequestId: |(INIT_START|INIT_REPORT|EXTENSION|IMAGE|XRAY|LOGS|TELEMETRY)\b|RequestId: \S+ (Error: |Process exited)|(Runtime|Extension|Sandbox|Function)\.\w+$)|"type":\s*"platform\.|\(rapid\)|Task timed out after|lambda_web_adapter|Lambda runtime invoke\{|app is not ready/;

/** Lines of a log that the app itself wrote, in order. */
export function appLines(logTail: string): string[] {
  return logTail.split(/[\r\n]+/).filter((line) => line.trim() !== '' && !PLATFORM.test(line));
}

/** A line of an access log, which servers for Python write of each request: its `Internal Server Error` is no error's name. */
const ACCESS = /"[A-Z]+ \S+ HTTP\/[\d.]+" \d{3}\b/;
const TELLING = /\b\w*(Error|Exception|panic)\b/;
const STACK = /^\s+at |^\s*File "|^\s*\^+\s*$|^\s*[~^]+\s*$|^Traceback|^Node\.js v|^\s*[{}]\s*$/;

/**
 * The app's last words before it ended, as one line: at most three lines, without the frames of a stack trace and
 * without an access log.
 * @param longest characters
 */
export function lastWords(logTail: string, longest = 300): string {
  const lines = appLines(logTail)
    .filter((line) => !STACK.test(line) && !ACCESS.test(line))
    .map((line) => oneLine(line));
  const telling = lines.findLastIndex(namesError);
  // Node prints properties after its message, Python's message is the last line.
  const from = telling < 0 ? Math.max(0, lines.length - 3) : telling;
  return lines
    .slice(from, from + 3)
    .join(' | ')
    .slice(0, longest);
}

/** Whether words name an error. */
export function namesError(words: string): boolean {
  return TELLING.test(words);
}

/** The line of a log that says most about a failure; '' where none does. */
export function tellingLine(logTail: string): string {
  const platform = /^(START|END|REPORT|INIT_START|INIT_REPORT|EXTENSION|XRAY|LOGS)\b|"type":\s*"platform\./;
  const lines = logTail
    .slice(-8_192)
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '' && !platform.test(line));
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

/** Where an app says that it listens. */
export interface Listening {
  /** '' where it names only the port. */
  host: string;
  port: number;
}

const SAYS_SO = /listen|running|started|serving|ready|server|local:|\bbind|available|http:\/\//i;
const PLACE =
  /(?:(?<host>localhost|\[[0-9a-f:.]*\]|(?:\d{1,3}\.){3}\d{1,3}|\*|0\.0\.0\.0)|\s|^|[(@'"/])(?::(?<at>\d{2,5})\b)|\b(?:port(?:\(s\))?|listening on)[ :=]+['"]?(?<port>\d{2,5})\b(?![-.:\d])/i;

/** Where the app says that it listens, by the words of common servers; undefined where it does not. */
export function listening(logTail: string): Listening | undefined {
  for (const line of appLines(logTail).reverse()) {
    if (!SAYS_SO.test(line) || /EADDRINUSE|refused|in use/i.test(line)) continue;
    const found = PLACE.exec(line.slice(0, 500))?.groups;
    const port = Number(found?.at ?? found?.port);
    if (port > 0 && port < 65_536) return { host: found?.host ?? '', port };
  }
  return undefined;
}
