import { rawAnswer } from '../http-event.ts';
import type { Cause } from './causes.ts';
import type { Clues } from './clues.ts';

const streams = ({ setting }: Clues): boolean =>
  setting('AWS_LWA_INVOKE_MODE').toLowerCase() === 'response_stream';

/**
 * App and caller do not agree on whether an answer is streamed. Nothing else can be said of a URL where the function
 * itself has passed by Invoke, which reads both.
 */
export const urlCauses: readonly Cause[] = [
  {
    id: 'streaming-mode',
    evidence:
      'AWS_LWA_INVOKE_MODE=response_stream, and a function URL that buffers has an answer of 5xx, an empty one or one with its prelude in it',
    finds: (clues) => {
      const { status, body, urlInvokeMode, refusal } = clues.evidence;
      if (!streams(clues) || refusal !== '') return undefined;
      const unreadable = body.includes('\0') || (status === 200 && body === '') || status >= 500;
      return (urlInvokeMode === 'BUFFERED' && unreadable) || (status === 0 && body.includes('\0'))
        ? {}
        : undefined;
    },
    sentence:
      'The app answers in streaming mode (AWS_LWA_INVOKE_MODE=response_stream), but who calls it waits for a whole answer.',
    cure: 'Remove AWS_LWA_INVOKE_MODE, or set the InvokeMode of the function URL to RESPONSE_STREAM.',
  },
  {
    id: 'buffered-mode',
    evidence: 'A function URL in streaming mode shows the JSON of a whole answer',
    finds: (clues) =>
      clues.evidence.urlInvokeMode === 'RESPONSE_STREAM' &&
      !streams(clues) &&
      rawAnswer(clues.evidence.body) === 'whole'
        ? {}
        : undefined,
    sentence: 'The function URL streams (InvokeMode RESPONSE_STREAM), but the app answers as a whole.',
    cure: 'Set AWS_LWA_INVOKE_MODE=response_stream, or the InvokeMode of the function URL to BUFFERED.',
  },
];
