import type { Inputs } from '../github/inputs.ts';

export interface ReportInputs {
  /** Path of the run record; '' where neither build nor deploy got as far as writing one. */
  record: string;
}

/**
 * Reads the inputs of the report action.
 * @throws InputError; DeployError for a pull request comment asked for with `always`, which is still to come
 */
export function readReportInputs(inputs: Inputs): ReportInputs {
  inputs.choice('comment', ['auto', 'always', 'off'], 'auto');
  inputs.notYet('comment', ['auto', 'off']);
  return { record: inputs.text('record') };
}
