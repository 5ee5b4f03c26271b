/** An instruction with its continuation lines joined and its heredocs left out. */
export interface Instruction {
  /** In upper case. */
  name: string;
  /** What follows the name. */
  rest: string;
  /** Its first line, from 1. */
  line: number;
}

export interface DockerfileLines {
  /** Parser directives (`# syntax=...`) by lower-case name. */
  directives: Map<string, string>;
  instructions: Instruction[];
}

/**
 * Splits a Dockerfile into instructions.
 * Source: github.com/moby/buildkit, frontend/dockerfile/parser.
 */
export function readInstructions(text: string): DockerfileLines {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const directives = readDirectives(lines);
  const token = directives.get('escape') === '`' ? '`' : '\\';
  // A lone escape character at the line's end goes on; an escaped one does not.
  const continues = new RegExp(`(?:[^\\${token}]|^)\\${token}[ \\t]*$`);
  const instructions: Instruction[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    if (isSkipped(lines[at] ?? '')) continue;
    const line = at + 1;
    let whole = '';
    for (; at < lines.length; at += 1) {
      const part = lines[at] ?? '';
      if (whole !== '' && isSkipped(part)) continue;
      if (!continues.test(part)) {
        whole += part;
        break;
      }
      whole += part.replace(new RegExp(`\\${token}[ \\t]*$`), '');
    }
    const [, name = '', rest = ''] = /^\s*(\S+)\s*(.*)$/s.exec(whole) ?? [];
    instructions.push({ name: name.toUpperCase(), rest, line });
    at = afterHeredocs(lines, at, name.toUpperCase(), rest);
  }
  return { directives, instructions };
}

function isSkipped(line: string): boolean {
  return /^\s*(#|$)/.test(line);
}

function readDirectives(lines: readonly string[]): Map<string, string> {
  const directives = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^\s*#\s*([a-zA-Z][\w-]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) break;
    directives.set(name.toLowerCase(), value);
  }
  return directives;
}

/** The index of the last line that belongs to the heredocs of an instruction. */
function afterHeredocs(lines: readonly string[], at: number, name: string, rest: string): number {
  if (!['RUN', 'COPY', 'ADD', 'ONBUILD'].includes(name)) return at;
  let last = at;
  for (const [, dash = '', , word = ''] of rest.matchAll(/<<(-?)\s*(["']?)([\w.-]+)\2/g)) {
    const isEnd = (line: string) => (dash ? line.replace(/^\t+/, '') : line) === word;
    const end = lines.findIndex((line, index) => index > last && isEnd(line));
    // Not terminated: it was no heredoc (`<<` of a shell's arithmetic), or BuildKit will say what is wrong.
    if (end > 0) last = end;
  }
  return last;
}

/** Values of a flag before the first word that is none: `--from=builder`. */
export function flagValues(rest: string, flag: string): string[] {
  const values: string[] = [];
  for (const word of rest.trimStart().split(/\s+/)) {
    if (!word.startsWith('--')) break;
    if (word.startsWith(`--${flag}=`)) values.push(word.slice(flag.length + 3));
  }
  return values;
}

/** What FROM names, as written; `stage` is '' where it gives none. */
export function readFrom(rest: string): { image: string; stage: string } {
  const words = rest.split(/\s+/).filter((word) => word !== '' && !word.startsWith('--'));
  const [image = '', as = '', stage = ''] = words;
  return { image, stage: as.toLowerCase() === 'as' ? stage : '' };
}
