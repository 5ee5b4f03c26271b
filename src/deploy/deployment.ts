import { Budget } from '../aws/budget.ts';
import type { ImageLookup } from '../aws/image-lookup.ts';
import type { LambdaApi } from '../aws/lambda.ts';
import type { Log } from '../github/log.ts';
import { type FunctionRecord, type RunRecord, timed } from '../record.ts';
import {
  aliasOvertaken,
  changeAlias,
  changeCode,
  type Hands,
  overtaken,
  type Pointing,
  publish,
  samePointing,
  versionReady,
} from './change.ts';
import { lookAround } from './diagnosis.ts';
import type { DeployInputs } from './inputs.ts';
import { type Found, type Plan, type SmokeTarget, type Step, shortDigest, type Target } from './plan.ts';
import { type Restored, type RestorePoint, type RestorePoints, restore } from './restore.ts';
import { SmokeFailed, type SmokeSubject, smokeTest } from './smoke.ts';

/** What a deployment works with. */
export interface Tools {
  lambda: LambdaApi;
  images: ImageLookup;
  log: Log;
  record: RunRecord;
  points: RestorePoints;
}

/** Carries the plan for one function out, and puts back what it changed. */
export class Deployment {
  /** True once something of the new image is on the function: an update, a version, an alias. */
  touched = false;
  /** True while Lambda may be at work on an update of ours. */
  updating = false;
  readonly #found: Found;
  readonly #plan: Plan & { kind: 'deploy' };
  readonly #target: Target;
  readonly #inputs: DeployInputs;
  readonly #result: FunctionRecord;
  readonly #tools: Tools;
  readonly #hands: Hands;
  readonly #point: RestorePoint;
  /** The version with the new image; '' until it is published. */
  #version = '';

  constructor(
    found: Found,
    plan: Plan & { kind: 'deploy' },
    context: { target: Target; inputs: DeployInputs; result: FunctionRecord; tools: Tools; budget: Budget },
  ) {
    this.#found = found;
    this.#plan = plan;
    this.#target = context.target;
    this.#inputs = context.inputs;
    this.#result = context.result;
    this.#tools = context.tools;
    // By ARN from here on: a name could mean another function only if the account changed, an ARN never does.
    this.#hands = { lambda: context.tools.lambda, functionName: found.latest.arn, budget: context.budget };
    this.#point = {
      functionArn: found.latest.arn,
      name: found.latest.name,
      digest: context.target.digest,
      latest: plan.latestCanGoBack ? { uri: found.latest.imageUri, digest: found.latest.digest } : null,
      alias: null,
    };
    if (found.alias?.digest === context.target.digest) this.#version = found.alias.version;
  }

  /**
   * Runs every step.
   * @throws DeployError, ApiError, OutOfTime at the first that fails; what was changed until then stays
   */
  async carryOut(): Promise<void> {
    // Before the first change, so that the post step can put things back even after SIGKILL.
    if (this.#inputs.rollback) this.#tools.points.keep(this.#point);
    for (const step of this.#plan.steps) await this.#step(step);
    this.forget();
  }

  /** True where `$LATEST` was updated and there is nothing to put back on it. */
  get latestStays(): boolean {
    return this.#plan.steps.some((step) => step.do === 'update') && this.#point.latest === null;
  }

  /** Puts back what this deployment changed, within a budget of its own. */
  async putBack(): Promise<Restored> {
    const start = performance.now();
    const restored = await timed(this.#tools.record, this.#title('put back'), () =>
      restore(this.#point, this.#tools, new Budget(this.#inputs.updateTimeoutMs)),
    );
    this.#waited('put back', start);
    if (this.#point.alias && restored.alias === 'back')
      this.#result.version = this.#found.alias?.version ?? '';
    // With a problem left the post step tries once more.
    if (restored.problems.length === 0) this.forget();
    return restored;
  }

  /** Leaves things as they are, in the post step too. */
  forget(): void {
    this.#tools.points.drop(this.#point.functionArn);
  }

  async #step(step: Step): Promise<void> {
    const { record } = this.#tools;
    switch (step.do) {
      case 'update':
        return await timed(record, this.#title('update'), () => this.#update());
      case 'publish':
        return await timed(record, this.#title('publish'), () => this.#publish());
      case 'smoke':
        return await timed(record, this.#title(`smoke test of ${step.target}`), () =>
          this.#smoke(step.target),
        );
      case 'create-alias':
      case 'move-alias':
      case 'clear-weights':
        return await timed(record, this.#title('alias'), () => this.#moveAlias());
    }
  }

  async #update(): Promise<void> {
    const start = performance.now();
    this.updating = true;
    await changeCode(this.#hands, this.#found.latest.digest, this.#target);
    this.updating = false;
    this.touched = true;
    const ms = this.#waited('update', start);
    this.#tools.log.info(`$LATEST runs ${shortDigest(this.#target.digest)} (${ms} ms).`);
  }

  async #publish(): Promise<void> {
    this.#version = await publish(this.#hands, this.#target.digest);
    this.touched = true;
    const start = performance.now();
    await versionReady(this.#hands, this.#version);
    const ms = this.#waited('version', start);
    this.#tools.log.info(`Version ${this.#version} is published and ready (${ms} ms).`);
  }

  async #moveAlias(): Promise<void> {
    const { alias } = this.#inputs;
    const ours: Pointing = { version: this.#version, weights: {} };
    const before = this.#found.alias && pointing(this.#found.alias);
    this.#point.alias = { name: alias, before: before ?? null, ours };
    if (this.#inputs.rollback) this.#tools.points.keep(this.#point);
    await changeAlias(this.#hands, alias, before, ours);
    this.touched = true;
    this.#result.version = this.#version;
    this.#tools.log.info(`Alias ${alias} serves version ${this.#version}.`);
  }

  async #smoke(target: SmokeTarget): Promise<void> {
    const { smoke, alias } = this.#inputs;
    if (!smoke) return;
    const subjects: Record<SmokeTarget, Omit<SmokeSubject, 'functionName'>> = {
      // A published version is what it is.
      version: { qualifier: this.#version, version: this.#version, stillOurs: async () => {} },
      alias: { qualifier: alias, version: this.#version, stillOurs: () => this.#aliasIsOurs() },
      latest: { qualifier: '$LATEST', version: '$LATEST', stillOurs: () => this.#latestIsOurs() },
    };
    const { version } = subjects[target];
    const subject: SmokeSubject = {
      functionName: this.#found.latest.name,
      ...subjects[target],
      lookAround: () => lookAround(this.#hands.functionName, version, this.#tools),
    };
    // The smoke test has its own time limit.
    await this.#hands.budget
      .besides(() =>
        smokeTest(subject, smoke, this.#tools, (attempt) => {
          this.#result.smoke.push(attempt);
          if (attempt.initMs !== undefined) this.#result.initMs ??= attempt.initMs;
        }),
      )
      .catch((error: unknown) => {
        if (error instanceof SmokeFailed && error.diagnosis) this.#result.diagnosis = error.diagnosis;
        throw error;
      });
  }

  async #aliasIsOurs(): Promise<void> {
    const { lambda, functionName } = this.#hands;
    const { alias } = this.#inputs;
    const now = await lambda.getAlias(functionName, alias, new Budget(this.#inputs.updateTimeoutMs));
    if (!samePointing(now, { version: this.#version, weights: {} }))
      throw aliasOvertaken(this.#found.latest.name, alias, now);
  }

  async #latestIsOurs(): Promise<void> {
    const { lambda, functionName } = this.#hands;
    const now = await lambda.getFunction(functionName, new Budget(this.#inputs.updateTimeoutMs));
    if (now?.digest !== this.#target.digest) throw overtaken(now ?? this.#found.latest, this.#target.digest);
  }

  #title(what: string): string {
    return `deploy ${this.#found.latest.name}: ${what}`;
  }

  #waited(what: string, start: number): number {
    const ms = Math.round(performance.now() - start);
    this.#result.waits.push({ for: what, ms });
    return ms;
  }
}

function pointing({ version, weights }: Pointing): Pointing {
  return { version, weights };
}
