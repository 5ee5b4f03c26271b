import { LastUpdateStatusReasonCode, StateReasonCode } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { missingPermission, policyStatement } from '../../src/deploy/iam.ts';
import { statusReason } from '../../src/deploy/reasons.ts';

describe('reasons', () => {
  const codes = new Set<string>([
    ...Object.values(LastUpdateStatusReasonCode),
    ...Object.values(StateReasonCode),
  ]);

  it.each([...codes])('%s has a cause and a cure', (code) => {
    const { cause, cure } = statusReason(code, 'words of Lambda.');
    expect(cause).toMatch(new RegExp(`^\\S.{8,} \\(${code.replace('.', '\\.')}: words of Lambda\\)$`));
    expect(cure).not.toBe(statusReason('Unheard', '').cure);
    expect(cure).toMatch(/^[A-Z].{15,}[^.]$/);
  });

  it('an unknown code is shown as it is', () => {
    expect(statusReason('Unheard', 'Of.').cause).toBe('Unheard: Of');
  });
});

describe('access errors', () => {
  it.each([
    [
      'User: arn:aws:iam::123456789012:user/ci is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/app because no identity-based policy allows the iam:PassRole action',
      { action: 'iam:PassRole', resource: 'arn:aws:iam::123456789012:role/app', forbidden: false },
    ],
    [
      'User: x is not authorized to perform: lambda:GetAlias on resource: arn:aws:lambda:eu-central-1:123456789012:function:api with an explicit deny in a service control policy',
      {
        action: 'lambda:GetAlias',
        resource: 'arn:aws:lambda:eu-central-1:123456789012:function:api',
        forbidden: true,
      },
    ],
    ['Access denied', { action: 'lambda:CreateFunction', resource: '*', forbidden: false }],
  ])('%s', (message, missing) => {
    expect(missingPermission('lambda:CreateFunction', message)).toEqual(missing);
    expect(JSON.parse(policyStatement(missing))).toEqual({
      Effect: 'Allow',
      Action: missing.action,
      Resource: missing.resource,
    });
  });
});
