import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type HttpServer, startHttpServer } from '../support/http-server.ts';
import { httpReply, type Scene, scene } from './harness.ts';

/** Each with characters that an encoding changes. */
const SECRETS = {
  'secret access key': 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  'session token': 'IQoJb3JpZ2luX2VjEXAMPLE//////////wEaDGV1LWNlbnRyYWwtMSJHMEUCIQ==',
  'OIDC token': 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOm9jdG8ifQ.c2lnbmF0dXJl-_x',
  'token to ask for it': 'request+token/with=odd&characters',
};

const ENCODINGS: Record<string, (text: string) => string> = {
  plain: (text) => text,
  base64: (text) => Buffer.from(text).toString('base64').replace(/=+$/, ''),
  hex: (text) => Buffer.from(text).toString('hex'),
  'URL-encoded': encodeURIComponent,
};

const STS_ANSWER = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId>
<SecretAccessKey>${SECRETS['secret access key']}</SecretAccessKey>
<SessionToken>${SECRETS['session token']}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

/** GitHub's OIDC service and STS, which give out the secrets above. */
async function startIssuers(): Promise<{ env: Record<string, string>; all: HttpServer[] }> {
  const [oidc, sts] = await Promise.all([startHttpServer(), startHttpServer()]);
  oidc.answer = (response) => void response.end(JSON.stringify({ value: SECRETS['OIDC token'] }));
  sts.answer = (response) => void response.writeHead(200, { 'content-type': 'text/xml' }).end(STS_ANSWER);
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${oidc.url}/token?a=b`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: SECRETS['token to ask for it'],
    AWS_ENDPOINT_URL_STS: sts.url,
    // Only the role's keys can have served.
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
  };
  return { env, all: [oidc, sts] };
}

/** Deploys by a role, and returns all that the step wrote: what it printed, outputs, state, and files by path. */
async function written(s: Scene, inputs: Record<string, string>): Promise<Map<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'secrets-'));
  const issuers = await startIssuers();
  try {
    const files = Object.fromEntries(
      ['GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'].map((name) => [name, join(folder, name)]),
    );
    for (const path of Object.values(files)) await writeFile(path, '');
    const env = { ...issuers.env, ...files, RUNNER_TEMP: folder, HOME: folder };
    const outcome = await s.deploy(
      { 'role-to-assume': 'arn:aws:iam::123456789012:role/deploy', ...inputs },
      env,
    );
    const found = new Map([
      ['log', outcome.stdout],
      ['outputs', JSON.stringify(outcome.outputs)],
      ['state', JSON.stringify(outcome.state)],
    ]);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) {
        const path = join(entry.parentPath, entry.name);
        found.set(path, await readFile(path, 'latin1'));
      }
    return found;
  } finally {
    await Promise.all(issuers.all.map((server) => server.close()));
    await rm(folder, { recursive: true });
  }
}

/** Where a secret stands, in whatever form; the lines that have it masked do not count. */
function leaks(texts: ReadonlyMap<string, string>): string[] {
  return [...texts].flatMap(([where, text]) => {
    const shown = text.replaceAll(/^::add-mask::.*$/gm, '');
    return Object.entries(SECRETS).flatMap(([what, secret]) =>
      Object.entries(ENCODINGS)
        .filter(([, encode]) => shown.includes(encode(secret)))
        .map(([form]) => `${what} (${form}) in ${where}`),
    );
  });
}

describe('a deploy by a role', () => {
  const inputs = (s: Scene) => ({ 'image-uri': s.image('new'), 'function-name': 'app', alias: 'live' });

  scene('that succeeds writes no secret anywhere', async (s) => {
    const texts = await written(s, inputs(s));
    expect(texts.get('outputs')).toContain('"result":"deployed"');
    // The record is among the files that were read.
    expect([...texts.keys()].some((path) => path.includes('record-'))).toBe(true);
    const log = texts.get('log') ?? '';
    for (const what of ['secret access key', 'session token', 'OIDC token'] as const)
      expect(log, what).toContain(`::add-mask::${SECRETS[what]}\n`);
    expect(leaks(texts)).toEqual([]);
  });

  scene('that fails and is taken back writes none either', async (s) => {
    s.answers.set('new', httpReply(500, 'broken'));
    const texts = await written(s, inputs(s));
    expect(texts.get('outputs')).toContain('"result":"rolled-back"');
    expect(leaks(texts)).toEqual([]);
  });

  scene('whose function prints a secret would be found', async (s) => {
    s.answers.set('new', httpReply(500, SECRETS['session token']));
    expect(leaks(await written(s, inputs(s)))).toContain('session token (plain) in log');
  });
});
