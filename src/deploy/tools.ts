import type { Budget } from '../aws/budget.ts';
import type { AlarmApi } from '../aws/cloudwatch.ts';
import type { UrlApi } from '../aws/function-url.ts';
import type { ImageLookup } from '../aws/image-lookup.ts';
import type { LambdaApi } from '../aws/lambda.ts';
import type { Log } from '../github/log.ts';
import type { FunctionRecord, RunRecord } from '../record.ts';
import type { Clock } from './clock.ts';
import type { DeployInputs } from './inputs.ts';
import type { Target } from './plan.ts';
import type { RestorePoints } from './restore.ts';

/** What a deploy works with. */
export interface Tools {
  lambda: LambdaApi;
  images: ImageLookup;
  urls: UrlApi;
  /** The client of CloudWatch, loaded by the first who needs it. */
  alarms: () => Promise<AlarmApi>;
  log: Log;
  record: RunRecord;
  points: RestorePoints;
  clock: Clock;
  /** Aborted, with a Cancelled as its reason, when the job is cancelled. */
  signal: AbortSignal;
}

/** One deploy to one function. */
export interface Context {
  target: Target;
  /** Of the last smoke test; '' where none is asked. */
  url: string;
  inputs: DeployInputs;
  result: FunctionRecord;
  tools: Tools;
  /** `update-timeout`, without tests and holds, which have their own time. */
  budget: Budget;
}
