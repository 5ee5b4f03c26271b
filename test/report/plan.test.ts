import { describe, expect, it } from 'vitest';
import type { JobContext } from '../../src/github/context.ts';
import type { ReportInputs } from '../../src/report/inputs.ts';
import { handedOnArtifact, planReport } from '../../src/report/plan.ts';
import { builtOn, fullRecord } from './full-record.ts';

const inputs: ReportInputs = { record: 'r', comment: 'auto', key: '', token: 't', artifact: false };
const job: JobContext = {
  eventName: 'push',
  sha: 'a'.repeat(40),
  refName: 'main',
  refType: 'branch',
  repository: 'octo-org/octo-app',
  runnerTemp: '/tmp',
  workspace: '/w',
};
const pull = (headRepository: string, eventName = 'pull_request'): JobContext => ({
  ...job,
  eventName,
  refName: '',
  refType: '',
  pullRequest: { number: 7, baseRef: 'main', headRepository },
});
const plan = (of: JobContext, more: Partial<ReportInputs> = {}) =>
  planReport({ ...inputs, ...more }, of, fullRecord());

describe('the plan of a report', () => {
  it('comments on a pull request of this repository, beside its base branch', () => {
    expect(plan(pull('octo-org/octo-app'))).toEqual({
      key: 'my-api',
      branch: 'main',
      keep: false,
      comment: { to: 'pull-request', number: 7 },
      artifact: false,
    });
  });

  it('hands a pull request from a fork on, also of one that is gone, but not under the base token', () => {
    expect(plan(pull('mallory/octo-app')).comment).toEqual({ to: 'artifact', number: 7 });
    expect(plan(pull(''), { token: '' }).comment).toEqual({ to: 'artifact', number: 7 });
    expect(plan(pull('mallory/octo-app', 'pull_request_target')).comment).toMatchObject({
      to: 'pull-request',
    });
  });

  it('keeps a run of a branch and comments on its commit only where asked to', () => {
    expect(plan(job)).toMatchObject({ branch: 'main', keep: true, comment: { to: 'nobody' } });
    expect(plan(job, { comment: 'always' }).comment).toEqual({ to: 'commit', sha: job.sha });
    expect(plan({ ...job, refType: 'tag' })).toMatchObject({ branch: '', keep: false });
  });

  it.each([
    ['off', pull('octo-org/octo-app'), { comment: 'off' as const }, '`comment` is "off"'],
    ['no token', pull('octo-org/octo-app'), { token: '' }, '`github-token` is empty'],
    ['no GitHub', { ...job, repository: '' }, { comment: 'always' as const }, 'this is no job on GitHub'],
  ])('comments nowhere with %s, and says why', (_what, of, more, because) => {
    expect(plan(of, more).comment).toEqual({ to: 'nobody', because });
  });

  it('has a key: given, of the functions, the image, or the repository', () => {
    const { deploy: _deploy, ...built } = fullRecord();
    expect(plan(job, { key: 'mine' }).key).toBe('mine');
    expect(planReport(inputs, job, built).key).toBe('my-api');
    expect(planReport(inputs, job, builtOn(1)).key).toBe('octo-org/octo-app');
    expect(handedOnArtifact('a/b:c')).toMatch(/^deploy-lambda-container-run-[0-9a-f]{12}$/);
  });
});
