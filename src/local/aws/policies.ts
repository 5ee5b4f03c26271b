import { z } from 'zod';
import { conflict, invalidParameter, notFound, wrongRevision } from './aws-error.ts';
import { findFunction, findVersion, type Lambda } from './lambda.ts';
import { functionArn, isAliasName, type Target } from './names.ts';
import { parseInput } from './request.ts';
import { type FunctionState, newRevision, type PolicyState } from './state.ts';

const addInput = z.object({
  StatementId: z
    .string()
    .regex(/^[a-zA-Z0-9-_]+$/, 'Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)'),
  Action: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
  FunctionUrlAuthType: z.string().optional(),
  InvokedViaFunctionUrl: z.boolean().optional(),
  RevisionId: z.string().optional(),
});

/** AddPermission: kept and shown, never enforced. @throws AwsError */
export async function addPermission(lambda: Lambda, target: Target, body: unknown) {
  const input = parseInput(addInput, body);
  if (target.qualifier === '$LATEST')
    throw invalidParameter('We currently do not support adding policies for $LATEST.');
  const fn = findPolicyOwner(lambda, target);
  const old = fn.policies[target.qualifier ?? ''];
  if (input.RevisionId !== undefined && input.RevisionId !== old?.revisionId)
    throw wrongRevision('GetPolicy');
  if (old?.statements.some(({ Sid }) => Sid === input.StatementId))
    throw conflict(
      `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    );
  const statement = {
    Sid: input.StatementId,
    Effect: 'Allow',
    Principal: principal(input.Principal),
    Action: input.Action,
    Resource: functionArn(lambda.place, fn.name, target.qualifier),
    Condition: condition(input),
  };
  setPolicy(fn, target, [...(old?.statements ?? []), statement]);
  await lambda.store.save();
  return { Statement: JSON.stringify(statement) };
}

/** GetPolicy. @throws AwsError */
export function getPolicy(lambda: Lambda, target: Target) {
  const policy = findPolicy(lambda, target);
  if (!policy) throw notFound('The resource you requested does not exist.');
  const document = { Version: '2012-10-17', Id: 'default', Statement: policy.statements };
  return { Policy: JSON.stringify(document), RevisionId: policy.revisionId };
}

/** RemovePermission. @throws AwsError */
export async function removePermission(lambda: Lambda, target: Target, sid: string): Promise<undefined> {
  const policy = findPolicy(lambda, target);
  if (!policy) throw notFound('No policy is associated with the given resource.');
  const rest = policy.statements.filter(({ Sid }) => Sid !== sid);
  if (rest.length === policy.statements.length)
    throw notFound(`Statement ${sid} is not found in resource policy.`);
  setPolicy(findFunction(lambda, target), target, rest);
  await lambda.store.save();
}

function findPolicy(lambda: Lambda, target: Target): PolicyState | undefined {
  return findPolicyOwner(lambda, target).policies[target.qualifier ?? ''];
}

function findPolicyOwner(lambda: Lambda, target: Target): FunctionState {
  const fn = findFunction(lambda, target);
  const { qualifier } = target;
  if (qualifier === undefined) return fn;
  if (!isAliasName(qualifier)) findVersion(lambda, fn, qualifier);
  else if (!fn.aliases[qualifier])
    throw notFound(`Cannot find alias arn: ${functionArn(lambda.place, fn.name, qualifier)}`);
  return fn;
}

function setPolicy(fn: FunctionState, target: Target, statements: PolicyState['statements']): void {
  const key = target.qualifier ?? '';
  if (statements.length === 0) delete fn.policies[key];
  else fn.policies[key] = { statements, revisionId: newRevision() };
}

function principal(value: string): unknown {
  if (value === '*') return '*';
  if (/^\d{12}$/.test(value)) return { AWS: `arn:aws:iam::${value}:root` };
  return value.startsWith('arn:') ? { AWS: value } : { Service: value };
}

function condition(input: z.infer<typeof addInput>): unknown {
  const equals: Record<string, string> = {};
  if (input.FunctionUrlAuthType) equals['lambda:FunctionUrlAuthType'] = input.FunctionUrlAuthType;
  if (input.SourceAccount) equals['AWS:SourceAccount'] = input.SourceAccount;
  const parts: Record<string, unknown> = {};
  if (Object.keys(equals).length > 0) parts.StringEquals = equals;
  if (input.SourceArn) parts.ArnLike = { 'AWS:SourceArn': input.SourceArn };
  if (input.InvokedViaFunctionUrl) parts.Bool = { 'lambda:InvokedViaFunctionUrl': 'true' };
  return Object.keys(parts).length > 0 ? parts : undefined;
}
