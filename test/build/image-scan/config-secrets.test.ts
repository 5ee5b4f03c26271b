import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSecrets } from '../../../src/build/image-scan/config-secrets.ts';
import { isSecret } from '../../../src/build/image-scan/findings.ts';
import { imageConfig } from '../../../src/docker/image-config.ts';

/** What is found where; a config as BuildKit writes it. */
function found(env: string[], history: string[] = [], command: string[] = ['node', 'server.js']): string[] {
  const config = imageConfig({
    config: { Env: ['PATH=/usr/local/bin:/usr/bin', ...env], Cmd: command },
    history: history.map((created_by) => ({ created_by })),
  });
  const findings = configSecrets(config);
  return findings.map((one) => `${isSecret(one) ? one.rule : 'lets it pass'}: ${one.why}`);
}

// Put together here, so that no scanner takes this file for a leak.
const value = ['f8a91c22', 'e07b4d5b'].join('');
const token = `ghp_${'aB3dE6gH9j'.repeat(4).slice(0, 36)}`;
const awsKey = `${'AKIA'}QWERTYUIOPASDFGH`;
const awsSecret = 'qWertyuIopAsdfGhjklZxcvbnM/1234567890abc';
const pem = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'.repeat(4)}`;

describe('a secret in the config of an image', () => {
  it.each<[string, string[], string[], string[]]>([
    [
      'ENV by its name, told once',
      [`SESSION_SECRET=${value}`],
      [`ENV SESSION_SECRET=${value}`],
      [
        'secret-in-config: The environment of the image (ENV) holds what looks like a secret, in SESSION_SECRET.',
      ],
    ],
    [
      'ENV that a later one replaces',
      ['SESSION_SECRET='],
      [`ENV SESSION_SECRET=${value} A=b`, 'ENV SESSION_SECRET='],
      [
        'secret-in-config: The history of the image, at `ENV SESSION_SECRET`, holds what looks like a secret, in SESSION_SECRET.',
      ],
    ],
    [
      'a build argument, told once',
      [],
      [
        `ARG NPM_TOKEN=${value}`,
        `RUN |1 NPM_TOKEN=${value} /bin/sh -c npm ci # buildkit`,
        `|1 NPM_TOKEN=${value} /bin/sh -c npm test`,
      ],
      [
        'secret-in-config: The history of the image, at `ARG NPM_TOKEN`, holds what looks like a secret, in NPM_TOKEN.',
      ],
    ],
    [
      'a build argument of a RUN alone',
      [],
      [`RUN |2 A=b NPM_TOKEN=${value} /bin/bash -eo pipefail -c npm ci # buildkit`],
      [
        'secret-in-config: The history of the image, at `RUN npm`, holds what looks like a secret, in NPM_TOKEN.',
      ],
    ],
    [
      'a token under any name',
      [`SETTINGS=a ${token}`],
      [],
      ['secret-token: The environment of the image (ENV) holds an access token.'],
    ],
    [
      'a token in a command',
      [],
      [`RUN /bin/sh -c curl -H "Authorization: Bearer ${token}" https://api.github.com # buildkit`],
      ['secret-token: The history of the image, at `RUN curl`, holds an access token.'],
    ],
    [
      'AWS keys',
      [`AWS_ACCESS_KEY_ID=${awsKey}`, `AWS_SECRET_ACCESS_KEY=${awsSecret}`],
      [],
      ['secret-aws-key: The environment of the image (ENV) holds an AWS access key with its secret.'],
    ],
    [
      'a private key',
      [`DEPLOY_KEY=${pem}`],
      [],
      ['secret-private-key: The environment of the image (ENV) holds a private key.'],
    ],
    [
      'a password in a URL',
      [`DATABASE_URL=postgres://app:${value}@db.internal/app`],
      [`RUN /bin/sh -c git clone https://robot:${value}@git.example.com/a.git # buildkit`],
      [
        'secret-in-config: The environment of the image (ENV) holds a password in a URL, in DATABASE_URL.',
        'secret-in-config: The history of the image, at `RUN git`, holds a password in a URL.',
      ],
    ],
  ])('%s', (_, env, history, expected) => {
    const findings = found(env, history);
    expect(findings).toEqual(expected);
    for (const secret of [value, token, awsKey, awsSecret, 'MIIEvQ'])
      expect(findings.join()).not.toContain(secret);
  });

  it('what is started', () => {
    expect(found([], [], ['server', `--token=${value}`])).toEqual([
      'secret-in-config: ENTRYPOINT or CMD of the image holds what looks like a secret, in token.',
    ]);
  });
});

describe('what is no secret', () => {
  it.each([
    'API_TOKEN=',
    'API_TOKEN=changeme',
    'NEXTAUTH_SECRET=build-time-placeholder-1a2b3c4d',
    'SECRET_KEY_BASE_DUMMY=1',
    'SECRET_KEY_BASE=dummy0a1b2c3d4e5f',
    'DJANGO_SECRET_KEY=not-a-real-secret-only-for-collectstatic',
    'DATABASE_URL=postgres://postgres:postgres@localhost:5432/app',
    'DATABASE_URL=mysql://root:password@db/app',
    'DB_PASSWORD_FILE=/run/secrets/db_password',
    'API_KEY_SECRET_ARN=arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-b1c2d3',
    'PASSWORD_RESET_URL=https://example.com/a1b2c3d4e5',
    'TOKEN_ISSUER=https://login.example.com/',
    'ACCESS_TOKEN_EXPIRE_MINUTES=30',
    'NEXT_PUBLIC_FIREBASE_API_KEY=AIzaSyA1b2C3d4E5f6G7h8',
    'TOKENIZERS_PARALLELISM=false',
    'PASSWORD_HASHER=argon2id',
    'GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568',
    'PYTHON_SHA256=4b2535e05e6a8c507840a819346719255c1b4d4a27e93dec551ba16dcc582d5e',
    'YARN_VERSION=1.22.22',
    'SESSION_SECRET=$SESSION_SECRET',
    'AUTH_TOKEN=superSecretToken',
  ])('%s', (line) => {
    expect(found([line])).toEqual([]);
    expect(found([], [`ENV ${line}`, `RUN |1 ${line} /bin/sh -c npm ci # buildkit`])).toEqual([]);
  });

  it.each([
    'RUN /bin/sh -c set -ex; for key in C4F0DFFF4E8C1A8236409D08E73BC641CC11F4C8; do gpg --recv-keys "$key"; done',
    'RUN /bin/sh -c PASSWORD="$(openssl rand -hex 16)" ./set-up # buildkit',
    'RUN /bin/sh -c --mount=type=secret,id=token TOKEN=$(cat /run/secrets/token) npm ci # buildkit',
    'COPY /app/.next/standalone ./ # buildkit',
    '/bin/sh -c #(nop) ADD file:4b2535e05e6a8c507840a819346719255c1b4d4a27e93dec551ba16dcc582d5e in / ',
    'HEALTHCHECK &{["CMD-SHELL" "curl -f http://localhost:8080/health"] "30s" "3s" "0s" "0s" \'\\x03\'}',
  ])('%s', (step) => {
    expect(found([], [step])).toEqual([]);
  });
});

it('any config is looked at without an error, and its values are not repeated', () => {
  const sign = fc.constantFrom(...'ABC_TOKEN=abc019$"\' /:@|\\\n-\u0000\ud800');
  const lines = fc.array(fc.string({ unit: sign, maxLength: 40 }), { maxLength: 8 });
  const secret = [value, 'Zq7'].join('');
  fc.assert(
    fc.property(lines, lines, (env, history) => {
      const all = found([...env, `MY_TOKEN=${secret}`], [...history, `RUN |1 X_TOKEN=${secret} make`]);
      return all.length > 0 && !all.join().includes(secret);
    }),
    { numRuns: 200 },
  );
});
