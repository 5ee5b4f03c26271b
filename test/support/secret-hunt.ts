import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HttpServer, startHttpServer } from './http-server.ts';

/** What a role brings with it, each with characters that an encoding changes. */
export const ROLE_SECRETS = {
  'secret access key': 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  'session token': 'IQoJb3JpZ2luX2VjEXAMPLE//////////wEaDGV1LWNlbnRyYWwtMSJHMEUCIQ==',
  'OIDC token': 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOm9jdG8ifQ.c2lnbmF0dXJl-_x',
  'token to ask for it': 'request+token/with=odd&characters',
};

/** Base64 of a text that stands after so many bytes of others, without the characters which these have part in. */
function base64(text: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
  return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

const ENCODINGS: Record<string, (text: string) => string> = {
  plain: (text) => text,
  base64: (text) => base64(text, 0),
  'base64 after others': (text) => base64(text, 1),
  'base64 after `AWS:` and the like': (text) => base64(text, 2),
  hex: (text) => Buffer.from(text).toString('hex'),
  'URL-encoded': encodeURIComponent,
  'in JSON': (text) => JSON.stringify(text).slice(1, -1),
};

const STS_ANSWER = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId>
<SecretAccessKey>${ROLE_SECRETS['secret access key']}</SecretAccessKey>
<SessionToken>${ROLE_SECRETS['session token']}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

/** GitHub's OIDC service and STS, which give out `ROLE_SECRETS`, and the environment of a job that asks them. */
export async function startIssuers(): Promise<{ env: Record<string, string>; close(): Promise<void> }> {
  const [oidc, sts]: [HttpServer, HttpServer] = await Promise.all([startHttpServer(), startHttpServer()]);
  oidc.answer = (response) => void response.end(JSON.stringify({ value: ROLE_SECRETS['OIDC token'] }));
  sts.answer = (response) => void response.writeHead(200, { 'content-type': 'text/xml' }).end(STS_ANSWER);
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${oidc.url}/token?a=b`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: ROLE_SECRETS['token to ask for it'],
    AWS_ENDPOINT_URL_STS: sts.url,
    // Only the role's keys can have served.
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
  };
  return { env, close: async () => void (await Promise.all([oidc.close(), sts.close()])) };
}

/** Every file below a folder, by path, byte by byte. */
export async function filesBelow(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      found.set(path, await readFile(path, 'latin1'));
    }
  return found;
}

/**
 * Where a secret stands, in whatever form; the lines that have it masked do not count.
 * @param texts by where they were written
 * @param secrets by what they are
 */
export function leaks(
  texts: ReadonlyMap<string, string>,
  secrets: Readonly<Record<string, string>> = ROLE_SECRETS,
): string[] {
  return [...texts].flatMap(([where, text]) => {
    const shown = text.replaceAll(/^::add-mask::.*$/gm, '');
    return Object.entries(secrets).flatMap(([what, secret]) =>
      Object.entries(ENCODINGS)
        .filter(([, encode]) => shown.includes(encode(secret)))
        .map(([form]) => `${what} (${form}) in ${where}`),
    );
  });
}
