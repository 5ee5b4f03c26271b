import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/**
 * What a job may do with the cache entries of one ref. `write` reads too, as a job has it for its own ref;
 * `read` is what a pull request has for its base branch; `write-only` is what `cache-mode: write-only` gives.
 */
export type Access = 'read' | 'write' | 'write-only';

/** Ref to access, own ref first: the order in which entries are looked up. */
export type Scopes = Readonly<Record<string, Access>>;

export interface TokenOptions {
  /** Default: `{ 'refs/heads/main': 'write' }`. */
  scopes?: Scopes;
  /** Default: six hours, as GitHub's. Negative makes a token that has expired. */
  expiresInSeconds?: number;
}

/** The bits of `Permission` in the claim `ac`. */
const READ = 1;
const WRITE = 2;
const BITS: Record<Access, number> = { read: READ, write: READ | WRITE, 'write-only': WRITE };

/** Signs the tokens of every stand-in; GitHub's own key is as unknown to clients as this one. */
const SIGNING_KEY = 'a key of tests only';

/**
 * A token as the runner hands it out in ACTIONS_RUNTIME_TOKEN: a JWT whose claim `ac` is a JSON text,
 * `[{"Scope":"refs/heads/main","Permission":3}]`, as read by go-actions-cache (cache.go, `New`).
 */
export function runtimeToken(options: TokenOptions = {}): string {
  const { scopes = { 'refs/heads/main': 'write' }, expiresInSeconds = 6 * 3600 } = options;
  const now = Math.floor(Date.now() / 1000);
  const ac = Object.entries(scopes).map(([scope, access]) => ({ Scope: scope, Permission: BITS[access] }));
  const claims = {
    ac: JSON.stringify(ac),
    nbf: now - 300 + Math.min(expiresInSeconds, 0),
    exp: now + expiresInSeconds,
    iat: now - 300 + Math.min(expiresInSeconds, 0),
    iss: 'https://token.actions.githubusercontent.com',
    scp: 'Actions.Results:7f0a5b1e-0000-4000-8000-000000000001:7f0a5b1e-0000-4000-8000-000000000002',
  };
  const signed = `${encode({ typ: 'JWT', alg: 'HS256' })}.${encode(claims)}`;
  return `${signed}.${signature(signed)}`;
}

/** Scopes of a checked token, in the token's order. */
export interface Grant {
  readable: string[];
  /** The ref under which new entries are stored; absent where the token may only read. */
  writable?: string;
}

const claimsShape = z.object({ ac: z.string(), nbf: z.number(), exp: z.number() });
const scopesShape = z.array(z.object({ Scope: z.string(), Permission: z.number() }));

/**
 * Reads the token of an Authorization header.
 * @returns undefined where it is absent, forged, expired or not yet valid
 */
export function readGrant(authorization: string | undefined): Grant | undefined {
  const [, header, body, given] = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(authorization ?? '') ?? [];
  if (!header || !body || !given || !sameText(given, signature(`${header}.${body}`))) return undefined;
  const claims = claimsShape.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()));
  const now = Date.now() / 1000;
  if (!claims.success || now > claims.data.exp || now < claims.data.nbf) return undefined;
  const scopes = scopesShape.parse(JSON.parse(claims.data.ac));
  const writable = scopes.find(({ Permission }) => Permission & WRITE)?.Scope;
  return {
    readable: scopes.filter(({ Permission }) => Permission & READ).map(({ Scope }) => Scope),
    ...(writable === undefined ? {} : { writable }),
  };
}

/** Compares two texts in a time that does not depend on where they differ. */
export function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signature(text: string): string {
  return createHmac('sha256', SIGNING_KEY).update(text).digest('base64url');
}
