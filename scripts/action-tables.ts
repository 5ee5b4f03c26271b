import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The part of an action.yml that the README shows. */
interface Manifest {
  inputs: Record<string, { description?: string; default?: string }>;
  outputs: Record<string, { description?: string }>;
}

const root = join(import.meta.dirname, '..');
const readme = join(root, 'README.md');

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
}

function described(kind: string, name: string, description: string | undefined): string {
  if (!description) throw new Error(`action.yml: ${kind} ${name} has no description`);
  return cell(description);
}

function inputsTable({ inputs }: Manifest): string {
  const rows = Object.entries(inputs).map(([name, input]) => {
    const fallback = input.default === undefined || input.default === '' ? '' : `\`${cell(input.default)}\``;
    return `| \`${name}\` | ${fallback} | ${described('input', name, input.description)} |`;
  });
  return ['| Input | Default | Meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function outputsTable({ outputs }: Manifest): string {
  const rows = Object.entries(outputs).map(
    ([name, output]) => `| \`${name}\` | ${described('output', name, output.description)} |`,
  );
  return ['| Output | Meaning |', '| --- | --- |', ...rows].join('\n');
}

/** Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`. */
function fill(text: string, name: string, content: string): string {
  const pattern = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!pattern.test(text)) throw new Error(`README.md has no place for ${name}`);
  return text.replace(pattern, (_, start: string, end: string) => `${start}${content}\n${end}`);
}

const manifest = parse(await readFile(join(root, 'action.yml'), 'utf8')) as Manifest;
const before = await readFile(readme, 'utf8');
const after = fill(fill(before, 'inputs', inputsTable(manifest)), 'outputs', outputsTable(manifest));
if (before !== after) {
  if (process.argv.includes('--check')) {
    process.stderr.write('The tables in README.md are not those of action.yml: run `npm run docs`.\n');
    process.exitCode = 1;
  } else await writeFile(readme, after);
}
