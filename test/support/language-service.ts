import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { manifestOf } from './runner/uses.ts';

// The package imports its JSON files without the import attribute that Node 24 demands.
registerHooks({
  load(url, context, next) {
    if (!/\/@actions\/[^/]+\/.*\.json$/.test(url)) return next(url, context);
    const source = `export default ${readFileSync(fileURLToPath(url), 'utf8')}`;
    return { format: 'module', shortCircuit: true, source };
  },
});
const { validate } = await import('@actions/languageservice');
const { validateAction } = await import('@actions/languageservice/validate-action');

/**
 * What GitHub's own language service, the one behind its editors, finds in an action.yml or a workflow of this
 * repository: unknown keys and contexts, broken expressions, actions and workflows that do not exist.
 * @param root the repository's root folder
 * @param file path below it
 * @returns one line a problem, each as `LINE: text`
 */
export async function languageServiceProblems(root: string, file: string): Promise<string[]> {
  const text = await readFile(join(root, file), 'utf8');
  const document = TextDocument.create(pathToFileURL(join(root, file)).href, 'yaml', 1, text);
  const config = {
    fileProvider: {
      getFileContent: async ({ path }: { path: string }) => {
        const found = manifestOf(root, path);
        if (!found) throw new Error(`${path} does not exist`);
        return { name: path, content: await readFile(found, 'utf8') };
      },
    },
  };
  const check = /(^|\/)action\.ya?ml$/.test(file) ? validateAction : validate;
  const diagnostics = await check(document, config);
  return diagnostics.map(({ range, message }) => `${range.start.line + 1}: ${message}`);
}
