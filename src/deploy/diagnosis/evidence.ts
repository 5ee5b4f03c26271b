import type { FunctionState } from '../../aws/lambda.ts';
import type { ImageConfig } from '../../docker/image-config.ts';

/** What a failed smoke test saw. */
export interface Evidence {
  /** What was asked for, with its query. */
  path: string;
  /** HTTP status in the answer; 0 where there was none. */
  status: number;
  /** HTTP status that was expected. */
  expected: number;
  /** The beginning of the answer's body, or of a payload that is no HTTP answer. */
  body: string;
  /** From the payload of a failed call: `Runtime.ExitError`, `TypeError`; '' where it has none. */
  errorType: string;
  errorMessage: string;
  /** Code and words of an Invoke that Lambda itself refused; '' where it was answered. */
  refusal: string;
  /** The end of the log, at most 4 KB. */
  logTail: string;
  /** How a function URL passes answers on; absent where none was asked. */
  urlInvokeMode?: 'BUFFERED' | 'RESPONSE_STREAM';
}

/** What stands around it, looked up once the test has failed; each absent where it cannot be had. */
export interface Surroundings {
  function?: FunctionState;
  image?: ImageConfig;
}

/** An Evidence of nothing, to be filled. */
export function noEvidence(path: string, expected: number): Evidence {
  return {
    path,
    status: 0,
    expected,
    body: '',
    errorType: '',
    errorMessage: '',
    refusal: '',
    logTail: '',
  };
}
