import { describe, expect, it } from 'vitest';
import type { FunctionState } from '../../src/aws/lambda.ts';
import { type Found, planDeploy, type Wanted } from '../../src/deploy/plan.ts';

const latest: FunctionState = {
  arn: 'arn:aws:lambda:eu-central-1:123456789012:function:api',
  name: 'api',
  version: '$LATEST',
  packageType: 'Image',
  architecture: 'amd64',
  imageUri: 'host/api@sha256:old',
  digest: 'sha256:old',
  codeSha256: 'old',
  revisionId: 'r1',
  state: 'Active',
  stateReason: '',
  stateReasonCode: '',
  lastUpdateStatus: 'Successful',
  lastUpdateReason: '',
  lastUpdateReasonCode: '',
  settings: { memoryMb: 128, timeoutSeconds: 3, environment: {} },
};
const found: Found = { latest, latestImage: 'there', aliasImage: 'there' };
const wanted: Wanted = {
  target: { uri: 'host/api@sha256:new', digest: 'sha256:new', architecture: 'amd64' },
  alias: 'live',
  smoke: true,
  smokeUrl: '',
  rollback: true,
  shift: [],
};
const live = (digest: string, weights = {}) => ({ version: '3', weights, revisionId: 'a1', digest });
const steps = (f: Found, w: Wanted): string[] => {
  const plan = planDeploy(f, w);
  return plan.kind === 'deploy'
    ? plan.steps.map((step) => (step.do === 'smoke' ? `smoke ${step.target}` : step.do))
    : [plan.kind];
};

describe('plan', () => {
  it('has the steps in the order that keeps users safe', () => {
    expect(steps(found, wanted)).toEqual([
      'update',
      'publish',
      'smoke version',
      'create-alias',
      'smoke alias',
    ]);
    expect(steps({ ...found, alias: live('sha256:old') }, { ...wanted, smoke: false })).toEqual([
      'update',
      'publish',
      'move-alias',
    ]);
    expect(steps({ ...found, alias: live('sha256:new') }, wanted)).toEqual(['unchanged']);
    expect(steps({ ...found, alias: live('sha256:new', { 2: 0.1 }) }, wanted)).toEqual([
      'smoke version',
      'clear-weights',
      'smoke alias',
    ]);
    expect(steps(found, { ...wanted, alias: '' })).toEqual(['update', 'smoke latest']);
  });

  it('publishes only, where $LATEST has the image and the alias does not', () => {
    const there = { ...found, latest: { ...latest, digest: 'sha256:new' }, alias: live('sha256:old') };
    expect(steps(there, { ...wanted, smoke: false })).toEqual(['publish', 'move-alias']);
  });

  it('does a failed update of the same image again, and puts nothing back after it', () => {
    const failed = { ...latest, digest: 'sha256:new', lastUpdateStatus: 'Failed' };
    const plan = planDeploy({ ...found, latest: failed }, { ...wanted, alias: '' });
    expect(plan).toMatchObject({ kind: 'deploy', latestCanGoBack: false });
  });

  it('refuses another architecture', () => {
    const arm = { ...wanted, target: { ...wanted.target, architecture: 'arm64' } };
    expect(planDeploy(found, arm)).toMatchObject({
      kind: 'refused',
      hint: 'Build with `platform: linux/amd64`, or change the architecture of the function.',
    });
  });
});
