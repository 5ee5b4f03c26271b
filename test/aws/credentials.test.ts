import { afterEach, describe, expect, it, vi } from 'vitest';
import { awsConfig, renewed } from '../../src/aws/credentials.ts';
import { startHttpServer } from '../support/http-server.ts';
import { startOidcIssuer } from '../support/oidc.ts';

const inMinutes = (minutes: number): Date => new Date(Date.now() + minutes * 60_000);
const keys = (accessKeyId: string, expiration: Date) => ({
  accessKeyId,
  secretAccessKey: 'secret',
  sessionToken: 'token',
  expiration,
});

describe('keys of a role', () => {
  it('are kept until five minutes before their end, then renewed once for all who ask', async () => {
    const renew = vi.fn(async () => keys('second', inMinutes(15)));
    const lasting = renewed(keys('first', inMinutes(6)), renew);
    expect((await lasting()).accessKeyId).toBe('first');
    expect(renew).not.toHaveBeenCalled();

    const ending = renewed(keys('first', inMinutes(4)), renew);
    const all = await Promise.all([ending(), ending(), ending()]);
    expect(all.map(({ accessKeyId }) => accessKeyId)).toEqual(['second', 'second', 'second']);
    expect(renew).toHaveBeenCalledTimes(1);
  });

  it('that cannot be renewed serve until their end, and not longer', async () => {
    const refused = async (): Promise<never> => {
      throw new Error('refused');
    };
    expect((await renewed(keys('first', inMinutes(1)), refused)()).accessKeyId).toBe('first');
    await expect(renewed(keys('first', inMinutes(-1)), refused)()).rejects.toThrow('refused');
  });
});

describe('a role', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('that STS does not answer for is given up, with the reason', async () => {
    const [oidc, silent] = await Promise.all([startOidcIssuer(), startHttpServer()]);
    try {
      silent.answer = () => {};
      for (const [name, value] of Object.entries({ ...oidc.env, AWS_ENDPOINT_URL: silent.url }))
        vi.stubEnv(name, value);
      const inputs = {
        region: 'eu-central-1',
        roleToAssume: 'arn:aws:iam::123456789012:role/deploy',
        roleSessionName: 'test',
        roleDuration: 900,
      };
      await expect(awsConfig(inputs, 50)).rejects.toThrow(
        'Cannot take on role arn:aws:iam::123456789012:role/deploy: no answer in time.',
      );
      expect(silent.requests).toHaveLength(3);
    } finally {
      await Promise.all([oidc.close(), silent.close()]);
    }
  });
});
