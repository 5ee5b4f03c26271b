import { oneLine } from '../github/foreign-text.ts';
import type { FunctionRecord } from '../record.ts';
import { type Cause, causes } from './diagnosis/causes.ts';
import { cluesOf } from './diagnosis/clues.ts';
import type { Evidence, Surroundings } from './diagnosis/evidence.ts';

export type { Evidence, Surroundings } from './diagnosis/evidence.ts';
export { noEvidence } from './diagnosis/evidence.ts';
export { tellingLine } from './diagnosis/log-lines.ts';
export { lookAround } from './diagnosis/surroundings.ts';

/** The cause of a failed smoke test: its id in the table, what is wrong, and what to do, a sentence each. */
export type Diagnosis = NonNullable<FunctionRecord['diagnosis']>;

/**
 * Names the cause of a failed smoke test from what is known of it; the table is in diagnosis/causes*.ts. Never throws.
 * @returns undefined where the evidence says nothing
 */
export function diagnose(evidence: Evidence, around: Surroundings = {}): Diagnosis | undefined {
  const clues = cluesOf(evidence, around);
  for (const cause of causes) {
    const words = cause.finds(clues);
    if (words) return filled(cause, words);
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
