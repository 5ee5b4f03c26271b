import { statfs } from 'node:fs/promises';

/** Less than this free is nothing: what just failed there wanted more. */
const FULL_BYTES = 1e6;

/**
 * A sentence for an error of a program that does not say by itself that the disk is full, as buildx does not.
 * @param folder on the disk that the program wrote to
 * @returns ` The disk of FOLDER is full.`; '' where it is not, or nobody can tell
 */
export async function fullDiskNote(folder: string): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize < FULL_BYTES ? ` The disk of ${folder} is full.` : '';
  } catch {
    return '';
  }
}
