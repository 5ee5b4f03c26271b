import { randomBytes, randomUUID } from 'node:crypto';
import { AwsError } from './aws-error.ts';
import type { Place } from './names.ts';

/**
 * STS (Query protocol, version 2011-06-15): who is calling, and keys for a role in exchange for an OIDC token.
 * Tokens' signatures are not checked, since their issuer is not reachable; audience and dates are.
 */

interface Session {
  arn: string;
  userId: string;
  /** Milliseconds since 1970. */
  expires: number;
}

/** The keys given out by AssumeRoleWithWebIdentity, by access key id; they end with the process. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  /** @throws AwsError where the keys came from here and are out of date */
  check(accessKeyId: string): void {
    const session = this.#sessions.get(accessKeyId);
    if (session && session.expires <= Date.now())
      throw new AwsError(
        403,
        'ExpiredTokenException',
        'The security token included in the request is expired',
      );
  }

  find(accessKeyId: string): Session | undefined {
    return this.#sessions.get(accessKeyId);
  }

  add(accessKeyId: string, session: Session): void {
    this.#sessions.set(accessKeyId, session);
  }
}

/** An STS request. */
export interface StsCall {
  parameters: Record<string, string>;
  /** '' where the request is not signed. */
  accessKeyId: string;
}

type Operation = (place: Place, sessions: Sessions, call: StsCall) => string;

/** The operations by name; each returns the XML inside `<XResponse>`. */
export const stsOperations: Record<string, Operation> = {
  GetCallerIdentity: getCallerIdentity,
  AssumeRoleWithWebIdentity: assumeRoleWithWebIdentity,
};

function getCallerIdentity(place: Place, sessions: Sessions, { accessKeyId }: StsCall): string {
  const session = sessions.find(accessKeyId);
  const arn = session?.arn ?? `arn:aws:iam::${place.account}:user/local`;
  return element('GetCallerIdentityResult', {
    Arn: arn,
    UserId: session?.userId ?? 'AIDALOCALLOCALLOCALLO',
    Account: place.account,
  });
}

function assumeRoleWithWebIdentity(place: Place, sessions: Sessions, { parameters }: StsCall): string {
  const { RoleArn = '', RoleSessionName = '', WebIdentityToken = '', DurationSeconds = '3600' } = parameters;
  const role = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(RoleArn);
  if (!role) throw new AwsError(400, 'ValidationError', `${RoleArn} is invalid`);
  if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName))
    throw new AwsError(
      400,
      'ValidationError',
      `1 validation error detected: Value '${RoleSessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
    );
  const seconds = Number(DurationSeconds);
  if (!Number.isInteger(seconds) || seconds < 900 || seconds > 43_200)
    throw new AwsError(
      400,
      'ValidationError',
      `The requested DurationSeconds ${DurationSeconds} is not between 900 and 43200.`,
    );
  const claims = checkToken(WebIdentityToken);
  if (role[1] !== place.account)
    throw new AwsError(403, 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
  const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
  const expires = Date.now() + seconds * 1000;
  const userId = `AROALOCALLOCALLOCALLO:${RoleSessionName}`;
  const arn = `arn:aws:sts::${place.account}:assumed-role/${role[2]}/${RoleSessionName}`;
  sessions.add(accessKeyId, { arn, userId, expires });
  return element('AssumeRoleWithWebIdentityResult', {
    SubjectFromWebIdentityToken: String(claims.sub ?? ''),
    Audience: 'sts.amazonaws.com',
    Provider: String(claims.iss ?? ''),
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: randomBytes(30).toString('base64'),
      SessionToken: randomBytes(60).toString('base64'),
      Expiration: new Date(expires).toISOString(),
    },
  });
}

function checkToken(token: string): Record<string, unknown> {
  const invalid = (message: string) => new AwsError(400, 'InvalidIdentityToken', message);
  const parts = token.split('.');
  let claims: unknown;
  try {
    if (parts.length !== 3) throw new Error('not three parts');
    JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString('utf8'));
    claims = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    throw invalid(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    );
  }
  const { aud, exp, ...rest } = Object(claims) as Record<string, unknown>;
  if (![aud].flat().includes('sts.amazonaws.com')) throw invalid('Incorrect token audience');
  if (typeof exp === 'number' && exp * 1000 < Date.now())
    throw new AwsError(
      400,
      'ExpiredTokenException',
      'Token expired: current date/time must be before the expiration date/time',
    );
  return rest;
}

const XML_NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** The whole answer of an operation. */
export function stsResponse(operation: string, result: string): string {
  return `<${operation}Response xmlns="${XML_NAMESPACE}">${result}${element('ResponseMetadata', { RequestId: randomUUID() })}</${operation}Response>`;
}

/** An error as the Query protocol has it. */
export function stsError(code: string, message: string): string {
  const error = element('Error', { Type: 'Sender', Code: code, Message: message });
  return `<ErrorResponse xmlns="${XML_NAMESPACE}">${error}${element('RequestId', randomUUID())}</ErrorResponse>`;
}

type Content = string | { [name: string]: Content };

function element(name: string, content: Content): string {
  const inner =
    typeof content === 'string'
      ? content.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
      : Object.entries(content)
          .map(([child, value]) => element(child, value))
          .join('');
  return `<${name}>${inner}</${name}>`;
}
