import { Budget } from '../aws/budget.ts';
import type { FunctionUrl } from '../aws/function-url.ts';
import type { FunctionState } from '../aws/lambda.ts';
import { timed } from '../record.ts';
import { aliasOvertaken, overtaken, type Pointing, samePointing } from './change.ts';
import { lookAround } from './diagnosis.ts';
import { SmokeFailed, smokeTest } from './smoke.ts';
import type { SmokeSubject } from './smoke-judge.ts';
import type { Context } from './tools.ts';

/** Smoke tests of one function; each attempt goes into the record, and nothing is asked where the test is off. */
export class Probe {
  readonly #latest: FunctionState;
  readonly #context: Context;

  constructor(latest: FunctionState, context: Context) {
    this.#latest = latest;
    this.#context = context;
  }

  /** A published version, which is what it is whoever deploys meanwhile. @throws as smokeTest */
  async version(version: string): Promise<void> {
    await this.#test('version', { qualifier: version, version, stillOurs: async () => {} });
  }

  /**
   * The alias.
   * @param pointing where it has to point; elsewhere is somebody else's deploy
   * @param version the version that is tested; with weights the other one may answer too
   * @throws as smokeTest; Overtaken
   */
  async alias(pointing: Pointing, version: string): Promise<void> {
    const older = pointing.version === version ? undefined : pointing.version;
    await this.#test('alias', {
      qualifier: this.#context.inputs.alias,
      version,
      ...(older !== undefined && { older }),
      stillOurs: () => this.aliasStands(pointing),
    });
  }

  /** `$LATEST`. @throws as smokeTest; Overtaken where it has other code */
  async latest(): Promise<void> {
    const stillOurs = (): Promise<void> => this.#latestStands();
    await this.#test('latest', { qualifier: '$LATEST', version: '$LATEST', stillOurs });
  }

  /**
   * The URL that users call.
   * @param pointing where the alias has to point; undefined where `$LATEST` serves
   * @param own the function's own URL; other ones are asked without a signature
   * @throws as smokeTest; Overtaken
   */
  async url(url: string, pointing: Pointing | undefined, own: FunctionUrl | undefined): Promise<void> {
    const { tools } = this.#context;
    const base = new URL(url);
    const asked = own && new URL(own.url).host === base.host ? own : undefined;
    const prefix = base.href.replace(/\/$/, '');
    await this.#test('url', {
      qualifier: base.host,
      version: pointing?.version ?? '$LATEST',
      ...(asked && { urlInvokeMode: asked.invokeMode }),
      get: (path, budget) => tools.urls.get(new URL(prefix + path), asked?.signed === true, budget),
      stillOurs: () => (pointing ? this.aliasStands(pointing) : this.#latestStands()),
    });
  }

  /** @throws Overtaken where the alias points elsewhere */
  async aliasStands(pointing: Pointing): Promise<void> {
    const { alias } = this.#context.inputs;
    const now = await this.#context.tools.lambda.getAlias(this.#latest.arn, alias, this.#time());
    if (!samePointing(now, pointing)) throw aliasOvertaken(this.#latest.name, alias, now);
  }

  async #latestStands(): Promise<void> {
    const now = await this.#context.tools.lambda.getFunction(this.#latest.arn, this.#time());
    const { digest } = this.#context.target;
    if (now?.digest !== digest) throw overtaken(now ?? this.#latest, digest);
  }

  async #test(what: string, subject: Omit<SmokeSubject, 'functionName'>): Promise<void> {
    const { inputs, tools, result, budget } = this.#context;
    const { smoke } = inputs;
    if (!smoke) return;
    const { name, arn } = this.#latest;
    const whole: SmokeSubject = {
      functionName: name,
      lookAround: () => lookAround(arn, subject.version, tools),
      ...subject,
    };
    const test = async (): Promise<void> => {
      try {
        await smokeTest(whole, smoke, tools, (attempt, figures) => {
          result.smoke.push(attempt);
          Object.assign(result, figures);
          if (attempt.initMs !== undefined) result.initMs ??= attempt.initMs;
        });
      } catch (error) {
        if (error instanceof SmokeFailed && error.diagnosis) result.diagnosis = error.diagnosis;
        throw error;
      }
    };
    // The smoke test has its own time limit.
    await budget.besides(() => timed(tools.record, `deploy ${name}: smoke test of ${what}`, test));
  }

  #time(): Budget {
    return new Budget(this.#context.inputs.updateTimeoutMs, this.#context.tools.signal);
  }
}
