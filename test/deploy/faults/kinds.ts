import type { Fault } from '../../../src/local/aws/faults.ts';

/** What can go wrong at one request. */
export interface Kind {
  /** The wrong answer; absent where the answer is right and the world changes instead. */
  fault?: Fault;
  /** What happens to the world just before the request is served. */
  happens?: 'new-image-deleted' | 'old-image-deleted' | 'other-alias' | 'other-update' | 'cancel';
  /** Operations that it can happen to; every one where absent. `url:GET` is the smoke test of a URL that is not Lambda's. */
  only?: RegExp;
  /** It is over by itself: trying again helps. */
  passing: boolean;
}

const CHANGES = /Update|Publish|Create|DeleteAlias/;

/** By name, in the order of the table. */
export const KINDS: Readonly<Record<string, Kind>> = {
  throttled: {
    fault: { status: 429, code: 'TooManyRequestsException', message: 'Rate exceeded' },
    passing: true,
  },
  '500': { fault: { status: 500, code: 'ServiceException', message: 'Internal' }, passing: true },
  '503': { fault: { status: 503, code: 'ServiceUnavailable', message: 'Down' }, passing: true },
  reset: { fault: { dropConnection: true }, passing: true },
  'reset, done': { fault: { dropConnection: true, afterCommit: true }, passing: true },
  '500, done': {
    fault: { status: 500, code: 'ServiceException', message: 'Internal', afterCommit: true },
    only: CHANGES,
    passing: true,
  },
  hang: { fault: { hang: true }, passing: true },
  'hang, done': { fault: { hang: true, afterCommit: true }, only: CHANGES, passing: true },
  'hang, done late': { fault: { hang: true, commitLate: true }, only: CHANGES, passing: true },
  malformed: { fault: { malformed: true }, passing: true },
  'malformed, done': { fault: { malformed: true, afterCommit: true }, only: CHANGES, passing: true },
  '409': {
    fault: { status: 409, code: 'ResourceConflictException', message: 'An update is in progress' },
    only: /Update|Publish|Create|DeleteAlias|Invoke/,
    passing: true,
  },
  '412 stale': {
    fault: { status: 412, code: 'PreconditionFailedException', message: 'The Revision Id does not match' },
    only: /Update|Publish/,
    passing: true,
  },
  'young role': {
    fault: {
      status: 400,
      code: 'InvalidParameterValueException',
      message: 'The role defined for the function cannot be assumed by Lambda.',
    },
    only: /CreateFunction/,
    passing: true,
  },
  expired: {
    fault: { status: 403, code: 'ExpiredTokenException', message: 'The security token is expired' },
    passing: false,
  },
  denied: {
    fault: { status: 403, code: 'AccessDeniedException', message: 'not authorized' },
    passing: false,
  },
  'version limit': {
    fault: { status: 400, code: 'CodeStorageExceededException', message: 'Code storage limit exceeded' },
    only: /Publish/,
    passing: false,
  },
  'new image gone': { happens: 'new-image-deleted', passing: false },
  'old image gone': { happens: 'old-image-deleted', passing: false },
  'alias moved': { happens: 'other-alias', passing: false },
  'job cancelled': { happens: 'cancel', passing: false },
  'code changed': { happens: 'other-update', passing: false },
};

/** Whether this can go wrong at that operation (`lambda:GetFunction`). */
export function fits(kind: Kind, operation: string): boolean {
  return kind.only?.test(operation) ?? true;
}

/** Whether an operation changes something. */
export function isChange(operation: string): boolean {
  return CHANGES.test(operation);
}
