import { randomUUID } from 'node:crypto';
import type { Log } from '../github/log.ts';

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
 * Shows lines from outside (a function's log, a body) in a folded group. The runner obeys `::commands` in whatever a
 * step prints, also behind white space, so it is told not to listen, and no line begins with what was sent.
 * Source of the rules: actions/runner, ActionCommand.cs and ActionCommandManager.cs.
 */
export async function showForeign(log: Log, heading: string, text: string): Promise<void> {
  const token = `resume-${randomUUID()}`;
  await log.group(heading, async () => {
    log.info(`::stop-commands::${token}`);
    for (const line of text.split(/[\r\n\u2028\u2029]+/))
      if (line.trim() !== '') log.info(`| ${oneLine(line)}`);
    log.info(`::${token}::`);
  });
}
