import { DeployError, describeError } from '../errors.ts';
import * as core from '../github/core.ts';
import type { DeployResult, FunctionRecord } from '../record.ts';
import type { ImageInput } from './inputs.ts';
import type { Target } from './plan.ts';

/** From the best to the worst. */
const RANKS: readonly DeployResult[] = ['unchanged', 'deployed', 'planned', 'rolled-back', 'failed'];

/** The worst of several results; `failed` where there is none. */
export function worst(results: readonly DeployResult[]): DeployResult {
  const rank = Math.max(...results.map((result) => RANKS.indexOf(result)));
  return RANKS[rank] ?? 'failed';
}

/** What the step's outputs are made from. */
export interface OutputSource {
  /** In input order. */
  functions: readonly FunctionRecord[];
  recordPath: string;
  image: ImageInput | undefined;
  target: Target | undefined;
}

/** Sets every output, however the step ended; with several functions one a line in input order. */
export function setOutputs({ functions, recordPath, image, target }: OutputSource): void {
  const lines = (read: (result: FunctionRecord) => string): string => functions.map(read).join('\n');
  core.setOutput('image-uri', target?.uri ?? image?.uri ?? '');
  core.setOutput('digest', target?.digest ?? image?.digest ?? '');
  core.setOutput('result', worst(functions.map(({ result }) => result)));
  core.setOutput(
    'version',
    lines(({ version }) => version),
  );
  core.setOutput(
    'previous-version',
    lines(({ previousVersion }) => previousVersion),
  );
  core.setOutput(
    'function-arn',
    lines(({ arn }) => arn),
  );
  core.setOutput('record', recordPath);
}

/** One error for the last line of the log; undefined where every function ended well. */
export function summarize(ended: readonly { error: Error | undefined }[]): Error | undefined {
  const errors = ended.flatMap(({ error }) => (error ? [error] : []));
  if (errors.length <= 1) return errors[0];
  return new DeployError(
    `${errors.length} of ${ended.length} functions were not deployed to: ${errors.map(describeError).join(' | ')}`,
  );
}
