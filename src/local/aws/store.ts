import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeployError } from '../../errors.ts';
import { type AwsState, emptyState } from './state.ts';

/** Keeps the state in one JSON file, readable by its owner alone since it holds functions' environments. */
export class Store {
  readonly state: AwsState;
  readonly #path: string;
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(path: string, state: AwsState) {
    this.#path = path;
    this.state = state;
  }

  /**
   * Reads what an earlier process left in `folder`, which is made where it is missing.
   * @throws DeployError where the file there is not a state of this version
   */
  static async open(folder: string): Promise<Store> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'aws.json');
    return new Store(path, await readState(path));
  }

  /** Writes the state as it now is. Calls while a write is under way share the one that follows it. */
  save(): Promise<void> {
    if (!this.#writing) {
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
      });
      return this.#writing;
    }
    this.#next ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.save();
      });
    return this.#next;
  }

  async #write(): Promise<void> {
    // Renamed into place, so that a killed process never leaves half a file.
    const draft = `${this.#path}.${process.pid}.tmp`;
    await writeFile(draft, `${JSON.stringify(this.state, null, 2)}\n`, { mode: 0o600 });
    await rename(draft, this.#path);
  }
}

async function readState(path: string): Promise<AwsState> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return emptyState();
    throw error;
  }
  const problem = new DeployError(
    `The local AWS state ${path} cannot be read.`,
    'Remove the file to start with an empty account.',
  );
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw problem;
  }
  if (typeof parsed !== 'object' || parsed === null || (parsed as AwsState).schema !== 1) throw problem;
  return parsed as AwsState;
}
