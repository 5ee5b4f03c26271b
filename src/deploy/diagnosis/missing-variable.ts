import { appLines } from './log-lines.ts';

const NAME = '[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{4,}';

/** How common languages and libraries say that a variable is not set; the first group is its name. */
const SAYINGS: readonly RegExp[] = [
  // Python's os.environ['X'], and Ruby's ENV.fetch
  new RegExp(`\\bKeyError: ['"](${NAME})['"]`),
  new RegExp(`key not found: ['"](${NAME})['"]`),
  // Go: kelseyhightower/envconfig, caarlos0/env
  new RegExp(`required key (${NAME}) missing value`),
  new RegExp(`required environment variable ["'](${NAME})["'] is not set`),
  // Spring
  new RegExp(`Could not resolve placeholder ['"](${NAME})['"]`),
  // In words: "DATABASE_URL is not set", "Missing required environment variable: DATABASE_URL"
  new RegExp(
    `["'\`]?\\b(${NAME})\\b["'\`]?:? (?:(?:environment|env) ?(?:variable|var) )?(?:is|was|must be|has to be|not|env) ?(?:not )?(?:set|defined|given|provided|required|missing|undefined|empty|found|configured|present)`,
  ),
  new RegExp(
    `(?:missing|required|undefined|unset|no|set|need|define|provide|specify)[^\\n]{0,40}(?:environment|env)[ -]?(?:variables?|vars?)?[^\\nA-Z]{0,30}["'\`]?\\b(${NAME})\\b`,
    'i',
  ),
  new RegExp(`(?:environment|env) ?(?:variable|var) ["'\`]?(${NAME})["'\`]?`),
  new RegExp(`\\b[Mm]issing (?:required )?["'\`]?(${NAME})\\b`),
];

/** Libraries that name the field on a line after the heading: pydantic, envalid, zod and the like. */
const HEADINGS =
  /validation errors? for \w+|(?:missing|invalid)[^\n]{0,20} (?:environment|env) ?(?:variables|vars)|environment validation/i;
const FIELD = new RegExp(`^\\s*["'\`]?((?:${NAME})|[a-z][a-z0-9]*(?:_[a-z0-9]+)+)["'\`]?\\b[:,]?`);
const REQUIRED = /required|missing|undefined|invalid|not set/i;

/**
 * The variable that an app complains of.
 * @param setting the value that the function or the image gives it: one that has a value is not missing
 * @returns undefined where none is named
 */
export function missingVariable(logTail: string, setting: (name: string) => string): string | undefined {
  const lines = appLines(logTail).map((line) => line.slice(0, 1_000));
  for (const [at, line] of lines.entries()) {
    for (const saying of SAYINGS) {
      const name = saying.exec(line)?.[1];
      if (name && name === name.toUpperCase() && !isNoVariable(name) && setting(name) === '') return name;
    }
    if (!HEADINGS.test(line)) continue;
    const around = lines.slice(at + 1, at + 6);
    for (const [index, next] of around.entries()) {
      const name = FIELD.exec(next)?.[1];
      if (
        name &&
        REQUIRED.test(`${next} ${around[index + 1] ?? ''} ${line}`) &&
        setting(name.toUpperCase()) === ''
      )
        return name.toUpperCase();
    }
  }
  return undefined;
}

/** Words in capitals that stand in error messages and are no variables. */
function isNoVariable(name: string): boolean {
  return /^(E[A-Z]{3,}|ERR_\w+|HTTP\w*|JSON|NULL|TRUE|FALSE|ERROR|FATAL|WARN\w*|INFO|DEBUG|POST|PATCH|DELETE|SELECT|INSERT|UPDATE|REQUIRED|MISSING)$/.test(
    name,
  );
}
