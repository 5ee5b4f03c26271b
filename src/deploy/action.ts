import type { AlarmApi } from '../aws/cloudwatch.ts';
import { type AwsConfig, awsConfig } from '../aws/credentials.ts';
import { urlApi } from '../aws/function-url.ts';
import { imageLookup } from '../aws/image-lookup.ts';
import { lambdaApi } from '../aws/lambda.ts';
import { describeError } from '../errors.ts';
import { jobContext } from '../github/context.ts';
import { type Environment, inputsFrom } from '../github/inputs.ts';
import type { Log } from '../github/log.ts';
import { newRecord, newRecordPath, type RunRecord, readRecord, timed, writeRecord } from '../record.ts';
import { Cancelled } from './cancel.ts';
import { realClock } from './clock.ts';
import { emptyResult } from './function-record.ts';
import type { FunctionRun } from './function-run.ts';
import { resolveImage } from './image.ts';
import { type DeployInputs, readDeployInputs } from './inputs.ts';
import { setOutputs, summarize, worst } from './outputs.ts';
import type { Target } from './plan.ts';
import { RestorePoints } from './restore.ts';
import { runAll } from './run.ts';
import type { Tools } from './tools.ts';

/** The deploy action from its inputs to its outputs, so that a cancelled job can end it in order at any time. */
export class DeployAction {
  readonly #env: Environment;
  readonly #log: Log;
  readonly #cancel = new AbortController();
  #record: RunRecord = newRecord();
  #recordPath = '';
  #inputs: DeployInputs | undefined;
  #target: Target | undefined;
  /** An earlier deploy of the job may stand in the same record: functions from here on are ours. */
  #first = 0;

  constructor(env: Environment, log: Log) {
    this.#env = env;
    this.#log = log;
  }

  /**
   * Deploys. Outputs are set and the record is written whatever happens.
   * @throws DeployError where a function was not deployed to
   */
  async run(): Promise<void> {
    const failure = await this.#tryAll();
    if (!this.#wanted()) return;
    await this.end(failure ? describeError(failure) : '');
    if (failure) throw failure;
  }

  /** Stops what is under way and puts the alias back; `run` then ends by itself within a few seconds. */
  cancel(signal: string): void {
    this.#cancel.abort(new Cancelled(`The deploy was cancelled (${signal}).`));
  }

  /**
   * Sets the outputs and writes the record.
   * @param reason why the step fails; '' where it does not
   */
  async end(reason: string): Promise<void> {
    const record = this.#record;
    const own = (record.deploy ?? []).slice(this.#first);
    for (const name of (this.#inputs?.functions ?? []).slice(own.length))
      own.push({
        ...emptyResult(name, this.#inputs?.alias ?? ''),
        reasons: reason === '' ? [] : [reason],
      });
    record.deploy = [...(record.deploy ?? []).slice(0, this.#first), ...own];
    record.result = worst(own.map(({ result }) => result));
    if (reason !== '') record.reasons.push(reason);
    if (this.#recordPath === '') this.#recordPath = newRecordPath(jobContext(this.#env).runnerTemp);
    setOutputs({
      functions: own,
      recordPath: this.#recordPath,
      image: this.#inputs?.image,
      target: this.#target,
    });
    await writeRecord(this.#recordPath, record);
  }

  async #tryAll(): Promise<Error | undefined> {
    try {
      const inputs = inputsFrom(this.#env);
      await this.#openRecord(inputs.text('record'));
      this.#inputs = readDeployInputs(inputs, this.#env);
      if (!this.#wanted()) {
        this.#log.info('Nothing is deployed: `deploy` is false, or `auto` on a pull request.');
        return undefined;
      }
      return summarize(await this.#deploy(this.#inputs));
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #wanted(): boolean {
    const deploy = this.#inputs?.deploy ?? 'true';
    const onPull = ['pull_request', 'pull_request_target'].includes(jobContext(this.#env).eventName);
    return deploy === 'true' || (deploy === 'auto' && !onPull);
  }

  async #openRecord(path: string): Promise<void> {
    if (path === '') return;
    try {
      this.#record = await readRecord(path);
      this.#recordPath = path;
      this.#first = this.#record.deploy?.length ?? 0;
    } catch (error) {
      this.#log.warning(`A new run record is begun: ${describeError(error)}`);
    }
  }

  async #deploy(inputs: DeployInputs): Promise<FunctionRun[]> {
    const { image } = inputs;
    const record = this.#record;
    const { signal } = this.#cancel;
    const config: AwsConfig = await timed(record, 'deploy: credentials', () =>
      unless(signal, awsConfig(inputs.aws)),
    );
    const closing: { close(): void }[] = [];
    const opened = <T extends { close(): void }>(client: T): T => {
      closing.push(client);
      return client;
    };
    let alarms: Promise<AlarmApi> | undefined;
    const tools: Tools = {
      lambda: opened(lambdaApi(config)),
      images: opened(imageLookup(config)),
      urls: opened(urlApi(config)),
      alarms: () => {
        // Few deploys watch alarms: the others do not load the client.
        alarms ??= import('../aws/cloudwatch.ts').then(({ alarmApi }) => opened(alarmApi(config)));
        return alarms;
      },
      log: this.#log,
      record,
      points: new RestorePoints(),
      clock: realClock,
      signal,
    };
    try {
      // Without an image it is a rollback: each function has its own versions to go back to.
      if (image)
        this.#target = await timed(record, 'deploy: image', () =>
          unless(signal, resolveImage(image, tools.images, record.image, this.#log)),
        );
      const runs = await runAll(inputs, this.#target, tools);
      this.#target ??= runs[0]?.target;
      return runs;
    } finally {
      for (const client of closing) client.close();
    }
  }
}

/** The result of work that changes nothing, or the reason of the signal as soon as it comes. */
async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  signal.throwIfAborted();
  return await Promise.race([work, stopped]);
}
