import { Budget, OutOfTime } from '../aws/budget.ts';
import { DeployError, describeError } from '../errors.ts';
import { type DeployResult, type FunctionRecord, timed } from '../record.ts';
import { checkAlarms } from './alarms.ts';
import { Cancelled } from './cancel.ts';
import { Overtaken } from './change.ts';
import { checkStillOurs, createFunction, planCreate } from './create.ts';
import { Deployment } from './deployment.ts';
import { rehearse } from './dry-run.ts';
import { findState } from './find.ts';
import { findUrl } from './find-url.ts';
import { emptyResult, noteFound } from './function-record.ts';
import type { DeployInputs } from './inputs.ts';
import { type Found, type Plan, planDeploy, type Target, testedUrl, type Wanted } from './plan.ts';
import { planLines } from './plan-words.ts';
import { Probe } from './probe.ts';
import { apiFailure } from './reasons.ts';
import type { Restored } from './restore.ts';
import { findRollback, imageOf } from './rollback.ts';
import { planRollback } from './rollback-plan.ts';
import type { Context, Tools } from './tools.ts';
import { afterCancel, afterPutBack, type Verdict } from './verdict.ts';

/**
 * The deploy to one function in its parts: look and plan, prepare (nothing that users of an alias see), go live, and
 * finish or take back. No part throws for what can go wrong with a deploy: `error` then says why, what was changed is
 * put back, and the parts that follow do nothing. The record has the function from its first moment on.
 */
export class FunctionRun {
  readonly result: FunctionRecord;
  /** Absent where nothing went wrong. */
  error: Error | undefined;
  readonly #name: string;
  #context: Context;
  #found: Found | undefined;
  #plan: Plan | undefined;
  #deployment: Deployment | undefined;
  #ended = false;
  #created = false;

  /** @param target undefined for `rollback-to`, where the function itself says what there is to go back to */
  constructor(name: string, inputs: DeployInputs, target: Target | undefined, tools: Tools) {
    this.#name = name;
    this.result = emptyResult(name, inputs.alias);
    tools.record.deploy = [...(tools.record.deploy ?? []), this.result];
    const budget = new Budget(inputs.updateTimeoutMs, tools.signal);
    const unknown: Target = { uri: '', digest: '', architecture: '' };
    this.#context = { target: target ?? unknown, url: '', inputs, result: this.result, tools, budget };
  }

  /** The image that is deployed, or gone back to. */
  get target(): Target {
    return this.#context.target;
  }

  /** Finds out what is true and plans. */
  async look(): Promise<void> {
    const { inputs, tools, result } = this.#context;
    await this.#part(async () => {
      const plan = await this.#lookAndPlan();
      const shifts = plan.kind === 'deploy' && plan.steps.some((step) => step.do === 'shift');
      if (shifts && inputs.alarms.length > 0)
        await checkAlarms(inputs.alarms, await tools.alarms(), 'before the deploy', tools.signal);
      if (!inputs.dryRun) return;
      if (this.#found && plan.kind === 'deploy') await rehearse(this.#found, plan, this.#context);
      result.reasons.push(...planLines(plan, this.#wanted()).slice(1));
      this.#end('planned');
    });
  }

  /** @throws DeployError where the plan is to refuse */
  async #lookAndPlan(): Promise<Plan> {
    const { inputs, tools, result } = this.#context;
    const { found, plan } = await timed(tools.record, `deploy ${this.#name}: look`, () => this.#planned());
    const wanted = this.#wanted();
    this.#found = found;
    this.#plan = plan;
    tools.log.info(`Function ${found?.latest.name ?? this.#name}`);
    if (found) {
      noteFound(result, found, inputs.alias);
      this.#context = { ...this.#context, url: testedUrl(found, wanted) };
      if (wanted.smokeUrl === 'auto' && !found.url)
        tools.log.info(`${found.latest.name} has no function URL there: \`smoke-url: auto\` tests none.`);
    }
    for (const line of planLines(plan, wanted)) tools.log.info(`  ${line}`);
    if (plan.kind === 'refused') throw new DeployError(`${plan.reason}.`, plan.hint);
    result.reasons.push(`${plan.reason}.`);
    if (plan.kind === 'deploy') for (const warning of plan.warnings) tools.log.warning(warning);
    return plan;
  }

  /** Does what comes before users of the alias see anything; without an alias that is all. */
  async prepare(): Promise<void> {
    await this.#part(async () => {
      const creates = this.#plan?.kind === 'create';
      if (creates) await this.#create();
      const [found, plan] = [this.#found, this.#plan];
      if (!found || !plan) return;
      if (plan.kind === 'unchanged') {
        await this.#testUnchanged(found);
        this.#end(creates ? 'deployed' : 'unchanged');
      }
      if (plan.kind !== 'deploy') return;
      this.#deployment = new Deployment(found, plan, this.#context);
      await this.#deployment.carryOut('prepare');
    });
  }

  /** Moves the alias. */
  async goLive(): Promise<void> {
    await this.#part(async () => await this.#deployment?.carryOut('live'));
  }

  /** Says that it is over and stays so. */
  finish(): void {
    if (this.#ended) return;
    this.#deployment?.forget();
    this.#end('deployed');
  }

  /** Takes a deploy back that went well so far. @param why the whole sentence */
  async takeBack(why: Error): Promise<void> {
    if (this.#ended) return;
    const { signal } = this.#context.tools;
    const cause = signal.aborted ? signal.reason : why;
    this.result.reasons.push(describeError(cause));
    await this.#afterFailure(why, cause);
  }

  async #part(work: () => Promise<void>): Promise<void> {
    if (this.#ended) return;
    try {
      this.#context.tools.signal.throwIfAborted();
      await work();
    } catch (error) {
      const failure = apiFailure(error, `Function ${this.#name}`);
      this.result.reasons.push(describeError(failure));
      await this.#afterFailure(failure, error);
    }
  }

  /** Makes the function; from then on it is one like any other. */
  async #create(): Promise<void> {
    const { inputs, tools, target, budget } = this.#context;
    if (!inputs.create) return;
    const hands = { lambda: tools.lambda, functionName: this.#name, budget };
    const { create } = inputs;
    await timed(tools.record, `deploy ${this.#name}: create`, () =>
      createFunction(hands, target, create, (sentence) => this.#say(sentence)),
    );
    this.#created = true;
    await this.#lookAndPlan();
  }

  async #planned(): Promise<{ found?: Found; plan: Plan }> {
    const { inputs, tools, budget } = this.#context;
    const url = findUrl(this.#name, inputs, tools, budget);
    if (inputs.rollbackTo === '') {
      if (inputs.create && !(await tools.lambda.getFunction(this.#name, budget)))
        return { plan: planCreate(this.#name, this.#wanted()) };
      const [seen, own] = await Promise.all([
        findState(this.#name, this.#wanted(), tools, budget, { settle: !inputs.dryRun }),
        url,
      ]);
      const found = { ...seen, ...(own && { url: own }) };
      if (this.#created) checkStillOurs(found, this.#context.target, inputs.alias);
      return { found, plan: planDeploy(found, this.#wanted()) };
    }
    const [seen, own] = await Promise.all([findRollback(this.#name, inputs, tools, budget), url]);
    const found = { ...seen.found, ...(own && { url: own }) };
    const { chosen } = seen;
    if (chosen.version) this.#context = { ...this.#context, target: imageOf(chosen.version) };
    return { found, plan: planRollback(found, chosen, this.#wanted()) };
  }

  #wanted(): Wanted {
    const { target, inputs } = this.#context;
    const { alias, rollback, shift, smoke } = inputs;
    return { target, alias, smoke: smoke !== undefined, smokeUrl: smoke?.url ?? '', rollback, shift };
  }

  async #testUnchanged({ latest, alias, url }: Found): Promise<void> {
    const probe = new Probe(latest, this.#context);
    const pointing = alias && { version: alias.version, weights: alias.weights };
    if (pointing) await probe.alias(pointing, pointing.version);
    else await probe.latest();
    if (this.#context.url !== '') await probe.url(this.#context.url, pointing, url);
  }

  async #afterFailure(failure: Error, cause: unknown): Promise<void> {
    const { inputs, tools } = this.#context;
    const deployment = this.#deployment;
    if (!deployment) return this.#end('failed', failure);
    if (cause instanceof Overtaken) {
      deployment.forget();
      return this.#end('failed', failure);
    }
    const stays = deployment.latestStays && (deployment.touched || deployment.updating);
    if (stays && inputs.rollback) this.#say('$LATEST keeps the new image, since there is none to put back.');
    if (cause instanceof Cancelled) {
      const restored = this.#tell(await deployment.putAliasBack());
      return this.#conclude(afterCancel(cause, restored, deployment.leftForPost));
    }
    if (!inputs.rollback) {
      // Only weights of a shift that did not come to its end are taken back.
      this.#tell(await deployment.putBack());
      if (deployment.touched) this.#say('`rollback` is false: everything else is left as it is now.');
      return this.#end('failed', failure);
    }
    if (cause instanceof OutOfTime && deployment.updating && !stays) {
      // Lambda refuses any change while it is at work; only later can be seen whether there is something to undo.
      this.#say(
        'Lambda may still be at work on the update; the post step puts the previous image back if it ends well.',
      );
      return this.#end('failed', failure);
    }
    const restored = this.#tell(await deployment.putBack());
    if (!deployment.touched) return this.#end('failed', failure);
    tools.log.debug(`put back: alias ${restored.alias}, $LATEST ${restored.latest}`);
    this.#conclude(afterPutBack(failure, restored, inputs.alias, this.result.version));
  }

  #tell(restored: Restored): Restored {
    for (const sentence of restored.said) this.#say(sentence);
    for (const problem of restored.problems) {
      this.result.reasons.push(problem);
      this.#context.tools.log.warning(problem);
    }
    return restored;
  }

  #say(sentence: string): void {
    this.result.reasons.push(sentence);
    this.#context.tools.log.info(sentence);
  }

  #conclude({ result, error }: Verdict): void {
    this.#end(result, error);
  }

  #end(how: DeployResult, error?: Error): void {
    this.#ended = true;
    this.result.result = how;
    this.error = error;
  }
}
