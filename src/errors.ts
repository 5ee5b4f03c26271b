/**
 * An error whose text is meant for the person who reads the log: what failed and on what, why, and what to do
 * next. Everything else that reaches a `main` is a fault of this project and is shown with its stack.
 */
export class DeployError extends Error {
  override readonly name = 'DeployError';
  /** What to do next, one sentence; empty where `message` already says it. */
  readonly hint: string;

  /**
   * @param message what failed, on what and why, in one line
   * @param hint what to do next, in one line
   */
  constructor(message: string, hint = '', options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** One line for the log: the message and, where there is one, the hint. */
export function describeError(error: unknown): string {
  if (error instanceof DeployError) return error.hint ? `${error.message} ${error.hint}` : error.message;
  return error instanceof Error ? error.message : String(error);
}
