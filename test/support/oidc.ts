import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';

/** What a token says; https://docs.github.com/actions/reference/security/oidc */
export type Claims = Record<string, string | number>;

export interface OidcOptions {
  /** Default: `repo:octo-org@1/octo-app@2:ref:refs/heads/main`, the form for repositories made since July 2026. */
  subject?: string;
  /** Further claims, or others than the default ones: `repository`, `ref`, `environment`, ... */
  claims?: Claims;
  /** Default: five minutes, as GitHub's. */
  expiresInSeconds?: number;
}

export interface OidcIssuer {
  /** ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN, for the environment of an action. */
  env: { ACTIONS_ID_TOKEN_REQUEST_URL: string; ACTIONS_ID_TOKEN_REQUEST_TOKEN: string };
  /** The `iss` claim; below it are the OpenID configuration and the public key. */
  issuer: string;
  /** The audiences asked for, in order. */
  audiences(): readonly string[];
  /** All requests from here on are answered with this HTTP status; 0 ends it. */
  failWith(status: number): void;
  /**
   * Reads a token as an STS would.
   * @throws Error where it is not this issuer's, or has expired
   */
  check(token: string): Claims;
  close(): Promise<void>;
}

const DEFAULT_SUBJECT = 'repo:octo-org@1/octo-app@2:ref:refs/heads/main';
const DEFAULT_AUDIENCE = 'https://github.com/octo-org';

/**
 * Starts a stand-in of GitHub's OIDC token service: `GET URL&audience=...` with the request token as Bearer is
 * answered with `{"value": "<jwt>"}`, RS256, as `getIDToken` of `@actions/core` (oidc-utils.js) reads it.
 */
export async function startOidcIssuer(options: OidcOptions = {}): Promise<OidcIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyId = randomUUID();
  const requestToken = randomUUID();
  const audiences: string[] = [];
  let failure = 0;
  let origin = '';

  function token(audience: string): string {
    const now = Math.floor(Date.now() / 1000);
    const claims: Claims = {
      jti: randomUUID(),
      sub: options.subject ?? DEFAULT_SUBJECT,
      aud: audience,
      iss: origin,
      repository: 'octo-org/octo-app',
      ref: 'refs/heads/main',
      iat: now,
      nbf: now - 5,
      exp: now + (options.expiresInSeconds ?? 300),
      ...options.claims,
    };
    const signed = `${encode({ typ: 'JWT', alg: 'RS256', kid: keyId })}.${encode(claims)}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  }

  const app = express();
  app.get('/token', (request, response) => {
    if (failure) return void response.status(failure).json({ message: 'a fault of the test' });
    if (request.get('authorization') !== `Bearer ${requestToken}`)
      return void response.status(401).json({ message: 'the request token is absent or wrong' });
    const audience = String(request.query.audience ?? DEFAULT_AUDIENCE);
    audiences.push(audience);
    response.json({ count: 1, value: token(audience) });
  });
  app.get('/.well-known/openid-configuration', (_request, response) => {
    const supported = {
      id_token_signing_alg_values_supported: ['RS256'],
      subject_types_supported: ['public'],
    };
    response.json({ issuer: origin, jwks_uri: `${origin}/.well-known/jwks`, ...supported });
  });
  app.get('/.well-known/jwks', (_request, response) => {
    const key: JsonWebKey = publicKey.export({ format: 'jwk' });
    response.json({ keys: [{ ...key, kid: keyId, alg: 'RS256', use: 'sig' }] });
  });

  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: {
      // GitHub's has a query too: clients append `&audience=`.
      ACTIONS_ID_TOKEN_REQUEST_URL: `${origin}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    },
    issuer: origin,
    audiences: () => audiences,
    failWith: (status) => {
      failure = status;
    },
    check: (jwt) => checkToken(jwt, publicKey),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * The claims of a token signed by the given RSA key.
 * @throws Error where the signature is wrong or the token has expired
 */
function checkToken(jwt: string, key: KeyObject): Claims {
  const [header = '', body = '', signature = ''] = jwt.split('.');
  if (!verify('sha256', Buffer.from(`${header}.${body}`), key, Buffer.from(signature, 'base64url')))
    throw new Error('the token was not signed by this issuer');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
  if (Number(claims.exp) < Date.now() / 1000) throw new Error('the token has expired');
  return claims;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
