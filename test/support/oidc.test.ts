import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { type OidcIssuer, type OidcOptions, startOidcIssuer } from './oidc.ts';

let issuer: OidcIssuer;

async function start(options?: OidcOptions): Promise<void> {
  issuer = await startOidcIssuer(options);
}
afterEach(() => issuer.close());

/** Asks with the real `@actions/core`, in a process of its own since it reads the environment. */
async function getIDToken(audience?: string): Promise<string> {
  const script = `
    import { getIDToken } from '@actions/core';
    const token = await getIDToken(${audience === undefined ? '' : JSON.stringify(audience)});
    console.log(token);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    env: { PATH: process.env.PATH, ...issuer.env },
  });
  return stdout.trim().split('\n').at(-1) ?? '';
}

it('hands @actions/core a token for the audience that it asks for', async () => {
  await start();
  const claims = issuer.check(await getIDToken('sts.amazonaws.com'));
  expect(claims).toMatchObject({
    aud: 'sts.amazonaws.com',
    sub: 'repo:octo-org@1/octo-app@2:ref:refs/heads/main',
    iss: issuer.issuer,
  });
  expect(issuer.audiences()).toEqual(['sts.amazonaws.com']);
});

it('makes the subject and claims that a test wants', async () => {
  await start({ subject: 'repo:o/r:environment:production', claims: { environment: 'production' } });
  expect(issuer.check(await getIDToken())).toMatchObject({
    sub: 'repo:o/r:environment:production',
    environment: 'production',
    aud: 'https://github.com/octo-org',
  });
});

it('refuses a wrong request token, and fails when told', async () => {
  await start();
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = issuer.env;
  const status = async (bearer: string) =>
    (await fetch(`${url}&audience=a`, { headers: { authorization: `Bearer ${bearer}` } })).status;
  expect(await status('wrong')).toBe(401);
  issuer.failWith(503);
  expect(await status(token)).toBe(503);
  issuer.failWith(0);
  expect(await status(token)).toBe(200);
});

it('tells its own tokens from others and from old ones', async () => {
  await start({ expiresInSeconds: -10 });
  const old = await getIDToken();
  expect(() => issuer.check(old)).toThrow('has expired');
  expect(() => issuer.check(`${old.slice(0, -8)}AAAAAAAA`)).toThrow('not signed by this issuer');
  const keys = (await (await fetch(`${issuer.issuer}/.well-known/jwks`)).json()) as { keys: object[] };
  expect(keys.keys).toMatchObject([{ kty: 'RSA', alg: 'RS256', use: 'sig' }]);
});
