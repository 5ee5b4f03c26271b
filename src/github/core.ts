/*
 * The part of @actions/core that every step needs, without the part that loads an HTTP client: the library's own index
 * loads undici for getIDToken, which is a third of a step's start (56 ms become 36) and needed only for a role. What
 * the runner reads (escaping, delimiters, files) is the library's code; aws/credentials.ts loads the whole of it.
 */
import { EOL } from 'node:os';
import { issue, issueCommand } from '../../node_modules/@actions/core/lib/command.js';
import {
  issueFileCommand,
  prepareKeyValueMessage,
} from '../../node_modules/@actions/core/lib/file-command.js';
import { toCommandProperties } from '../../node_modules/@actions/core/lib/utils.js';

export { summary } from '../../node_modules/@actions/core/lib/summary.js';

/** Where an annotation stands in a file; lines count from 1. */
export interface AnnotationProperties {
  title?: string;
  file?: string;
  startLine?: number;
  endLine?: number;
}

/** Has the runner replace this text with `***` in all that it shows. */
export function setSecret(secret: string): void {
  issueCommand('add-mask', {}, secret);
}

/** Sets an output of this step. */
export function setOutput(name: string, value: string): void {
  if (process.env.GITHUB_OUTPUT) issueFileCommand('OUTPUT', prepareKeyValueMessage(name, value));
  else {
    // A line of its own, whatever was printed before.
    process.stdout.write(EOL);
    issueCommand('set-output', { name }, value);
  }
}

/** Saves a value that the post step reads with getState. */
export function saveState(name: string, value: string): void {
  if (process.env.GITHUB_STATE) issueFileCommand('STATE', prepareKeyValueMessage(name, value));
  else issueCommand('save-state', { name }, value);
}

/** A value that main saved; '' where it saved none. */
export function getState(name: string): string {
  return process.env[`STATE_${name}`] ?? '';
}

/** Shows an error and lets the step fail when it ends. */
export function setFailed(message: string): void {
  process.exitCode = 1;
  error(message);
}

/** Shows an annotation of level error. */
export function error(message: string, properties: AnnotationProperties = {}): void {
  issueCommand('error', toCommandProperties(properties), message);
}

/** Shows an annotation of level warning. */
export function warning(message: string, properties: AnnotationProperties = {}): void {
  issueCommand('warning', toCommandProperties(properties), message);
}

/** Shows an annotation of level notice. */
export function notice(message: string, properties: AnnotationProperties = {}): void {
  issueCommand('notice', toCommandProperties(properties), message);
}

/** A line that only a log with step debugging shows. */
export function debug(message: string): void {
  issueCommand('debug', {}, message);
}

/** A line of the log. */
export function info(message: string): void {
  process.stdout.write(message + EOL);
}

/** Lines of `work` under a heading that the log viewer folds. */
export async function group<T>(heading: string, work: () => Promise<T>): Promise<T> {
  issue('group', heading);
  try {
    return await work();
  } finally {
    issue('endgroup');
  }
}
