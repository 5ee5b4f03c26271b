import { answerCauses } from './causes-answer.ts';
import { launchCauses } from './causes-launch.ts';
import { startCauses } from './causes-start.ts';
import { urlCauses } from './causes-url.ts';
import { waitCauses } from './causes-wait.ts';
import type { Clues } from './clues.ts';

/** One cause of a failed smoke test: what shows it, and what is said of it. */
export interface Cause {
  /** Stands in the run record: `wrong-port`. */
  id: string;
  /** What shows it, for readers of this table. */
  evidence: string;
  /** The words to fill into `sentence` and `cure`, by name; undefined where it is not the cause. */
  finds: (clues: Clues) => Readonly<Record<string, string>> | undefined;
  /** One sentence: what is wrong. `{name}` is filled in. */
  sentence: string;
  /** One sentence: what to do. */
  cure: string;
}

/** All of them, in the order in which they are tried: the narrower ones first. */
export const causes: readonly Cause[] = [
  ...answerCauses,
  ...urlCauses,
  ...launchCauses,
  ...startCauses,
  ...waitCauses,
];
