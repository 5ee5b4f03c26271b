import type { FunctionRecord, RunRecord } from '../record.ts';
import { shortName } from './headline.ts';

const most = 10;

/** Why a run failed and what to do, a line each, as they came. Empty where it did not fail. */
export function failureLines(run: RunRecord): string[] {
  return causes(run).filter((line) => line.trim() !== '');
}

function causes(run: RunRecord): string[] {
  if (run.result !== undefined && run.result !== 'failed' && run.result !== 'rolled-back') return [];
  const failed = (run.deploy ?? []).filter(({ result }) => result === 'failed' || result === 'rolled-back');
  const [only] = failed;
  if (!only) return run.reasons.slice(0, most);
  if (failed.length === 1)
    return [...(run.reasons.length > 0 ? run.reasons : only.reasons), ...diagnosed(only, run.reasons)].slice(
      0,
      most,
    );
  const left = failed.length > most ? [`${failed.length - most} more functions failed.`] : [];
  return [...failed.slice(0, most).map((entry) => `${shortName(entry.function)}: ${why(entry)}`), ...left];
}

/** The cause of a failed smoke test, where it was not said already. */
function diagnosed({ diagnosis }: FunctionRecord, said: readonly string[]): string[] {
  if (!diagnosis || said.some((line) => line.includes(diagnosis.sentence.replace(/\.$/, '')))) return [];
  return [`${diagnosis.sentence} ${diagnosis.cure}`];
}

function why({ diagnosis, reasons }: FunctionRecord): string {
  if (diagnosis) return `${diagnosis.sentence} ${diagnosis.cure}`;
  // The first of several says why there was a deploy at all.
  return (reasons.length > 1 ? reasons.slice(1) : reasons).join(' ');
}
