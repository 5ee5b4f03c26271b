import { z } from 'zod';
import { conflict, invalidParameter, notFound, wrongRevision } from './aws-error.ts';
import { findFunction, findVersion, type Lambda } from './lambda.ts';
import { functionArn, page, type Target } from './names.ts';
import { parseInput } from './request.ts';
import { type AliasState, type FunctionState, newRevision } from './state.ts';

const WEIGHT =
  'Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]';
const WEIGHT_KEY =
  'Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]';

const routing = z.object({
  AdditionalVersionWeights: z
    .record(z.string(), z.number())
    .refine((weights) => Object.keys(weights).every((key) => /^\d+$/.test(key)), WEIGHT_KEY)
    .refine((weights) => Object.values(weights).every((weight) => weight >= 0 && weight <= 1), WEIGHT)
    .nullish(),
});
const version = z
  .string()
  .regex(/^(\$LATEST|\d+)$/, 'Member must satisfy regular expression pattern: (\\$LATEST|[0-9]+)');
const createInput = z.object({
  Name: z
    .string()
    .regex(
      /^(?!\d+$)[a-zA-Z0-9-_]{1,128}$/,
      'Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)',
    ),
  FunctionVersion: version,
  Description: z.string().optional(),
  RoutingConfig: routing.nullish(),
});
const updateInput = z.object({
  FunctionVersion: version.optional(),
  Description: z.string().optional(),
  RoutingConfig: routing.nullish(),
  RevisionId: z.string().optional(),
});

/** CreateAlias. @throws AwsError */
export async function createAlias(lambda: Lambda, target: Target, body: unknown) {
  const input = parseInput(createInput, body);
  const fn = findFunction(lambda, { name: target.name, qualifier: input.FunctionVersion });
  if (fn.aliases[input.Name])
    throw conflict(`Alias already exists: ${functionArn(lambda.place, fn.name, input.Name)}`);
  const alias: AliasState = {
    name: input.Name,
    functionVersion: input.FunctionVersion,
    description: input.Description ?? '',
    weights: input.RoutingConfig?.AdditionalVersionWeights ?? {},
    revisionId: newRevision(),
  };
  checkRouting(lambda, fn, alias);
  fn.aliases[alias.name] = alias;
  await lambda.store.save();
  return answer(lambda, fn, alias);
}

/**
 * UpdateAlias: what the request does not name stays, and so do weights without RoutingConfig; an empty
 * AdditionalVersionWeights clears them.
 * @throws AwsError
 */
export async function updateAlias(lambda: Lambda, target: Target, name: string, body: unknown) {
  const input = parseInput(updateInput, body);
  const fn = lambda.store.state.functions[target.name];
  const old = fn?.aliases[name];
  if (!fn || !old) throw notFound(`Alias not found: ${functionArn(lambda.place, target.name, name)}`);
  if (input.RevisionId !== undefined && input.RevisionId !== old.revisionId) throw wrongRevision();
  const weights = input.RoutingConfig ? (input.RoutingConfig.AdditionalVersionWeights ?? {}) : old.weights;
  const alias: AliasState = {
    name,
    functionVersion: input.FunctionVersion ?? old.functionVersion,
    description: input.Description ?? old.description,
    weights,
    revisionId: newRevision(),
  };
  checkRouting(lambda, fn, alias);
  fn.aliases[name] = alias;
  releaseVersions(lambda, fn, old);
  await lambda.store.save();
  return answer(lambda, fn, alias);
}

/** GetAlias. @throws AwsError */
export function getAlias(lambda: Lambda, target: Target, name: string) {
  const alias = lambda.store.state.functions[target.name]?.aliases[name];
  if (!alias) throw notFound(`Cannot find alias arn: ${functionArn(lambda.place, target.name, name)}`);
  return answer(lambda, findFunction(lambda, { name: target.name }), alias);
}

/** ListAliases, of one version where the query names one. @throws AwsError */
export function listAliases(lambda: Lambda, target: Target, query: Record<string, string>) {
  const fn = findFunction(lambda, { name: target.name });
  const wanted = query.FunctionVersion;
  const all = Object.values(fn.aliases)
    .filter((alias) => wanted === undefined || alias.functionVersion === wanted || wanted in alias.weights)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const { items, nextMarker } = page(all, query.Marker, query.MaxItems);
  return { NextMarker: nextMarker, Aliases: items.map((alias) => answer(lambda, fn, alias)) };
}

/** DeleteAlias; of none there is no error, as in Lambda. @throws AwsError where the function is missing */
export async function deleteAlias(lambda: Lambda, target: Target, name: string): Promise<undefined> {
  const fn = findFunction(lambda, { name: target.name });
  const old = fn.aliases[name];
  if (!old) return;
  delete fn.aliases[name];
  releaseVersions(lambda, fn, old);
  await lambda.store.save();
}

/**
 * Which version an invoke of the alias gets.
 * @param random from 0 (included) to 1 (not)
 */
export function chooseVersion(alias: AliasState, random: number): string {
  const [extra] = Object.entries(alias.weights);
  return extra && random < extra[1] ? extra[0] : alias.functionVersion;
}

function checkRouting(lambda: Lambda, fn: FunctionState, alias: AliasState): void {
  const extra = Object.keys(alias.weights);
  if (extra.length > 1)
    throw invalidParameter('Number of items in AdditionalVersionWeights cannot be greater than 1');
  if (extra.length > 0 && alias.functionVersion === '$LATEST')
    throw invalidParameter('$LATEST is not supported for an alias pointing to more than 1 version');
  if (extra[0] !== undefined && extra[0] === alias.functionVersion)
    throw invalidParameter(
      `Invalid function version ${extra[0]}. Function version ${extra[0]} is already included in routing configuration.`,
    );
  const versions = [alias.functionVersion, ...extra].map((one) => findVersion(lambda, fn, one));
  if (new Set(versions.map(({ settings }) => settings.role)).size > 1)
    throw invalidParameter('Specified versions must be associated with the same execution role');
}

/** Versions that lost their last alias need no warm environment any more. */
function releaseVersions(lambda: Lambda, fn: FunctionState, old: AliasState): void {
  const used = new Set(
    Object.values(fn.aliases).flatMap((alias) => [alias.functionVersion, ...Object.keys(alias.weights)]),
  );
  for (const version of [old.functionVersion, ...Object.keys(old.weights)])
    if (!used.has(version) && version !== '$LATEST') lambda.environments.retire(fn, version);
}

function answer(lambda: Lambda, fn: FunctionState, alias: AliasState) {
  return {
    AliasArn: functionArn(lambda.place, fn.name, alias.name),
    Name: alias.name,
    FunctionVersion: alias.functionVersion,
    Description: alias.description,
    RoutingConfig:
      Object.keys(alias.weights).length > 0 ? { AdditionalVersionWeights: alias.weights } : undefined,
    RevisionId: alias.revisionId,
  };
}
