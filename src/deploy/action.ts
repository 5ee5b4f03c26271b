import { type AwsConfig, awsConfig } from '../aws/credentials.ts';
import { imageLookup } from '../aws/image-lookup.ts';
import { lambdaApi } from '../aws/lambda.ts';
import { describeError } from '../errors.ts';
import { jobContext } from '../github/context.ts';
import * as core from '../github/core.ts';
import { type Environment, inputsFrom } from '../github/inputs.ts';
import type { Log } from '../github/log.ts';
import { newRecord, newRecordPath, type RunRecord, readRecord, timed, writeRecord } from '../record.ts';
import { resolveImage } from './image.ts';
import { type DeployInputs, readDeployInputs } from './inputs.ts';
import { setOutputs, summarize, worst } from './outputs.ts';
import type { Target } from './plan.ts';
import { RestorePoints } from './restore.ts';
import { deployFunction, type Ended, emptyResult } from './run.ts';

/** The deploy action from its inputs to its outputs, so that a cancelled job can end it in order at any time. */
export class DeployAction {
  readonly #env: Environment;
  readonly #log: Log;
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

  async #deploy(inputs: DeployInputs): Promise<Ended[]> {
    const { image } = inputs;
    // readDeployInputs lets no empty image pass here.
    if (!image) throw new Error('no image');
    const record = this.#record;
    const config: AwsConfig = await timed(record, 'deploy: credentials', () => awsConfig(inputs.aws));
    const tools = {
      lambda: lambdaApi(config),
      images: imageLookup(config),
      log: this.#log,
      record,
      points: new RestorePoints(),
    };
    const target = await timed(record, 'deploy: image', () =>
      resolveImage(image, tools.images, record.image, this.#log),
    );
    this.#target = target;
    const ended: Ended[] = [];
    // One after another: the log stays readable, and what goes wrong with the first is seen before the last.
    for (const name of inputs.functions) {
      const one = await deployFunction(name, inputs, target, tools);
      this.#log.info(`Function ${name}: ${one.result.result}`);
      if (one.error && inputs.functions.length > 1) core.info(describeError(one.error));
      ended.push(one);
    }
    tools.lambda.close();
    tools.images.close();
    return ended;
  }
}
