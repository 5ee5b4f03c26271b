import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/local/parts/process.ts';

/** A disk that can be full. */
export interface SmallDisk {
  /** Takes what is left, to the last byte. */
  fill(): void;
  /** Leaves the folder as it was before: empty. */
  close(): Promise<void>;
}

/**
 * Puts a disk of its own, in memory, over an empty folder.
 * @throws Error where this user may not mount: neither root nor a `sudo` without password
 */
export async function mountSmallDisk(folder: string, megabytes: number): Promise<SmallDisk> {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const call = async (...command: string[]): Promise<void> => {
    const [program = '', ...args] = [...asRoot, ...command];
    await run(program, args);
  };
  const options = `size=${megabytes}m,uid=${process.getuid?.() ?? 0},mode=755`;
  await call('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', folder);
  return {
    fill() {
      const file = openSync(join(folder, 'filler'), 'w');
      const piece = Buffer.alloc(4096);
      try {
        for (;;) writeSync(file, piece);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    async close() {
      await call('umount', folder);
    },
  };
}
