import * as core from './core.ts';

/** Where an action tells what it does. Tests collect the lines; the runner shows them. */
export interface Log {
  info(line: string): void;
  warning(line: string): void;
  /** Shown only where step debugging is on. */
  debug(line: string): void;
  /** Lines of `work` under a heading that the log viewer folds. */
  group<T>(heading: string, work: () => Promise<T>): Promise<T>;
}

/** The log of a GitHub job (workflow commands on standard output). */
export const jobLog: Log = {
  info: core.info,
  warning: (line) => core.warning(line),
  debug: core.debug,
  group: core.group,
};
