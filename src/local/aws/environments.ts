import { randomBytes } from 'node:crypto';
import {
  type Instance,
  InstanceGone,
  type InvokeAnswer,
  type Runtime,
  type RuntimeImage,
  type RuntimeSettings,
} from './runtime.ts';
import { environmentKey, type FunctionState } from './state.ts';

/** What an environment is started with but for what the pool adds. */
export type EnvironmentSettings = Omit<RuntimeSettings, 'logStream'>;

interface Slot {
  instance?: Instance;
  logStream: string;
  /** The last of the invokes that wait in line. */
  line: Promise<unknown>;
  waiting: number;
  idle?: NodeJS.Timeout;
  retired: boolean;
}

export interface EnvironmentOptions {
  runtime: Runtime;
  /** A warm environment is stopped after so many milliseconds without an invoke. */
  idleMs: number;
  /** The keys (`environmentKey`) of all code that can still be invoked. */
  used: () => Set<string>;
  say: (line: string) => void;
}

/**
 * The warm environments: one for each version (and each generation of `$LATEST`), started at the first invoke,
 * given one invoke at a time, stopped when idle or no longer needed. Unlike Lambda there is never a second one
 * beside it: calls wait in line.
 */
export class Environments {
  readonly #options: EnvironmentOptions;
  readonly #slots = new Map<string, Slot>();

  constructor(options: EnvironmentOptions) {
    this.#options = options;
  }

  /**
   * Runs one invoke in the environment of a version, after those that wait for it.
   * @returns the answer and the log stream it belongs to
   * @throws Error where no environment can be started
   */
  invoke(
    fn: FunctionState,
    image: RuntimeImage,
    settings: EnvironmentSettings,
    payload: Buffer,
    requestId: string,
  ): Promise<{ answer: InvokeAnswer; logStream: string }> {
    const key = environmentKey(fn, settings.version);
    const slot = this.#slots.get(key) ?? newSlot();
    this.#slots.set(key, slot);
    clearTimeout(slot.idle);
    slot.waiting += 1;
    const result = slot.line.then(() => this.#run(slot, image, settings, payload, requestId));
    slot.line = result.catch(() => undefined).then(() => this.#rest(key, slot));
    return result;
  }

  /** Stops the environment of a version as soon as nobody waits for it. */
  retire(fn: FunctionState, version: string): void {
    this.#retireKey(environmentKey(fn, version));
  }

  /** Retires all whose code can no longer be invoked. */
  retireUnused(): void {
    const used = this.#options.used();
    for (const key of [...this.#slots.keys()]) if (!used.has(key)) this.#retireKey(key);
  }

  /** Stops all, once the invokes under way have their answers. */
  async close(): Promise<void> {
    const slots = [...this.#slots.values()];
    for (const key of [...this.#slots.keys()]) this.#retireKey(key);
    await Promise.all(slots.map((slot) => slot.line));
  }

  async #run(
    slot: Slot,
    image: RuntimeImage,
    settings: EnvironmentSettings,
    payload: Buffer,
    requestId: string,
  ): Promise<{ answer: InvokeAnswer; logStream: string }> {
    for (let attempt = 1; ; attempt += 1) {
      if (!slot.instance) {
        slot.logStream = newLogStream(settings.version);
        slot.instance = await this.#options.runtime.start(image, { ...settings, logStream: slot.logStream });
      }
      try {
        const answer = await slot.instance.invoke(payload, requestId);
        if (answer.spent) await this.#stop(slot);
        return { answer, logStream: slot.logStream };
      } catch (error) {
        await this.#stop(slot);
        if (!(error instanceof InstanceGone) || attempt > 1) throw error;
      }
    }
  }

  async #rest(key: string, slot: Slot): Promise<void> {
    slot.waiting -= 1;
    if (slot.waiting > 0) return;
    if (slot.retired) return this.#stop(slot);
    slot.idle = setTimeout(() => this.#retireKey(key), this.#options.idleMs).unref();
  }

  #retireKey(key: string): void {
    const slot = this.#slots.get(key);
    if (!slot) return;
    this.#slots.delete(key);
    slot.retired = true;
    clearTimeout(slot.idle);
    if (slot.waiting === 0) slot.line = slot.line.then(() => this.#stop(slot));
  }

  async #stop(slot: Slot): Promise<void> {
    const { instance } = slot;
    slot.instance = undefined;
    await instance?.stop().catch((error: unknown) => {
      this.#options.say(`Cannot stop an environment: ${String(error)}`);
    });
  }
}

function newSlot(): Slot {
  return { logStream: '', line: Promise.resolve(), waiting: 0, retired: false };
}

/** As Lambda names them: `2026/11/24/[$LATEST]<32 hex>`. */
function newLogStream(version: string): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[${version}]${randomBytes(16).toString('hex')}`;
}
