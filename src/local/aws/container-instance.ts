import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Docker } from './container.ts';
import { answerOf, hasStarted, isComplete, type Observation } from './emulator-log.ts';
import { type Instance, InstanceGone, type InvokeAnswer, type RuntimeSettings } from './runtime.ts';

export interface ContainerInstanceOptions {
  docker: Docker;
  id: string;
  /** The emulator's port on 127.0.0.1. */
  port: number;
  settings: RuntimeSettings;
  launch: Observation['launch'];
}

/** The emulator listens some time after the container started; it is called again until then. */
const START_MS = 15_000;
/** The log may come a moment after the answer. */
const LOG_MS = 400;
/** Above the function's own time-out: what the start may take in the emulator, which knows no limit for it. */
const GRACE_MS = 20_000;

/** One container with the emulator in it, and its log as it is written. */
export class ContainerInstance implements Instance {
  readonly #options: ContainerInstanceOptions;
  readonly #follower: ReturnType<typeof spawn>;
  readonly #all: string[] = [];
  /** Lines since the last invoke. */
  #lines: string[] = [];
  #ended = false;

  constructor(options: ContainerInstanceOptions) {
    this.#options = options;
    const { docker, id } = options;
    const follower = spawn(docker.program, ['logs', '--follow', id], {
      env: docker.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#follower = follower;
    for (const stream of [follower.stdout, follower.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        this.#lines.push(line);
        this.#all.push(line);
        if (this.#all.length > 20_000) this.#all.splice(0, 10_000);
      });
    follower.on('error', () => {
      this.#ended = true;
    });
    follower.on('close', () => {
      this.#ended = true;
    });
  }

  async invoke(payload: Buffer, requestId: string): Promise<InvokeAnswer> {
    const { settings, launch } = this.#options;
    const begun = performance.now();
    for (;;) {
      const sent = performance.now();
      const result = await this.#post(payload);
      if (!result && !hasStarted(this.#lines)) {
        // Nothing got through: the emulator does not listen yet, or its container is gone.
        if (this.#ended || performance.now() - begun > START_MS)
          throw new InstanceGone(`The container does not answer: ${this.#all.slice(-5).join(' | ')}`);
        await sleep(20);
        continue;
      }
      const elapsedMs = performance.now() - sent;
      await this.#logged();
      const lines = this.#lines;
      this.#lines = [];
      return answerOf({
        requestId,
        version: settings.version,
        memoryMb: settings.memoryMb,
        timeoutSeconds: settings.timeoutSeconds,
        status: result?.status ?? 0,
        body: result?.body ?? Buffer.alloc(0),
        elapsedMs,
        lines,
        launch,
      });
    }
  }

  async logs(): Promise<string> {
    return this.#all.map((line) => `${line}\n`).join('');
  }

  async stop(): Promise<void> {
    this.#follower.kill();
    await this.#options.docker.run(['rm', '--force', '--volumes', this.#options.id]);
  }

  async #logged(): Promise<void> {
    const until = performance.now() + LOG_MS;
    while (!isComplete(this.#lines) && performance.now() < until) await sleep(5);
    await sleep(10);
  }

  /** undefined where the connection failed. */
  #post(payload: Buffer): Promise<{ status: number; body: Buffer } | undefined> {
    const { port, settings } = this.#options;
    return new Promise((resolve) => {
      const call = request(
        {
          host: '127.0.0.1',
          port,
          method: 'POST',
          path: '/2015-03-31/functions/function/invocations',
          headers: { 'content-type': 'application/json', 'content-length': payload.length },
          timeout: settings.timeoutSeconds * 1000 + GRACE_MS,
          agent: false,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
          );
          response.on('error', () => resolve(undefined));
        },
      );
      call.on('timeout', () => call.destroy());
      call.on('error', () => resolve(undefined));
      call.end(payload);
    });
  }
}
