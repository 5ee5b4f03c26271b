import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const source = join(import.meta.dirname, '..', '..', 'src');

/**
 * Makes a folder like dist/ whose entry points run the sources of these actions, main and post: Node takes
 * TypeScript as it is, and a test needs no bundle.
 */
export async function writeActionEntries(dist: string, actions: readonly string[]): Promise<void> {
  const entries = actions.flatMap((action) => [
    { folder: action, file: join(source, action, 'main.ts') },
    { folder: `${action}-post`, file: join(source, action, 'post.ts') },
  ]);
  for (const { folder, file } of entries) {
    await mkdir(join(dist, folder), { recursive: true });
    await writeFile(join(dist, folder, 'index.js'), `await import(${JSON.stringify(file)});\n`);
    await writeFile(join(dist, folder, 'package.json'), '{ "type": "module" }\n');
  }
}
