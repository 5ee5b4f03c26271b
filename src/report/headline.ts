import { formatMs } from '../format.ts';
import type { FunctionRecord, RunRecord } from '../record.ts';
import type { Comparison } from './compare.ts';
import { lastStep, phases, totalMs } from './phases.ts';

/** What a run came to, as texts that are not escaped yet; the names in them are from outside. */
export interface Headline {
  icon: '✅' | '📝' | '↩️' | '❌';
  /** `api is live on version 4`, `Smoke test of 5 failed` */
  text: string;
  /** `48.2 s` */
  time: string;
  /** `6.1 s slower than the base branch`; '' where there is nothing to say. */
  against: string;
}

/**
 * The first line of the report: live or built, total time, against the base branch; on a failure which step failed.
 * @param base how the base branch is called, not escaped
 */
export function headline(run: RunRecord, comparison: Comparison, base: string): Headline {
  const functions = run.deploy ?? [];
  const failed = functions.filter(({ result }) => result === 'failed' || result === 'rolled-back');
  const total = totalMs(phases(run));
  const time = total > 0 ? formatMs(total) : '';
  const against = againstBase(comparison, base);
  switch (run.result) {
    case 'deployed':
      return { icon: '✅', text: live(functions), time, against };
    case 'unchanged':
      return { icon: '✅', text: `${names(functions)} already ${verb(functions)} this image`, time, against };
    case 'built':
      return { icon: '✅', text: 'Image built', time, against };
    case 'reused':
      return { icon: '✅', text: 'Image reused: no input of the build changed', time, against };
    case 'planned':
      return { icon: '📝', text: 'Dry run: nothing was changed', time, against: '' };
    case 'rolled-back':
      return {
        icon: '↩️',
        text: `${names(failed)} rolled back: ${failedStep(run)} failed`,
        time,
        against: '',
      };
    default: {
      const where = failed.length > 0 && functions.length > 1 ? ` (${names(failed)})` : '';
      return { icon: '❌', text: `${capital(failedStep(run))} failed${where}`, time, against: '' };
    }
  }
}

function live(functions: readonly FunctionRecord[]): string {
  const [only] = functions;
  if (only && functions.length === 1)
    return `${shortName(only.function)} is live${only.version === '$LATEST' ? '' : ` on version ${only.version}`}`;
  return `${functions.length} functions are live`;
}

function verb(functions: readonly unknown[]): string {
  return functions.length === 1 ? 'runs' : 'run';
}

function names(functions: readonly FunctionRecord[]): string {
  const all = functions.map((entry) => shortName(entry.function));
  return all.length <= 3
    ? all.join(', ')
    : `${all.slice(0, 2).join(', ')} and ${all.length - 2} more functions`;
}

/** The name within an ARN; a name as it is. */
export function shortName(name: string): string {
  return name.split(':').at(-1) || name;
}

/** The step at which a run ended, as people call it. */
function failedStep(run: RunRecord): string {
  if (run.build?.result === 'failed') return 'build';
  const last = lastStep(run)?.name ?? '';
  const step = /^deploy.*: (.*)$/s.exec(last)?.[1];
  if (!step) return 'deploy';
  const known: Record<string, string> = {
    look: 'looking the function up',
    credentials: 'signing in to AWS',
    image: 'looking the image up',
    update: 'update of the function',
    publish: 'publishing the version',
    alias: 'moving the alias',
    'smoke test of version': 'smoke test of the new version',
    'smoke test of alias': 'smoke test of the alias',
    'smoke test of latest': 'smoke test of the function',
  };
  return known[step] ?? step;
}

function againstBase({ times, runs }: Comparison, base: string): string {
  const total = times.find(({ name }) => name === 'total')?.measure;
  if (runs === 0 || !total?.base || total.value === undefined) return '';
  const difference = formatMs(Math.abs(total.value - total.base.median));
  if (total.change === 'more') return `${difference} slower than ${base}`;
  if (total.change === 'less') return `${difference} faster than ${base}`;
  return total.change === 'same' ? `as fast as ${base}` : '';
}

/**
 * What times were compared with, one sentence; '' where nothing was.
 * @param base as for `headline`
 */
export function comparedWith({ times }: Comparison, base: string): string {
  if (times.every(({ measure }) => measure.change === 'unknown')) return '';
  const runs = Math.max(0, ...times.map(({ measure }) => measure.base?.runs ?? 0));
  return `Compared with the median of ${runs} runs (${base}); what lies within their spread is no news.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
