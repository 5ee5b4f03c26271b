import { parse as parseCsv } from 'csv-parse/sync';
import { DeployError } from '../errors.ts';

/** A bad input: names the input, its value and what is allowed. */
export class InputError extends DeployError {
  readonly input: string;

  /**
   * @param input the name in action.yml
   * @param value what was given
   * @param allowed what would have been right, as the end of the sentence "allowed: ..."
   */
  constructor(input: string, value: string, allowed: string) {
    const shown = value === '' ? 'is empty' : `is ${JSON.stringify(shorten(value))}`;
    super(`Input \`${input}\` ${shown}; allowed: ${allowed}.`);
    this.input = input;
  }
}

/** Environment variables by name, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads an action's inputs from INPUT_* variables; every method throws InputError on a bad value. */
export interface Inputs {
  /** The text without surrounding white space; '' where it is not set. */
  text(name: string): string;
  /** The same, refused where empty. */
  required(name: string, allowed: string): string;
  /**
   * A list, one entry a line, with the CSV rules of docker/build-push-action: an entry in double quotes may hold
   * line ends and doubled quotes. Where `comma` is true a comma ends an entry too.
   */
  list(name: string, options?: { comma?: boolean }): string[];
  /** One of `allowed`; `fallback` where it is not set. */
  choice<T extends string>(name: string, allowed: readonly T[], fallback: T): T;
  /** `true` or `false` (YAML 1.2 core spellings); `fallback` where it is not set. */
  boolean(name: string, fallback: boolean): boolean;
  /** `90s`, `5m`, `1h` or seconds, as milliseconds; `fallback` is written the same way. */
  duration(name: string, fallback: string): number;
}

/**
 * An input reader over a set of environment variables.
 * Source of the naming: actions/runner, `INPUT_` + the name in upper case with spaces as `_`.
 */
export function inputsFrom(env: Environment): Inputs {
  const text = (name: string): string =>
    (env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '').trim();
  return {
    text,
    required(name, allowed) {
      const value = text(name);
      if (value === '') throw new InputError(name, value, allowed);
      return value;
    },
    list: (name, options = {}) => parseList(name, text(name), options.comma ?? false),
    choice(name, allowed, fallback) {
      const value = text(name);
      if (value === '') return fallback;
      const found = allowed.find((candidate) => candidate === value);
      if (found === undefined) throw new InputError(name, value, allowed.map((a) => `\`${a}\``).join(', '));
      return found;
    },
    boolean(name, fallback) {
      const value = text(name);
      if (value === '') return fallback;
      if (['true', 'True', 'TRUE'].includes(value)) return true;
      if (['false', 'False', 'FALSE'].includes(value)) return false;
      throw new InputError(name, value, '`true` or `false`');
    },
    duration: (name, fallback) => parseDuration(text(name) || fallback, name),
  };
}

/**
 * `90s`, `5m`, `1h` or a bare number of seconds, as milliseconds.
 * @throws InputError naming `input`
 */
export function parseDuration(value: string, input: string): number {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)?$/.exec(value);
  const unit = { s: 1_000, m: 60_000, h: 3_600_000 }[match?.[2] ?? 's'];
  const ms = Math.round(Number(match?.[1]) * (unit ?? Number.NaN));
  if (!Number.isFinite(ms) || ms <= 0)
    throw new InputError(
      input,
      value,
      'a duration above zero such as `90s`, `5m`, `1h` or a number of seconds',
    );
  return ms;
}

function parseList(input: string, value: string, comma: boolean): string[] {
  if (value === '') return [];
  let records: string[][];
  try {
    records = parseCsv(value, {
      columns: false,
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      comment: '#',
      comment_no_infix: true,
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(
      input,
      value,
      `one entry a line, an entry in double quotes may hold line ends (${reason})`,
    );
  }
  const entries = comma ? records.flat() : records.map((fields) => fields.join(','));
  return entries.map((entry) => entry.trim()).filter((entry) => entry !== '');
}

function shorten(value: string): string {
  return value.length > 200 ? `${value.slice(0, 200)}...` : value;
}
