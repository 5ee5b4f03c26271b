import { DeployError, describeError } from '../errors.ts';
import type { DeployResult } from '../record.ts';
import type { Cancelled } from './cancel.ts';
import type { Restored } from './restore.ts';

/** How a deploy that failed has ended. */
export interface Verdict {
  result: DeployResult;
  error: Error;
}

/**
 * What a failure came to once everything was put back as far as possible.
 * @param alias '' where users call `$LATEST`
 * @param serves the version that the alias serves now; '' where it does not exist
 */
export function afterPutBack(failure: Error, restored: Restored, alias: string, serves: string): Verdict {
  // With an alias users are safe once it is back or where it never moved; without one only when $LATEST is back.
  const safe = alias === '' ? restored.latest === 'back' : ['back', 'kept'].includes(restored.alias);
  if (!safe) return { result: 'failed', error: notTakenBack(failure, restored) };
  const where =
    alias === ''
      ? 'the previous image is back'
      : `alias ${alias} ${serves === '' ? 'does not exist, as before' : `serves version ${serves}, as before`}`;
  if (!(failure instanceof DeployError)) return { result: 'rolled-back', error: failure };
  const message = `${failure.message.replace(/\.$/, '')}; rolled back, ${where}.`;
  return { result: 'rolled-back', error: new DeployError(message, failure.hint, { cause: failure }) };
}

/**
 * What a cancelled job came to in the seconds that the runner leaves it.
 * @param left whether the post step has something to put back
 */
export function afterCancel(failure: Cancelled, restored: Restored, left: boolean): Verdict {
  const sentences = [failure.message, ...restored.said, ...restored.problems];
  if (left) sentences.push('The post step puts back what is left.');
  return {
    result: restored.alias === 'back' ? 'rolled-back' : 'failed',
    error: new DeployError(sentences.join(' '), failure.hint, { cause: failure }),
  };
}

function notTakenBack(failure: Error, { said, problems }: Restored): Error {
  const why = [...problems, ...said].join(' ') || 'There is no image to put back.';
  return new DeployError(`${describeError(failure)} It was not rolled back: ${why}`);
}
