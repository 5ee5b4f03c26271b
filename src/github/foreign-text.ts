import { randomUUID } from 'node:crypto';
import type { Log } from './log.ts';

/**
 * Text from outside as part of one log line: no line ends, no control characters, and no `##[`, which old runners
 * take for a command anywhere in a line. 500 characters at most.
 */
export function oneLine(text: string): string {
  const flat = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replaceAll('##[', '## [')
    .trim();
  return flat.length > 500 ? `${flat.slice(0, 500)}...` : flat;
}

/**
 * A folded group whose lines come from outside (a build's output, a function's log). The runner obeys `::commands`
 * in whatever a step prints, also behind white space, so it is told not to listen until the end of the group, by a
 * word that nobody can foresee. What `work` itself tells the runner in the meantime is not heard either.
 * Source of the rules: actions/runner, ActionCommand.cs and ActionCommandManager.cs.
 */
export async function foreignGroup<T>(log: Log, heading: string, work: () => Promise<T>): Promise<T> {
  const token = `resume-${randomUUID()}`;
  return await log.group(heading, async () => {
    log.info(`::stop-commands::${token}`);
    try {
      return await work();
    } finally {
      log.info(`::${token}::`);
    }
  });
}

/** Shows a text from outside in such a group, each line behind a bar. */
export async function showForeign(log: Log, heading: string, text: string): Promise<void> {
  await foreignGroup(log, heading, async () => {
    for (const line of text.split(/[\r\n\u2028\u2029]+/))
      if (line.trim() !== '') log.info(`| ${oneLine(line)}`);
  });
}
