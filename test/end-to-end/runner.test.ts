import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRepository, runWorkflow, stageActions, type WorkflowCall } from '../support/runner.ts';
import { writeToy } from './toy.ts';

let folder: string;
let toy: LocalRepository;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runner-'));
  await writeToy(join(folder, 'source'));
  toy = await stageActions(join(folder, 'source'), join(folder, 'stage'), 'octo-org/toy');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** One job that calls the composite action, with further steps. */
function workflow(greeting: string, options: { fail?: boolean; steps?: string } = {}): string {
  return `
on: [push, pull_request]
jobs:
  one:
    runs-on: ubuntu-latest
    outputs: { said: '\${{ steps.app.outputs.said }}' }
    steps:
      - id: app
        name: The app
        uses: octo-org/toy@v1
        with: { greeting: ${greeting}, fail: ${options.fail ?? false} }
${options.steps ?? ''}`;
}

async function runToy(call: WorkflowCall) {
  return await runWorkflow({ localRepositories: [toy], timeout: 60_000, ...call });
}

describe('a composite action with nested JavaScript actions', () => {
  it('runs on Node 24 with outputs, post steps, a summary and hidden values', async () => {
    const run = await runToy({ workflow: workflow('hello') });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.step('app/first')).toMatchObject({ outcome: 'success', name: 'octo-org/toy/first@v1' });
    expect(run.step('app/first', 'Post')).toMatchObject({ outcome: 'success' });
    expect(run.step('app/skipped')).toMatchObject({ outcome: 'skipped', name: 'octo-org/toy/second@v1' });
    expect(run.step('app')?.outputs.said).toBe('hello\nfrom octo-org/octo-app at refs/heads/main');
    expect(run.jobs).toEqual({
      one: { result: 'success', outputs: { said: run.step('app')?.outputs.said } },
    });
    expect(run.summary).toBe('# hello\n');
    expect(run.annotations).toEqual([{ level: 'warning', message: 'a warning of the toy' }]);
    expect(run.log).toContain('| hidden: ***');
    expect(run.log).toContain('| post sees: state of main');
    expect(run.log).toContain('| cache service: none');
    expect(run.log).not.toContain('top-secret-value');
    expect(run.masks).toEqual(['top-secret-value']);
    expect(run.orphans).toEqual([]);
  });

  it('goes on after a failure where the condition says so, and cleans up', async () => {
    const steps = `
      - { id: never, run: exit 0 }
      - { id: afterwards, if: failure(), run: echo afterwards }`;
    const run = await runToy({ workflow: workflow('hello', { fail: true, steps }) });
    expect(run.exitCode).toBe(1);
    const outcomes = Object.fromEntries(
      run.steps.filter(({ stage }) => stage === 'Main').map(({ path, outcome }) => [path, outcome]),
    );
    expect(outcomes).toEqual({
      'app/first': 'failure',
      'app/skipped': 'skipped',
      'app/second': 'success',
      app: 'failure',
      never: 'skipped',
      afterwards: 'success',
    });
    expect(run.log).toContain('| second after: failure');
    expect(run.log).toContain('| post sees: state of main');
    expect(run.annotations).toContainEqual({ level: 'error', message: 'the toy fails' });
    expect(run.jobs.one).toMatchObject({
      result: 'failure',
      outputs: { said: expect.stringContaining('hello') },
    });
  });

  it('runs post steps after a cancel, and leaves no process and no folder', async () => {
    const run = await runToy({ workflow: workflow('wait'), cancelAt: /^waiting for the cancel/ });
    expect(run.exitCode).not.toBe(0);
    const temp = /post sees: state of main, in (\S+)/.exec(run.log)?.[1] ?? '';
    expect(temp).not.toBe('');
    expect(existsSync(temp)).toBe(false);
    expect(run.orphans).toEqual([]);
  });
});

describe('a reusable workflow', () => {
  it('takes inputs and gives outputs', async () => {
    const run = await runToy({
      workflow: `
on: push
jobs:
  call:
    uses: octo-org/toy/.github/workflows/reusable.yml@v1
    with: { greeting: reused }
`,
    });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.jobs.call).toMatchObject({
      result: 'success',
      outputs: { said: expect.stringContaining('reused') },
    });
  });

  it('is not called with inputs that it has not, nor without one that it requires', async () => {
    const call = (inputs: string) =>
      runToy({
        workflow: `
on: push
jobs: { call: { uses: octo-org/toy/.github/workflows/reusable.yml@v1, with: { ${inputs} } } }
`,
      });
    await expect(call('greetings: x')).rejects.toThrow(
      /has no input greetings\n.*requires the input greeting/,
    );
  });
});

describe('what starts a run', () => {
  const show = (expressions: string[]) => `
on:
  workflow_dispatch:
    inputs:
      greeting: { type: string, default: from the default }
      loud: { type: boolean, default: true }
  pull_request:
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - run: |
${expressions.map((expression) => `          echo '\${{ ${expression} }}'`).join('\n')}
`;

  it('workflow_dispatch: inputs with defaults', async () => {
    const expressions = ["format('greeting={0} loud={1}', inputs.greeting, inputs.loud)"];
    const given = await runToy({
      workflow: show(expressions),
      event: 'workflow_dispatch',
      inputs: { greeting: 'hi', loud: 'false' },
    });
    expect(given.log).toContain('| greeting=hi loud=false');
    const defaults = await runToy({ workflow: show(expressions), event: 'workflow_dispatch' });
    expect(defaults.log).toContain('| greeting=from the default loud=true');
  });

  it('pull_request: number, refs and commits', async () => {
    const run = await runToy({
      workflow: show([
        "format('{0} {1} {2}', github.ref, github.sha, github.head_ref)",
        "format('pull={0} base={1}', github.event.pull_request.number, github.event.pull_request.base.ref)",
      ]),
      event: 'pull_request',
      eventPayload: { number: 9, pull_request: { number: 9, base: { ref: 'next' }, head: { ref: 'topic' } } },
      sha: 'a'.repeat(40),
    });
    expect(run.log).toContain(`| refs/pull/9/merge ${'a'.repeat(40)} topic`);
    expect(run.log).toContain('| pull=9 base=next');
  });

  it('gives environment, secrets, variables and the cache service to the steps', async () => {
    const run = await runToy({
      workflow: workflow('hello', {
        steps: `
      - run: echo "$PLACE \${{ secrets.KEY }} \${{ vars.COLOUR }}"`,
      }),
      env: { PLACE: 'here' },
      secrets: { KEY: 'open-sesame' },
      vars: { COLOUR: 'green' },
      cacheService: { url: 'http://127.0.0.1:9/', token: 'token' },
    });
    expect(run.log).toContain('| here *** green');
    expect(run.log).toContain('| cache service: http://127.0.0.1:9/');
  });
});

describe('actions of third parties', () => {
  it('are stand-ins: checkout, artifacts and credentials', async () => {
    const workspace = join(folder, 'workspace');
    await writeToy(workspace);
    await writeFile(join(workspace, 'hello.txt'), 'from the workspace\n');
    const run = await runToy({
      workspace,
      workflow: `
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - { uses: actions/upload-artifact@v5, with: { name: report, path: hello.txt } }
      - { uses: aws-actions/configure-aws-credentials@v6, with: { aws-region: eu-west-1 } }
      - run: echo "in $AWS_REGION as $AWS_ACCESS_KEY_ID with $AWS_SECRET_ACCESS_KEY"
  two:
    needs: one
    runs-on: ubuntu-24.04
    steps:
      - { uses: actions/download-artifact@v6, with: { name: report, path: down } }
      - run: cat down/hello.txt; ls
`,
    });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.log).toContain('| in eu-west-1 as ASIATESTSTESTSTESTS0 with ***');
    expect(run.log).toMatch(/\| from the workspace\n\| down\n/);
  });

  it('are never fetched', async () => {
    const foreign = workflow('hello', { steps: '      - uses: someone/else@v1\n' });
    await expect(runToy({ workflow: foreign })).rejects.toThrow('someone/else@v1: neither among');
  });
});

it('ends a run that takes too long, with everything it started', async () => {
  const late = runToy({
    workflow: 'on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: sleep 300\n',
    timeout: 1500,
  });
  await expect(late).rejects.toThrow('took longer than 1500 ms');
});

it('ends processes that a step leaves behind, and names them', async () => {
  const run = await runToy({
    workflow: `
on: push
jobs: { one: { runs-on: ubuntu-latest, steps: [{ run: 'setsid sleep 301 > /dev/null 2>&1 < /dev/null & sleep 0.2' }] } }
`,
  });
  expect(run.orphans.map(({ command }) => command)).toEqual(['sleep 301']);
});
