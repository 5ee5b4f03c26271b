/** What is to be undone at the end, last things first, also where Ctrl-C or an error ends the bench. */
export class Cleanup {
  readonly #tasks: { name: string; undo: () => Promise<unknown> }[] = [];
  #running: Promise<void> | undefined;

  add(name: string, undo: () => Promise<unknown>): void {
    this.#tasks.push({ name, undo });
  }

  /** Undoes all, once; a task that fails is told of and stops no other. */
  run(say: (line: string) => void): Promise<void> {
    this.#running ??= (async () => {
      for (let task = this.#tasks.pop(); task; task = this.#tasks.pop())
        await task.undo().catch((error: unknown) => say(`${task.name} was not ended: ${String(error)}`));
    })();
    return this.#running;
  }
}
