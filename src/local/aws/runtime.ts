/** An image as a function version holds it. */
export interface RuntimeImage {
  /** `HOST/REPOSITORY@sha256:...` */
  uri: string;
  digest: string;
  architecture: 'amd64' | 'arm64';
}

/** What a version tells the environment that runs it. */
export interface RuntimeSettings {
  functionName: string;
  /** A version number or `$LATEST`. */
  version: string;
  memoryMb: number;
  timeoutSeconds: number;
  environment: Record<string, string>;
  region: string;
  /** The log stream that the environment is told to write to. */
  logStream: string;
  /** ImageConfig of the function: each replaces what the image itself says. */
  entryPoint?: string[];
  command?: string[];
  workingDirectory?: string;
}

/** What one invoke came to. */
export interface InvokeAnswer {
  payload: Buffer;
  functionError?: 'Unhandled';
  /** Whole log lines of this invoke with START, END and REPORT, each ended by a line feed. */
  log: string;
  /** Time of the cold start that this invoke had to wait for, in milliseconds; absent on a warm one. */
  initMs?: number;
  durationMs: number;
  /** The environment is spent (it timed out or its process ended): the next invoke needs a new one. */
  spent?: boolean;
}

/** One running environment; the caller sends it one invoke at a time. */
export interface Instance {
  /**
   * @throws InstanceGone where the payload never reached the environment, so that it can be sent to a new one;
   *   any other Error is a fault of this machine, not of the function
   */
  invoke(payload: Buffer, requestId: string): Promise<InvokeAnswer>;
  /** All that it has logged since its start. */
  logs?(): Promise<string>;
  stop(): Promise<void>;
}

/** What runs versions. */
export interface Runtime {
  start(image: RuntimeImage, settings: RuntimeSettings): Promise<Instance>;
  /**
   * Gets the image ready to serve, as an update does before it ends.
   * @throws ImageProblem with the reason code that the update shall fail with
   */
  prepare(image: RuntimeImage): Promise<void>;
}

/**
 * Why an image cannot serve; `code` is one of Lambda's LastUpdateStatusReasonCode values, such as
 * `ImageAccessDenied`, `ImageDeleted` or `InvalidImage`.
 */
export class ImageProblem extends Error {
  override readonly name = 'ImageProblem';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The environment ended between two invokes. */
export class InstanceGone extends Error {
  override readonly name = 'InstanceGone';
}
