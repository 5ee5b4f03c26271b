import type { JobContext } from '../github/context.ts';
import type { Environment } from '../github/inputs.ts';
import type { Log } from '../github/log.ts';
import type { RunRecord } from '../record.ts';

/** What a run works with beside its inputs. */
export interface BuildRun {
  job: JobContext;
  record: RunRecord;
  log: Log;
  env: Environment;
  /** Saves what post removes. */
  keep: (name: string, value: string) => void;
}
