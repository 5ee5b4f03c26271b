import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateFunctionUrlConfigCommand } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { ROLE } from '../local/aws/stand.ts';
import { httpReply, liveAt, type Outcome, type Scene, startScene } from './harness.ts';

/** Actions that are no call of the API: the first is checked inside CreateFunction, the second by the URL itself. */
const UNSEEN = ['iam:PassRole', 'lambda:InvokeFunctionUrl'];

/** Operations whose action has another name. */
const ACTIONS: Record<string, string> = { 'lambda:Invoke': 'lambda:InvokeFunction' };

const toLive = (uri: string, more: Record<string, string> = {}): Record<string, string> => ({
  'image-uri': uri,
  'function-name': 'app',
  alias: 'live',
  ...more,
});

interface Course {
  /** As the owner of the account, before the policy holds. */
  prepare?(s: Scene): Promise<void>;
  inputs(s: Scene): Record<string, string>;
  result: string;
}

const COURSES: Record<string, Course> = {
  'first alias': { inputs: (s) => toLive(s.image('a')), result: 'deployed' },
  'moved alias': {
    prepare: (s) => liveAt(s, 'good'),
    inputs: (s) => toLive(s.image('next')),
    result: 'deployed',
  },
  'failed test, put back': {
    prepare: async (s) => {
      await liveAt(s, 'good');
      s.answers.set('bad', httpReply(500, 'broken'));
    },
    inputs: (s) => toLive(s.image('bad')),
    result: 'rolled-back',
  },
  'first alias, taken back': {
    prepare: async (s) => {
      let calls = 0;
      s.stand.runtime.answer = () => {
        calls += 1;
        return calls === 1 ? httpReply(200, 'ok') : httpReply(500, 'broken');
      };
    },
    inputs: (s) => toLive(s.image('bad')),
    result: 'rolled-back',
  },
  'no alias': {
    inputs: (s) => ({ 'image-uri': s.image('a'), 'function-name': 'app' }),
    result: 'deployed',
  },
  unchanged: {
    prepare: (s) => liveAt(s, 'good'),
    inputs: (s) => toLive(s.image('good')),
    result: 'unchanged',
  },
  'traffic-shift with alarms': {
    prepare: async (s) => {
      await liveAt(s, 'good');
      s.alarms.set('errors', 'OK');
    },
    inputs: (s) => toLive(s.image('next'), { 'traffic-shift': '10% 1s', alarms: 'errors' }),
    result: 'deployed',
  },
  'rollback-to previous': {
    prepare: async (s) => {
      await liveAt(s, 'one');
      await liveAt(s, 'two');
    },
    inputs: () => ({ 'function-name': 'app', alias: 'live', 'rollback-to': 'previous' }),
    result: 'deployed',
  },
  'several functions': {
    prepare: (s) => s.stand.create('web').then(() => undefined),
    inputs: (s) => toLive(s.image('a'), { 'function-name': 'app\nweb', 'rollback-all': 'true' }),
    result: 'deployed',
  },
  'smoke-url auto': {
    prepare: async (s) => {
      await liveAt(s, 'good');
      await s.stand.lambda.send(
        new CreateFunctionUrlConfigCommand({ FunctionName: 'app', Qualifier: 'live', AuthType: 'NONE' }),
      );
    },
    inputs: (s) => toLive(s.image('next'), { 'smoke-url': 'auto' }),
    result: 'deployed',
  },
  'create-function': {
    inputs: (s) => toLive(s.image('a'), { 'function-name': 'fresh', 'create-function': ROLE }),
    result: 'deployed',
  },
};

interface Run extends Outcome {
  /** IAM actions that were asked for. */
  asked: Set<string>;
}

/** Runs a course where everything but `allowed` is answered 403. */
async function run({ prepare, inputs }: Course, allowed: ReadonlySet<string>): Promise<Run> {
  const s = await startScene();
  const asked = new Set<string>();
  try {
    await prepare?.(s);
    const given = inputs(s);
    s.faults.before = (operation) => {
      if (/^(sts|logs):/.test(operation)) return undefined;
      const action = ACTIONS[operation] ?? operation;
      asked.add(action);
      if (allowed.has(action)) return undefined;
      const message = `User: local is not authorized to perform: ${action}`;
      return { status: 403, code: 'AccessDeniedException', message };
    };
    return { ...(await s.deploy(given)), asked };
  } finally {
    await s.close();
  }
}

/** The actions of the policies in the chapter `## Deploy`. */
async function documented(): Promise<Set<string>> {
  const text = await readFile(join(import.meta.dirname, '../../docs/permissions.md'), 'utf8');
  const chapter = /^## Deploy$([\s\S]*?)(?=^## )/m.exec(text)?.[1] ?? '';
  const policies = [...chapter.matchAll(/```json\n([\s\S]*?)```/g)].map(
    ([, json = '']) => JSON.parse(json) as { Statement: { Action: string | string[] }[] },
  );
  return new Set(policies.flatMap(({ Statement }) => Statement.flatMap(({ Action }) => Action)));
}

/** What the job's owner sees of a run. */
function visible({ exitCode, outputs, stdout }: Outcome): unknown {
  return [exitCode, outputs.result, /^::(warning|error)/m.test(stdout), /not authorized/.test(stdout)];
}

describe('the policies for a deploy in docs/permissions.md', () => {
  it('are enough for every course, and none of their actions can be left out', async () => {
    const policy = await documented();
    const seen = [...policy].filter((action) => !UNSEEN.includes(action));
    const users = new Map<string, { course: Course; name: string; whole: Run }[]>();
    for (const [name, course] of Object.entries(COURSES)) {
      const whole = await run(course, policy);
      expect({ name, result: whole.outputs.result }, whole.stdout).toEqual({ name, result: course.result });
      expect(whole.stdout, name).not.toMatch(/^::warning|not authorized/m);
      for (const action of whole.asked)
        users.set(action, [...(users.get(action) ?? []), { course, name, whole }]);
    }
    expect([...users.keys()].sort()).toEqual(seen.sort());
    for (const action of seen) {
      const less = new Set([...policy].filter((other) => other !== action));
      let changed = false;
      for (const { course, whole } of users.get(action) ?? []) {
        const outcome = await run(course, less);
        changed = JSON.stringify(visible(outcome)) !== JSON.stringify(visible(whole));
        if (changed) break;
      }
      expect({ action, changed }).toEqual({ action, changed: true });
    }
  }, 300_000);
});
