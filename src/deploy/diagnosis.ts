import { oneLine } from '../github/foreign-text.ts';
import type { FunctionRecord } from '../record.ts';
import { type Cause, causes } from './diagnosis/causes.ts';
import { urlCauses } from './diagnosis/causes-url.ts';
import { cluesOf } from './diagnosis/clues.ts';
import type { Evidence, Surroundings } from './diagnosis/evidence.ts';
import { namesError } from './diagnosis/log-lines.ts';

export type { Evidence, Surroundings } from './diagnosis/evidence.ts';
export { noEvidence } from './diagnosis/evidence.ts';
export { tellingLine } from './diagnosis/log-lines.ts';
export { lookAround } from './diagnosis/surroundings.ts';

/** The cause of a failed smoke test: its id in the table, what is wrong, and what to do, a sentence each. */
export type Diagnosis = NonNullable<FunctionRecord['diagnosis']>;

/**
 * Names the cause of a failed smoke test from what is known of it; the table is in diagnosis/causes*.ts. Never throws.
 * @param attempts what each attempt saw: a second start may hide what the first one showed, so the cause that stands
 *   highest in the table counts, of several of a kind the one where the app named an error, else the first where it said
 *   anything: servers log an error after the answer, in front of the next request
 * @returns undefined where the evidence says nothing
 */
export function diagnose(attempts: readonly Evidence[], around: Surroundings = {}): Diagnosis | undefined {
  return firstOf(causes, attempts, around);
}

/**
 * The same of a URL whose function has just passed by Invoke: only causes that lie between the two are named, since
 * any other would blame the app.
 */
export function diagnoseUrl(attempts: readonly Evidence[], around: Surroundings = {}): Diagnosis | undefined {
  return firstOf(urlCauses, attempts, around);
}

function firstOf(
  table: readonly Cause[],
  attempts: readonly Evidence[],
  around: Surroundings,
): Diagnosis | undefined {
  const last = attempts.at(-1);
  // An answer of the app itself is what the test failed on, whatever came before it.
  const decided = last && last.status >= 300 && last.status < 500;
  const all = (decided ? [last] : attempts).map((evidence) => cluesOf(evidence, around));
  for (const cause of table) {
    const found = all.flatMap((clues) => {
      const words = cause.finds(clues);
      return words ? [{ words, said: clues.said }] : [];
    });
    const best =
      found.find(({ said }) => namesError(said)) ?? found.find(({ said }) => said !== '') ?? found[0];
    if (best) return filled(cause, best.words);
  }
  return undefined;
}

function filled({ id, sentence, cure }: Cause, words: Readonly<Record<string, string>>): Diagnosis {
  const fill = (text: string): string =>
    text
      .replace(/\{(\w+)\}/g, (_, name: string) => {
        // What is filled in comes from outside.
        const word = words[name] ?? '';
        return word.startsWith(' ') ? ` ${oneLine(word)}` : oneLine(word);
      })
      .trim();
  const ended = fill(sentence);
  return { cause: id, sentence: /[.!?]$/.test(ended) ? ended : `${ended}.`, cure: fill(cure) };
}
