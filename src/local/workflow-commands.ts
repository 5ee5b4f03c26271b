import { stripVTControlCharacters } from 'node:util';

/** Turns an action's standard output into log lines. */
export interface CommandReader {
  line(text: string): void;
  /** Messages of `::error` commands so far. */
  errors: string[];
}

/**
 * A reader of workflow commands on standard output: groups become headings, warnings and errors become lines,
 * masked values become `***`, and `::debug` is left out.
 * Source: GitHub's documentation, "Workflow commands for GitHub Actions".
 * @param print takes each line that a person shall see
 */
export function commandReader(print: (line: string) => void): CommandReader {
  const masks: string[] = [];
  const errors: string[] = [];
  let depth = 0;
  let stopped = '';
  const hide = (text: string): string => masks.reduce((shown, mask) => shown.replaceAll(mask, '***'), text);
  const show = (text: string): void => print(hide(`${'  '.repeat(depth)}${text}`));

  const execute = (name: string, value: string): void => {
    if (name === 'add-mask' && value !== '') masks.push(value);
    else if (name === 'group') {
      show(value);
      depth += 1;
    } else if (name === 'endgroup') depth = Math.max(0, depth - 1);
    else if (name === 'error') {
      errors.push(hide(value));
      depth = 0;
      show(`Error: ${value}`);
    } else if (name === 'warning' || name === 'notice')
      show(`${name === 'warning' ? 'Warning' : 'Notice'}: ${value}`);
    else if (name === 'stop-commands') stopped = value;
  };

  return {
    errors,
    line(text) {
      if (stopped !== '') {
        if (stripVTControlCharacters(text) === `::${stopped}::`) stopped = '';
        else show(text);
        return;
      }
      const command = /^::([a-z-]+)(?: .*?)?::(.*)$/.exec(text);
      if (command?.[1] === undefined) {
        if (text !== '') show(text);
      } else execute(command[1], unescapeValue(command[2] ?? ''));
    },
  };
}

/**
 * Reads a command file (GITHUB_OUTPUT, GITHUB_STATE): `name=value` or `name<<END`, lines, `END`.
 * @returns the last value of each name
 */
export function readFileCommands(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const block = /^([^=<]+)<<(.+)$/.exec(line);
    if (block?.[1] && block[2]) {
      const end = lines.indexOf(block[2], at + 1);
      values[block[1]] = lines.slice(at + 1, end === -1 ? undefined : end).join('\n');
      at = end === -1 ? lines.length : end;
    } else {
      const equals = line.indexOf('=');
      if (equals > 0) values[line.slice(0, equals)] = line.slice(equals + 1);
    }
  }
  return values;
}

function unescapeValue(value: string): string {
  return value.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}
