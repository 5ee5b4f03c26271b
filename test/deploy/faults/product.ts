import { Budget } from '../../../src/aws/budget.ts';
import { alarmApi } from '../../../src/aws/cloudwatch.ts';
import { urlApi } from '../../../src/aws/function-url.ts';
import { imageLookup } from '../../../src/aws/image-lookup.ts';
import { lambdaApi } from '../../../src/aws/lambda.ts';
import { realClock } from '../../../src/deploy/clock.ts';
import type { DeployInputs } from '../../../src/deploy/inputs.ts';
import type { Target } from '../../../src/deploy/plan.ts';
import { type Restored, type RestorePoint, RestorePoints, restore } from '../../../src/deploy/restore.ts';
import { runAll } from '../../../src/deploy/run.ts';
import { readShift } from '../../../src/deploy/shift-inputs.ts';
import { describeError } from '../../../src/errors.ts';
import { inputsFrom } from '../../../src/github/inputs.ts';
import type { Log } from '../../../src/github/log.ts';
import { type FunctionRecord, newRecord } from '../../../src/record.ts';
import { ROLE } from '../../local/aws/stand.ts';

/** The restore points of one deploy, kept here instead of in the step's state. */
class Points extends RestorePoints {
  readonly left = new Map<string, RestorePoint>();

  override keep(point: RestorePoint): void {
    // As the step's state has it: what main changes in the object later is not in it.
    this.left.set(point.functionArn, structuredClone(point));
  }

  override has(functionArn: string): boolean {
    return this.left.has(functionArn);
  }

  override drop(functionArn: string): void {
    this.left.delete(functionArn);
  }
}

/** What main reports, and what it left for post. */
export interface Reported {
  result: FunctionRecord;
  /** '' where it ended well. */
  error: string;
  points: RestorePoint[];
}

const CONFIG = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: 'local' },
};
const UPDATE_TIMEOUT_MS = 60_000;
/** As in src/deploy/post.ts. */
const POST_MS = 240_000;

/** What of the deploy a play chooses. */
export interface Options {
  /** '' for none. */
  alias: string;
  rollback: boolean;
  rollbackAll: boolean;
  /** Input `rollback-to`; '' for none. */
  rollbackTo: string;
  /** Whether a function that does not exist is created. */
  create: boolean;
  /** Input `smoke-url`. */
  smokeUrl: string;
  /** Input `traffic-shift`. */
  shift: string;
  /** Input `alarms`. */
  alarms: string[];
  signal: AbortSignal;
}

function inputsFor(functions: string[], options: Options): DeployInputs {
  const { alias, rollback, rollbackAll, rollbackTo, create, smokeUrl, shift, alarms } = options;
  const fresh = { role: ROLE, memoryMb: 512, timeoutSeconds: 30, architecture: '' as const };
  return {
    deploy: 'true',
    functions,
    alias,
    smoke: { path: '/health', query: '', url: smokeUrl, status: 200, timeoutMs: 60_000 },
    rollback,
    rollbackAll,
    rollbackTo,
    ...(create && { create: fresh }),
    ...readShift(inputsFrom({ 'INPUT_TRAFFIC-SHIFT': shift, INPUT_ALARMS: alarms.join('\n') }), alias),
    updateTimeoutMs: UPDATE_TIMEOUT_MS,
    dryRun: false,
    aws: { region: 'us-east-1', roleToAssume: '', roleSessionName: '', roleDuration: 900 },
    record: '',
  };
}

/** The deploy to functions as the action runs it; one report for each. */
export async function main(
  functions: string[],
  target: Target,
  options: Options,
  log: Log,
): Promise<Reported[]> {
  const points = new Points();
  const alarms = alarmApi(CONFIG);
  const tools = {
    lambda: lambdaApi(CONFIG),
    images: imageLookup(CONFIG),
    urls: urlApi(CONFIG),
    alarms: async () => alarms,
    log,
    record: newRecord(),
    points,
    clock: realClock,
    signal: options.signal,
  };
  try {
    // With `rollback-to` each function has its own.
    const wanted = options.rollbackTo === '' ? target : undefined;
    const runs = await runAll(inputsFor(functions, options), wanted, tools);
    return runs.map(({ result, error }, at) => ({
      result,
      error: error ? describeError(error) : '',
      points: [...points.left.values()].filter(({ name }) => name === functions[at]),
    }));
  } finally {
    tools.lambda.close();
    tools.images.close();
    tools.urls.close();
    alarms.close();
  }
}

/** The post step for what main left. */
export async function post(points: readonly RestorePoint[], log: Log): Promise<Restored[]> {
  const tools = { lambda: lambdaApi(CONFIG), log };
  try {
    const all: Restored[] = [];
    const budget = new Budget(POST_MS);
    for (const point of points) all.push(await restore(point, tools, budget));
    return all;
  } finally {
    tools.lambda.close();
  }
}
