import type { z } from 'zod';
import { AwsError, validationError } from './aws-error.ts';

/**
 * A request's body as JSON; nothing is an empty object.
 * @throws AwsError where it is not JSON
 */
export function parseJson(body: unknown): unknown {
  if (!Buffer.isBuffer(body) || body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError(400, 'SerializationException', 'The request body is not JSON.');
  }
}

/**
 * Checks a request against its shape; what the shape does not name is ignored, as in AWS.
 * @throws AwsError ValidationException that names the field as AWS does, its first letter small
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  let value: unknown = input;
  for (const key of path)
    value =
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  const field = path.map((key) => String(key)).join('.');
  throw validationError(
    value === undefined ? 'null' : typeof value === 'string' ? value : JSON.stringify(value),
    field.charAt(0).toLowerCase() + field.slice(1),
    value === undefined ? 'Member must not be null' : (issue?.message ?? 'invalid'),
  );
}
