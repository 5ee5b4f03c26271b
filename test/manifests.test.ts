import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { entries } from '../scripts/entries.ts';
import { languageServiceProblems } from './support/language-service.ts';
import { callProblems } from './support/runner/calls.ts';
import {
  isActionsFile,
  OWN_REF,
  OWN_REPOSITORY,
  ownUseProblems,
  repositoryFiles,
  rewriteOwnUses,
} from './support/runner/stage.ts';

const root = join(import.meta.dirname, '..');
const files = (await repositoryFiles(root)).filter(
  (file) => isActionsFile(file) && !file.startsWith('test/'),
);
const actions = files.filter((file) => !file.startsWith('.github/'));

const described = z.record(
  z.string(),
  z.looseObject({ description: z.string().min(5), default: z.string().optional() }),
);
const common = {
  name: z.string(),
  description: z.string(),
  inputs: described,
  outputs: described.default({}),
};
// Strict: no `run:`, which would need a shell and does not get the cache service's token.
const step = z.strictObject({
  id: z.string(),
  if: z.string().optional(),
  uses: z.string().startsWith('$/'),
  with: z.record(z.string(), z.string()).default({}),
});
const javascript = z.looseObject({
  ...common,
  runs: z.strictObject({ using: z.literal('node24'), main: z.string(), post: z.string().optional() }),
});
const composite = z.looseObject({
  ...common,
  runs: z.strictObject({ using: z.literal('composite'), steps: z.array(step) }),
});

async function readManifest<T>(file: string, shape: z.ZodType<T>): Promise<T> {
  return shape.parse(parse(await readFile(join(root, file), 'utf8')));
}

describe.each(files)('%s', (file) => {
  it('calls what exists, with inputs that it has', async () => {
    const text = await readFile(join(root, file), 'utf8');
    expect(ownUseProblems(text, root)).toEqual([]);
    const own = { repository: OWN_REPOSITORY, ref: OWN_REF, folder: root };
    expect(await callProblems(rewriteOwnUses(text, OWN_REPOSITORY, OWN_REF), [own])).toEqual([]);
  });

  it("passes GitHub's language service", async () => {
    expect(await languageServiceProblems(root, file)).toEqual([]);
  });
});

describe.each(actions.filter((file) => file !== 'action.yml'))('%s', (file) => {
  it('runs bundles that the build makes on Node 24 and describes its inputs and outputs', async () => {
    const { runs } = await readManifest(file, javascript);
    for (const path of [runs.main, runs.post].filter((path) => path !== undefined)) {
      // That dist/ is what the build makes is checked where it is built (`scripts/build.ts --check`).
      const [, bundle = ''] = /^(?:\.\.\/)?dist\/([\w-]+)\/index\.js$/.exec(path) ?? [];
      expect(existsSync(join(root, 'src', `${entries[bundle]}.ts`)), path).toBe(true);
    }
  });
});

/** Inputs that mean something narrower in one step than to the user of the whole. */
const OWN_WORDS = new Set(['build function-name', 'deploy image-uri', 'deploy function-name']);

describe('the root action', async () => {
  const manifest = await readManifest('action.yml', composite);
  const steps = await Promise.all(
    manifest.runs.steps.map(async ({ id, uses, with: given }) => {
      const called = await readManifest(join(uses.replace('$/', ''), 'action.yml'), javascript);
      return { id, given, called };
    }),
  );

  it('has a step for each action of this repository but the one of another workflow', () => {
    const called = manifest.runs.steps.map(({ uses }) => join(uses.replace('$/', ''), 'action.yml'));
    const others = ['action.yml', 'post-report/action.yml'];
    expect(called.sort()).toEqual(actions.filter((file) => !others.includes(file)).sort());
  });

  it.each(steps)('hands each input on to $id under its own name', ({ given, called }) => {
    for (const [name, value] of Object.entries(given)) {
      // `record` passes from step to step and is no input of the root.
      if (name !== 'record') expect(value, name).toMatch(new RegExp(`\\binputs\\.${name}(?![\\w-])`));
    }
    expect(Object.keys(given).sort()).toEqual(
      Object.keys(called.inputs)
        .filter((name) => name in manifest.inputs || (name === 'record' && name in given))
        .sort(),
    );
  });

  it.each(steps)('says the same of an input as $id does', ({ id, called }) => {
    const same = Object.entries(called.inputs).filter(
      ([name]) => name !== 'record' && !OWN_WORDS.has(`${id} ${name}`),
    );
    const ofRoot = same.map(([name]) => [name, manifest.inputs[name]]);
    expect(Object.fromEntries(same)).toEqual(Object.fromEntries(ofRoot));
  });

  it('has no input that goes nowhere and no output that comes from nowhere', () => {
    const text = JSON.stringify(manifest.runs.steps);
    for (const name of Object.keys(manifest.inputs)) expect(text, name).toContain(`inputs.${name}`);
    for (const [name, output] of Object.entries(manifest.outputs)) {
      const sources = [...String(output.value).matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)];
      expect(sources.length, name).toBeGreaterThan(0);
      for (const [, id, source] of sources)
        expect(steps.find((one) => one.id === id)?.called.outputs, `${name} from ${id}`).toHaveProperty([
          source ?? '',
        ]);
    }
  });
});
