import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { LocalRepository } from './stage.ts';
import { manifestOf, remoteUse, type Use, usesIn } from './uses.ts';

const inputs = z.record(
  z.string(),
  z.object({ required: z.boolean().optional(), default: z.unknown().optional() }).nullable(),
);
const manifest = z.object({
  inputs: inputs.nullish(),
  on: z
    .object({ workflow_call: z.object({ inputs: inputs.nullish() }).nullish() })
    .optional()
    .catch(undefined),
});

/** A `uses:` of something in a known repository. */
interface KnownCall extends Use {
  file: string;
  isWorkflow: boolean;
}

/** The calls of a text that go to known repositories. */
function knownCalls(text: string, repositories: readonly LocalRepository[]): KnownCall[] {
  return usesIn(text).flatMap((use) => {
    const remote = remoteUse(use.uses);
    const known = repositories.find(
      ({ repository, ref }) => repository === remote?.repository && ref === remote.ref,
    );
    if (!remote || !known) return [];
    const file = manifestOf(known.folder, remote.path);
    if (!file) throw new Error(`line ${use.line}: ${use.uses}: no action or workflow there`);
    return [{ ...use, file, isWorkflow: file === join(known.folder, remote.path) }];
  });
}

/**
 * A workflow and, once each, all manifests and reusable workflows of known repositories that it leads to.
 * @throws Error where a called action or workflow does not exist
 */
export async function reachedTexts(
  text: string,
  repositories: readonly LocalRepository[],
): Promise<string[]> {
  const reached = new Map<string, string>([['', text]]);
  for (const from of reached.values())
    for (const { file } of knownCalls(from, repositories))
      if (!reached.has(file)) reached.set(file, await readFile(file, 'utf8'));
  return [...reached.values()];
}

/**
 * What a workflow or action hands to the actions and reusable workflows of known repositories that they do not
 * take, and what they require and do not get. GitHub warns of an action's unknown input and refuses a workflow's;
 * act lets both pass, and a missing one too.
 */
export async function callProblems(
  text: string,
  repositories: readonly LocalRepository[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const { line, uses, inputs: given, file, isWorkflow } of knownCalls(text, repositories)) {
    const read = manifest.parse(parse(await readFile(file, 'utf8')));
    const taken = (isWorkflow ? read.on?.workflow_call?.inputs : read.inputs) ?? {};
    for (const name of given)
      if (!(name in taken)) problems.push(`line ${line}: ${uses} has no input ${name}`);
    for (const [name, input] of Object.entries(taken))
      if (input?.required && input.default === undefined && !given.includes(name))
        problems.push(`line ${line}: ${uses} requires the input ${name}`);
  }
  return problems;
}
