import { describe, expect, it } from 'vitest';
import { type DeployInputs, readDeployInputs } from '../../src/deploy/inputs.ts';
import { inputsFrom } from '../../src/github/inputs.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const ecr = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const good = {
  'image-uri': `${ecr}/team/api@${digest}`,
  'function-name': 'api',
  'aws-region': 'eu-central-1',
};

function read(inputs: Record<string, string>): DeployInputs {
  const env = Object.fromEntries(
    Object.entries({ ...good, ...inputs }).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
  return readDeployInputs(inputsFrom(env), env);
}

describe('inputs of the deploy action', () => {
  it.each<Record<string, string>>([
    { 'image-uri': '' },
    { 'image-uri': 'nginx' },
    { 'image-uri': `${ecr}/api` },
    { 'image-uri': `https://${ecr}/api:1` },
    { 'image-uri': 'public.ecr.aws/x/api:1' },
    { 'image-uri': '123456789012.dkr.ecr.us-east-1.amazonaws.com/api:1' },
    { 'function-name': '' },
    { 'function-name': 'api:live' },
    { 'function-name': 'api, web' },
    { 'function-name': 'api\nweb\napi' },
    { 'function-name': 'api\n123456789012:function:api' },
    { 'function-name': 'arn:aws:lambda:us-east-1:123456789012:function:api' },
    { alias: '$LATEST' },
    { alias: '12' },
    { alias: 'a b' },
    { 'smoke-path': 'health' },
    { 'smoke-path': '/a b' },
    { 'smoke-status': '99' },
    { 'smoke-status': '2xx' },
    { 'smoke-body': '/(/' },
    { 'smoke-timeout': 'soon' },
    { 'update-timeout': '0' },
    { rollback: 'yes' },
    { 'dry-run': '1' },
    { deploy: 'maybe' },
    { 'traffic-shift': '10% 2m' },
    { 'traffic-shift': '10%', alias: 'live' },
    { 'traffic-shift': '50% 2m, 10% 2m', alias: 'live' },
    { 'traffic-shift': '100% 2m', alias: 'live' },
    { 'traffic-shift': '10% soon', alias: 'live' },
    {
      alarms: 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:x',
      'traffic-shift': '10% 2m',
      alias: 'live',
    },
    { alarms: 'errors' },
    { 'rollback-all': 'true', rollback: 'false' },
    { 'create-function': 'app-role' },
    { 'function-memory': '64' },
    { 'function-timeout': '16m' },
    { 'function-architecture': 'x86' },
    { 'smoke-url': 'example.com' },
    { 'smoke-url': 'https://example.com/?a=b' },
    { 'smoke-url': 'https://user:password@example.com/' },
    { 'smoke-url': 'auto', 'smoke-path': 'off' },
    { 'smoke-url': 'https://example.com', 'function-name': 'api\nweb' },
    { 'rollback-to': 'previous' },
    { 'rollback-to': 'previous', alias: 'live' },
    { 'rollback-to': '0', alias: 'live', 'image-uri': '' },
  ])('%o is refused by name', (input) => {
    expect(() => read(input)).toThrow(`Input \`${Object.keys(input)[0]}\``);
  });

  it('reads what is right', () => {
    expect(
      read({
        'function-name': 'api\narn:aws:lambda:eu-central-1:123456789012:function:web',
        'smoke-path': '/health?deep=1',
        'smoke-body': '/"ok"/',
      }),
    ).toMatchObject({
      image: { host: ecr, repository: 'team/api', digest },
      functions: ['api', 'arn:aws:lambda:eu-central-1:123456789012:function:web'],
      smoke: { path: '/health', query: 'deep=1', status: 200, body: /"ok"/, timeoutMs: 30_000 },
      rollback: true,
      updateTimeoutMs: 300_000,
    });
    expect(
      read({ alias: 'live', 'traffic-shift': '7% 90s,\n 12.5 % 2m', alarms: 'errors\nslow answers' }),
    ).toMatchObject({
      shift: [
        { weight: 0.07, holdMs: 90_000 },
        { weight: 0.125, holdMs: 120_000 },
      ],
      alarms: ['errors', 'slow answers'],
    });
    expect(read({ 'smoke-path': 'off' }).smoke).toBeUndefined();
  });
});
