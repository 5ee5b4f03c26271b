import type { Command } from '../shell-words.ts';

/** The words after a subcommand that are no flags; `valued` are flags whose value is a word of its own. */
export function operands(command: Command, from: number, ...valued: string[]): string[] {
  const words = command.slice(from);
  return words.filter(
    (word, at) => !word.startsWith('-') && !valued.includes(words[at - 1] ?? '') && !/^\d?[<>]/.test(word),
  );
}

/** The words from there on as they follow a command that is written anew; '' where there are none. */
export function rest(command: Command, from: number): string {
  const kept = command.slice(from).join(' ');
  return kept === '' ? '' : ` ${kept}`;
}
