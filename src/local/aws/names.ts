import { AwsError, accessDenied, invalidParameter, notFound, validationError } from './aws-error.ts';

/** Where this stand-in for AWS pretends to be. */
export interface Place {
  /** 12 digits. */
  account: string;
  region: string;
}

/** A function, and perhaps one of its versions or aliases. */
export interface Target {
  name: string;
  /** A version number, `$LATEST` or an alias, as the caller gave it; undefined where he gave none. */
  qualifier?: string;
}

/** The API's own pattern of FunctionName; the groups are Region, account, name and qualifier. */
const FUNCTION_NAME =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:([a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9-_]+)(?::(\$LATEST|[a-zA-Z0-9-_]+))?$/;
const PATTERN_TEXT =
  '(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?';

/**
 * Reads a FunctionName parameter: a name, a partial ARN or an ARN, each with or without a qualifier.
 * @param qualifier the Qualifier parameter
 * @throws AwsError as Lambda: malformed, of another Region or account, two different qualifiers
 */
export function parseTarget(raw: string, qualifier: string | undefined, place: Place): Target {
  const match = FUNCTION_NAME.exec(raw);
  const name = match?.[3];
  if (!match || name === undefined)
    throw validationError(
      raw,
      'functionName',
      `Member must satisfy regular expression pattern: ${PATTERN_TEXT}`,
    );
  if (raw.length > 140)
    throw validationError(raw, 'functionName', 'Member must have length less than or equal to 140');
  if (name.length > 64)
    throw invalidParameter(
      `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
    );
  const [, region, account, , derived] = match;
  if (region !== undefined && region !== place.region)
    throw notFound(`Functions from '${region}' are not reachable in this region ('${place.region}')`);
  if (account !== undefined && account !== place.account)
    throw accessDenied(`The function ${raw} belongs to another account than ${place.account}`);
  if (derived !== undefined && qualifier !== undefined && derived !== qualifier)
    throw invalidParameter(
      'The derived qualifier from the function name does not match the specified qualifier.',
    );
  return { name, qualifier: qualifier ?? derived };
}

/** ARN of a function, or of a version or alias of it. */
export function functionArn(place: Place, name: string, qualifier?: string): string {
  const arn = `arn:aws:lambda:${place.region}:${place.account}:function:${name}`;
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}

/** True for a name that only an alias can have: neither `$LATEST` nor a number. */
export function isAliasName(qualifier: string): boolean {
  return qualifier !== '$LATEST' && !/^\d+$/.test(qualifier);
}

/**
 * A page of `items`, as Marker and MaxItems of Lambda's lists ask for it.
 * @throws AwsError where one of them is malformed
 */
export function page<T>(
  items: T[],
  marker: string | undefined,
  maxItems: string | undefined,
  most = 50,
): { items: T[]; nextMarker?: string } {
  const limit = maxItems === undefined ? most : Number(maxItems);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    throw validationError(
      String(maxItems),
      'maxItems',
      'Member must have value between 1 and 10000, inclusive',
    );
  const start =
    marker === undefined || marker === '' ? 0 : Number(Buffer.from(marker, 'base64').toString('latin1'));
  if (!Number.isInteger(start) || start < 0)
    throw new AwsError(400, 'InvalidParameterValueException', `The marker ${marker} is not of a list.`);
  const end = start + Math.min(limit, most);
  const nextMarker = end < items.length ? Buffer.from(String(end)).toString('base64') : undefined;
  return { items: items.slice(start, end), nextMarker };
}
