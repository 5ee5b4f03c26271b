import type { Inputs } from '../github/inputs.ts';

export interface ReportInputs {
  /** Path of the run record; '' where neither build nor deploy got as far as writing one. */
  record: string;
  comment: 'auto' | 'always' | 'off';
  /** '' where the record is to tell. */
  key: string;
  /** '' where there is none. */
  token: string;
  /** Whether the page and the record go up as an artifact. */
  artifact: boolean;
}

/**
 * Reads the inputs of the report action.
 * @throws InputError
 */
export function readReportInputs(inputs: Inputs): ReportInputs {
  return {
    record: inputs.text('record'),
    comment: inputs.choice('comment', ['auto', 'always', 'off'], 'auto'),
    key: inputs.text('comment-key'),
    token: inputs.text('github-token'),
    artifact: inputs.boolean('artifact', false),
  };
}
