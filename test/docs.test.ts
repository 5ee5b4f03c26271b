import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import DOMPurify from 'dompurify';
import mermaid from 'mermaid';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repositoryFiles } from './support/runner/stage.ts';

const root = join(import.meta.dirname, '..');
const files = (await repositoryFiles(root)).filter(
  (file) => file.endsWith('.md') && !file.includes('golden'),
);

/** What reads a block of each language that the documents use; throws where it cannot. */
const readers: Record<string, (text: string) => unknown> = {
  yaml: (text) => parse(text),
  json: (text) => JSON.parse(text),
  mermaid: async (text) => await mermaid.parse(text),
  dockerfile: (text) => {
    const first = DockerfileParser.parse(text).getInstructions()[0];
    if (first && !/^[A-Z]+$/.test(first.getKeyword()))
      throw new Error(`no instruction: ${first.getKeyword()}`);
  },
};

// Mermaid cleans each label on its way, which wants a browser; what is asked here is its grammar.
if (!DOMPurify.isSupported)
  Object.assign(DOMPurify, { addHook: () => undefined, sanitize: (text: string) => text });

describe.each(files)('%s', async (file) => {
  const text = await readFile(join(root, file), 'utf8');

  it('shows blocks that can be read', async () => {
    for (const [, language = '', block = ''] of text.matchAll(/^```(\w+)\n(.*?)^```$/gms)) {
      if (language === 'bash' || language === 'sh') continue;
      const reader = readers[language];
      if (!reader) throw new Error(`${file}: nothing here reads a block of ${language}`);
      await expect(Promise.resolve(block).then(reader), `${file}: ${block}`).resolves.not.toThrow();
    }
  });

  it('links to files that exist', () => {
    const prose = text.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, '');
    const targets = [...prose.matchAll(/\]\(([^)#\s]+)/g)].map(([, target = '']) => target);
    const local = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(local.filter((target) => !existsSync(join(root, dirname(file), target)))).toEqual([]);
  });
});

it('finds what it should', async () => {
  await expect(mermaid.parse('flowchart LR\n  A[open --> B')).rejects.toThrow();
  expect(() => readers.json?.('{')).toThrow();
  expect(() => readers.yaml?.('a: [')).toThrow();
});
