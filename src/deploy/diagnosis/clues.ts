import type { Evidence, Surroundings } from './evidence.ts';
import { type Listening, lastWords, listening } from './log-lines.ts';

/** What the rows of the table look at: the evidence, read. */
export interface Clues {
  evidence: Evidence;
  around: Surroundings;
  /** Error type, error message, refusal and log together. */
  text: string;
  /** The app's last words; '' where it said nothing. */
  said: string;
  timedOut: boolean;
  /** The runtime got as far as to serve: what failed is the request. */
  started: boolean;
  /** An extension registered itself, as the Lambda Web Adapter does. */
  extensionReady: boolean;
  /** Address that the adapter waits for, where it says so: `http://127.0.0.1:8080/health`. */
  awaited: { url: string; port: number; path: string } | undefined;
  /** Where the app listens, by its log or by its command line. */
  listens: Listening | undefined;
  /** Port that the adapter asks. */
  port: number;
  memory: { usedMb: number; sizeMb: number };
  /** Value of the function's variable, else of the image's; '' where neither has it. */
  setting: (name: string) => string;
  /** What the container is started with; '' where it is not known. */
  commandLine: string;
}

/** Reads the evidence. Never throws. */
export function cluesOf(seen: Evidence, around: Surroundings): Clues {
  const evidence = bounded(seen);
  const { logTail } = evidence;
  const text = [evidence.errorType, evidence.errorMessage, evidence.refusal, logTail].join('\n');
  const setting = (name: string): string =>
    own(around.function?.settings.environment, name) || own(around.image?.environment, name);
  const awaited = awaitedUrl(logTail);
  const commandLine = commandOf(around);
  return {
    evidence,
    around,
    text,
    said: lastWords(logTail),
    timedOut: /Task timed out after|Sandbox\.Timedout/.test(text),
    started: /\bInit Duration: [\d.]+ ms(?!\tPhase)/.test(logTail.replace(/^INIT_REPORT.*$/gm, '')),
    extensionReady: /^EXTENSION\s+Name: .*State: (Ready|Registered)/m.test(logTail),
    awaited,
    listens: listening(logTail) ?? commandPort(commandLine),
    port: awaited?.port || Number(setting('AWS_LWA_PORT') || setting('PORT')) || 8080,
    memory: memoryOf(logTail),
    setting,
    commandLine,
  };
}

/** Lambda hands out 4 KB of log; a text that is longer is somebody's try to keep the patterns busy. */
function bounded(seen: Evidence): Evidence {
  return {
    ...seen,
    body: seen.body.slice(0, 2_000),
    errorType: seen.errorType.slice(0, 200),
    errorMessage: seen.errorMessage.slice(0, 2_000),
    refusal: seen.refusal.slice(0, 2_000),
    logTail: seen.logTail.slice(-4_096),
  };
}

function own(variables: Readonly<Record<string, string>> | undefined, name: string): string {
  return variables && Object.hasOwn(variables, name) ? (variables[name] ?? '') : '';
}

/** The adapter's `app is not ready after 2000ms url=http://127.0.0.1:8080/health`. */
function awaitedUrl(logTail: string): Clues['awaited'] {
  const found = /app is not ready after[^\r\n]{0,200}/i.exec(logTail);
  if (!found) return undefined;
  const url = /url=["']?(https?:\/\/[^\s"']+)/i.exec(found[0])?.[1] ?? '';
  try {
    const { port, pathname } = new URL(url);
    return { url, port: Number(port) || 80, path: pathname };
  } catch {
    return { url: '', port: 0, path: '' };
  }
}

function memoryOf(logTail: string): Clues['memory'] {
  const found = /Memory Size: (\d+) MB\s+Max Memory Used: (\d+) MB/.exec(logTail);
  return { sizeMb: Number(found?.[1] ?? 0), usedMb: Number(found?.[2] ?? 0) };
}

function commandOf({ function: fn, image }: Surroundings): string {
  const entryPoint = fn?.settings.entryPoint ?? image?.entryPoint ?? [];
  const command = fn?.settings.command ?? (fn?.settings.entryPoint ? [] : (image?.command ?? []));
  return [...entryPoint, ...command].join(' ');
}

/** `--port 8000`, `-p 8000`, `--bind 0.0.0.0:8000`, as the servers for Python and Ruby take it. */
function commandPort(commandLine: string): Listening | undefined {
  const found = /(?:--port|-p|--bind|-b|--address)[= ](?:(?<host>[^\s:]+):)?(?<port>\d{2,5})\b/.exec(
    commandLine,
  )?.groups;
  const port = Number(found?.port);
  return port > 0 && port < 65_536 ? { host: found?.host ?? '', port } : undefined;
}
