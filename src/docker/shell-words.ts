/** One command of a shell line, as words without their quotes; assignments before it are left out. */
export type Command = readonly string[];

/**
 * Splits what a shell would run into its commands, for telling which programs are called and how. It knows quotes,
 * `&&`, `||`, `;`, `|`, line ends, assignments before a command and the wrapper `sh -c`; what a shell computes stays as written.
 * Never throws: text that no shell would take comes out as some words.
 */
export function shellCommands(text: string): Command[] {
  const commands: string[][] = [[]];
  for (const token of tokens(text)) {
    if (token.end) commands.push([]);
    else commands.at(-1)?.push(token.text);
  }
  return commands
    .map(plainCommand)
    .filter((command) => command.length > 0)
    .flatMap(unwrapped);
}

interface Token {
  text: string;
  /** True for what ends a command. */
  end: boolean;
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  const pattern =
    /(\\\r?\n)|(?:^|(?<=\s))#[^\n]*|(&&|\|\||[;|\n&]|\r\n)|((?:"(?:[^"\\]|\\[\s\S])*"|'[^']*'|\\[\s\S]|\d?[<>]&\d|[^\s;|&"'\\])+|["'\\])/g;
  for (const [, , end, word] of text.matchAll(pattern)) {
    if (end !== undefined) found.push({ text: end, end: true });
    else if (word !== undefined) found.push({ text: unquoted(word), end: false });
  }
  return found;
}

function unquoted(word: string): string {
  return word.replace(
    /"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|\\([\s\S])/g,
    (_whole, double: string | undefined, single: string | undefined, escaped: string | undefined) =>
      single ?? escaped ?? (double ?? '').replace(/\\(["\\$`])/g, '$1'),
  );
}

/** Without what stands before a program's name, and as the program's bare name. */
function plainCommand(words: readonly string[]): string[] {
  let at = 0;
  while (
    at < words.length &&
    /^([A-Za-z_]\w*=|[({!]$|then$|do$|else$|if$|time$|sudo$|env$)/.test(words[at] ?? '')
  )
    at += 1;
  const rest = words.slice(at);
  return rest.map((word, index) => {
    const opened = index === 0 ? word.replace(/^\(+/, '') : word;
    return index === rest.length - 1 && !opened.includes('(') ? opened.replace(/\)+$/, '') : opened;
  });
}

/** `sh -c "npm ci && npm run build"` is what stands in the quotes. */
function unwrapped(command: string[]): Command[] {
  const [program = '', flag = '', script] = command;
  if (/^(\/bin\/)?(ba|da|a)?sh$/.test(program) && /^-[a-z]*c$/.test(flag) && script !== undefined)
    return shellCommands(script);
  return [command];
}

/** The name of a command's program without its folder: `./mvnw` is `mvnw`. */
export function programOf(command: Command): string {
  return (command[0] ?? '').split('/').pop() ?? '';
}

/** Whether one of the words is the flag, also as `flag=value`. */
export function hasFlag(command: Command, ...flags: string[]): boolean {
  return command.some((word) => flags.some((flag) => word === flag || word.startsWith(`${flag}=`)));
}

/** The value of a flag, given as `--flag value` or `--flag=value`; undefined where it is absent. */
export function flagValue(command: Command, ...flags: string[]): string | undefined {
  for (const [index, word] of command.entries())
    for (const flag of flags) {
      if (word === flag) return command[index + 1];
      if (word.startsWith(`${flag}=`)) return word.slice(flag.length + 1);
    }
  return undefined;
}
