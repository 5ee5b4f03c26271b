import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AppPlaces } from './app.ts';

/** Empties a folder and writes these files into it. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/**
 * A Dockerfile with each text replaced, everywhere.
 * @throws Error where it does not hold one of them: then the rule of that line is not what is measured
 */
export function replaced(dockerfile: string, replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the Dockerfile does not hold: ${from}`);
    return text.replaceAll(from, to);
  }, dockerfile);
}

/** A Dockerfile that takes its public images from where they are here. */
export function withImages(dockerfile: string, { images }: AppPlaces): string {
  const named = Object.entries(images).filter(([name]) => dockerfile.includes(name));
  return replaced(dockerfile, named);
}
