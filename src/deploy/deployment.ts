import { Budget } from '../aws/budget.ts';
import { formatMs } from '../format.ts';
import { timed } from '../record.ts';
import { changeAlias, changeCode, type Hands, type Pointing, publish, versionReady } from './change.ts';
import { hold } from './clock.ts';
import { type DeployPlan, type Found, percent, type Step, shortDigest } from './plan.ts';
import { Probe } from './probe.ts';
import { type Restored, type RestorePoint, restore } from './restore.ts';
import { shiftChecks } from './shift.ts';
import type { ShiftStep } from './shift-inputs.ts';
import type { Context } from './tools.ts';

/** The runner gives a cancelled step 7.5 seconds before it asks again; the alias must be back in less. */
const CANCELLED_MS = 5_000;

/** Carries the plan for one function out, and puts back what it changed. */
export class Deployment {
  /** True once something of the new image is on the function: an update, a version, an alias. */
  touched = false;
  /** True while Lambda may be at work on an update of ours. */
  updating = false;
  readonly #found: Found;
  readonly #plan: DeployPlan;
  readonly #context: Context;
  readonly #hands: Hands;
  readonly #probe: Probe;
  #point: RestorePoint;
  /** The version with the new image; '' until it is published. */
  #version: string;

  constructor(found: Found, plan: DeployPlan, context: Context) {
    this.#found = found;
    this.#plan = plan;
    this.#context = context;
    this.#version = plan.version;
    this.#probe = new Probe(found.latest, context);
    // By ARN from here on: a name could mean another function only if the account changed, an ARN never does.
    this.#hands = {
      lambda: context.tools.lambda,
      functionName: found.latest.arn,
      budget: context.budget,
    };
    const canGoBack = plan.latestCanGoBack && context.inputs.rollback;
    this.#point = {
      functionArn: found.latest.arn,
      name: found.latest.name,
      digest: context.target.digest,
      latest: canGoBack ? { uri: found.latest.imageUri, digest: found.latest.digest } : null,
      alias: null,
    };
  }

  /**
   * Runs the steps before the first change of the alias, or those from there on.
   * @throws DeployError, ApiError, OutOfTime, Cancelled at the first that fails; what was changed until then stays
   */
  async carryOut(part: 'prepare' | 'live'): Promise<void> {
    const { steps } = this.#plan;
    const first = steps.findIndex(({ do: what }) => ALIAS_STEPS.has(what));
    const cut = first < 0 ? steps.length : first;
    // Before the first change, so that the post step can put things back even after SIGKILL.
    if (part === 'prepare' && this.#context.inputs.rollback) this.#context.tools.points.keep(this.#point);
    for (const step of part === 'prepare' ? steps.slice(0, cut) : steps.slice(cut)) await this.#step(step);
  }

  /** True where `$LATEST` was updated and there is nothing to put back on it. */
  get latestStays(): boolean {
    return this.#plan.steps.some((step) => step.do === 'update') && this.#point.latest === null;
  }

  /** Puts back what this deployment changed, within a budget of its own. */
  async putBack(): Promise<Restored> {
    const budget = new Budget(this.#context.inputs.updateTimeoutMs);
    const restored = await this.#restore(this.#point, budget);
    // With a problem left the post step tries once more.
    if (restored.problems.length === 0) this.forget();
    return restored;
  }

  /** Puts the alias back and leaves the rest, which takes Lambda too long, to the post step. */
  async putAliasBack(): Promise<Restored> {
    const restored = await this.#restore({ ...this.#point, latest: null }, new Budget(CANCELLED_MS));
    if (restored.problems.length > 0) return restored;
    this.#point = { ...this.#point, alias: null };
    if (this.#point.latest) this.#context.tools.points.keep(this.#point);
    else this.forget();
    return restored;
  }

  /** True where something is left for the post step. */
  get leftForPost(): boolean {
    return this.#context.tools.points.has(this.#point.functionArn);
  }

  /** Leaves things as they are, in the post step too. */
  forget(): void {
    this.#context.tools.points.drop(this.#point.functionArn);
  }

  async #restore(point: RestorePoint, budget: Budget): Promise<Restored> {
    const { tools, result } = this.#context;
    const start = performance.now();
    const restored = await timed(tools.record, this.#title('put back'), () => restore(point, tools, budget));
    this.#waited('put back', start);
    if (this.#point.alias && restored.alias === 'back') result.version = this.#found.alias?.version ?? '';
    return restored;
  }

  async #step(step: Step): Promise<void> {
    const { record } = this.#context.tools;
    switch (step.do) {
      // Done before this plan was made: see create.ts.
      case 'create':
        return;
      case 'update':
        return await timed(record, this.#title('update'), () => this.#update());
      case 'publish':
        return await timed(record, this.#title('publish'), () => this.#publish());
      case 'smoke':
        if (step.target === 'version') return await this.#probe.version(this.#version);
        if (step.target === 'alias') return await this.#probe.alias(this.#final, this.#version);
        if (step.target === 'url')
          return await this.#probe.url(
            this.#context.url,
            this.#context.inputs.alias === '' ? undefined : this.#final,
            this.#found.url,
          );
        return await this.#probe.latest();
      case 'shift':
        return await timed(record, this.#title(`shift to ${percent(step.weight)}`), () => this.#shift(step));
      case 'create-alias':
      case 'move-alias':
      case 'clear-weights':
        return await timed(record, this.#title('alias'), () => this.#moveAlias());
    }
  }

  async #update(): Promise<void> {
    const start = performance.now();
    const { target, tools } = this.#context;
    this.updating = true;
    await changeCode(this.#hands, this.#found.latest.digest, target);
    this.updating = false;
    this.touched = true;
    const ms = this.#waited('update', start);
    tools.log.info(`$LATEST runs ${shortDigest(target.digest)} (${ms} ms).`);
  }

  async #publish(): Promise<void> {
    this.#version = await publish(this.#hands, this.#context.target.digest);
    this.touched = true;
    const start = performance.now();
    await versionReady(this.#hands, this.#version);
    const ms = this.#waited('version', start);
    this.#context.tools.log.info(`Version ${this.#version} is published and ready (${ms} ms).`);
  }

  /** Gives the new version its share of the alias's traffic and watches it for the time of the hold. */
  async #shift({ weight, holdMs }: ShiftStep): Promise<void> {
    const { inputs, tools, budget } = this.#context;
    const pointing = this.#weighted(weight);
    await this.#setAlias(pointing);
    tools.log.info(
      `Version ${this.#version} has ${percent(weight)} of the traffic of alias ${inputs.alias} for ${formatMs(holdMs)}.`,
    );
    const checks = shiftChecks(this.#probe, this.#context, pointing, this.#version);
    await budget.besides(() => hold(holdMs, checks, tools.clock, tools.signal));
  }

  async #moveAlias(): Promise<void> {
    const { result, tools, inputs } = this.#context;
    await this.#setAlias(this.#final);
    result.version = this.#version;
    tools.log.info(`Alias ${inputs.alias} serves version ${this.#version}.`);
  }

  /** Points the alias, after all the places where it may be on the way were saved. */
  async #setAlias(to: Pointing): Promise<void> {
    const { inputs, tools } = this.#context;
    const before = this.#before;
    const shifts = this.#plan.steps.flatMap((step) => (step.do === 'shift' ? [step.weight] : []));
    const weighted = shifts.map((weight) => this.#weighted(weight));
    if (!this.#point.alias) {
      this.#point.alias = {
        name: inputs.alias,
        before: before ?? null,
        ours: inputs.rollback ? [...weighted, this.#final] : weighted,
        stays: inputs.rollback ? null : this.#final,
      };
      // Half a shift is undone even without `rollback`.
      if (inputs.rollback || weighted.length > 0) tools.points.keep(this.#point);
    }
    await changeAlias(this.#hands, inputs.alias, [before, ...weighted], to);
    this.touched = true;
  }

  get #before(): Pointing | undefined {
    const { alias } = this.#found;
    return alias && { version: alias.version, weights: alias.weights };
  }

  get #final(): Pointing {
    return { version: this.#version, weights: {} };
  }

  #weighted(weight: number): Pointing {
    return { version: this.#found.alias?.version ?? '', weights: { [this.#version]: weight } };
  }

  #title(what: string): string {
    return `deploy ${this.#found.latest.name}: ${what}`;
  }

  #waited(what: string, start: number): number {
    const ms = Math.round(performance.now() - start);
    this.#context.result.waits.push({ for: what, ms });
    return ms;
  }
}

/** Steps that users see. */
const ALIAS_STEPS: ReadonlySet<Step['do']> = new Set([
  'create-alias',
  'shift',
  'move-alias',
  'clear-weights',
]);
