import { appendFile, mkdir, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** One line in a log stream. */
export interface LogEvent {
  /** Milliseconds since 1970. */
  timestamp: number;
  stream: string;
  message: string;
}

const storedEvent = z.object({ timestamp: z.number(), stream: z.string(), message: z.string() });

/** A log is cut to its newer half when it is longer. */
const MOST_BYTES = 8 * 1024 * 1024;

/** Functions' logs, a file of JSON lines for each function, so that they outlive the process. */
export class LogStore {
  readonly #folder: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Adds the lines of `text`; calls keep their order. */
  append(functionName: string, stream: string, text: string): Promise<void> {
    const lines = text.split('\n').filter((line) => line !== '');
    const timestamp = Date.now();
    const records = lines.map((message) => `${JSON.stringify({ timestamp, stream, message })}\n`).join('');
    const done = this.#last.then(() => this.#write(this.#path(functionName), records));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** All lines of a function, oldest first; undefined where it never logged. */
  async events(functionName: string): Promise<LogEvent[] | undefined> {
    await this.#last;
    let text: string;
    try {
      text = await readFile(this.#path(functionName), 'utf8');
    } catch {
      return undefined;
    }
    return text.split('\n').flatMap(parseEvent);
  }

  /** Names of the functions that have a log. */
  async functionNames(): Promise<string[]> {
    const files = await readdir(this.#folder).catch(() => []);
    return files
      .filter((file) => file.endsWith('.jsonl'))
      .map((file) => file.slice(0, -'.jsonl'.length))
      .sort();
  }

  /** Forgets the log of a function. */
  async remove(functionName: string): Promise<void> {
    await unlink(this.#path(functionName)).catch(() => undefined);
  }

  /** Waits until all is written. */
  async flush(): Promise<void> {
    await this.#last;
  }

  async #write(path: string, records: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await appendFile(path, records, { mode: 0o600 });
    if ((await stat(path)).size <= MOST_BYTES) return;
    const text = await readFile(path, 'utf8');
    const cut = text.indexOf('\n', Math.floor(text.length / 2)) + 1;
    await writeFile(`${path}.tmp`, text.slice(cut), { mode: 0o600 });
    await rename(`${path}.tmp`, path);
  }

  #path(functionName: string): string {
    return join(this.#folder, `${functionName}.jsonl`);
  }
}

/** A line cut short by a killed process is left out. */
function parseEvent(line: string): LogEvent[] {
  try {
    const parsed = storedEvent.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}
