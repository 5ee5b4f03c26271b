import type { BuildVertex, RunRecord } from '../../src/record.ts';
import type { Heading } from '../../src/report/options.ts';
import { base, deployed, type Scale, smoked, steps, vertices } from './records.ts';

/** A report to be looked at: the run, and the base branch's runs that it is compared with. */
export interface Case {
  run: RunRecord;
  base: RunRecord[];
  heading: Heading;
}

const heading: Heading = {
  marker: '<!-- marker -->\n',
  base: 'main',
  commit: '0123456789abcdef0123456789abcdef01234567',
  runUrl: 'https://github.com/octo-org/my-api/actions/runs/1',
};
const against = (run: RunRecord): Case => ({ run, base, heading });
const now = (scale: Scale = {}): RunRecord => deployed({ hour: 9, ...scale });

function slower(): RunRecord {
  const run = now({ install: 14_200, modules: 21_800_000, initMs: 480 });
  if (run.build)
    run.build.misses = [
      {
        vertex: '[build 3/5] RUN npm ci',
        line: 5,
        ms: 14_200,
        because: 'A file that line 4 copies changed.',
        files: ['package-lock.json', 'package.json'],
        changedFiles: 2,
      },
      {
        vertex: '[build 5/5] RUN npm run build',
        line: 7,
        ms: 2_900,
        because: 'A file that line 6 copies changed.',
        files: ['src/app.ts'],
        changedFiles: 9,
      },
    ];
  run.findings = [
    {
      rule: 'dockerignore-missing',
      level: 'warning',
      file: 'Dockerfile',
      line: 6,
      why: 'Without a .dockerignore every file of the repository goes into the build.',
      instead: 'Write `node_modules` and `.git` into `.dockerignore`.',
    },
  ];
  return run;
}

function failedBuild(): RunRecord {
  return {
    schema: 1,
    steps: steps(
      9,
      ['sign in', 350],
      ['hash inputs', 120],
      ['start builder', 480],
      ['build and push', 8_300],
    ),
    build: { result: 'failed', reason: 'an input of the build changed', tags: ['pr-7'], vertices: [] },
    result: 'failed',
    reasons: [
      'Build of Dockerfile failed (Dockerfile:7): process "/bin/sh -c npm run build" did not complete successfully: exit code: 2.',
    ],
  };
}

function rolledBack(): RunRecord {
  const run = now();
  const problem = 'the function answered 502 instead of 200';
  const call = { qualifier: '42', path: '/health', status: 502, body: '', ok: false, problem };
  run.steps = [
    ...run.steps.slice(0, 10),
    ...steps(
      9,
      ['', 15_800],
      ['deploy my-api: smoke test of version', 6_100],
      ['deploy my-api: put back', 800],
    ).slice(1),
  ];
  run.result = 'rolled-back';
  run.deploy = [
    smoked({
      result: 'rolled-back',
      version: '41',
      smoke: [
        { ...call, ms: 2_100 },
        { ...call, ms: 1_900 },
        { ...call, ms: 2_000 },
      ],
      diagnosis: {
        cause: 'port',
        sentence: 'The application listens on port 3000, and the adapter asks on 8080.',
        cure: 'Set `AWS_LWA_PORT=3000` in the Dockerfile.',
      },
    }),
  ];
  run.reasons = [
    'Smoke test of my-api version 42 failed: /health answered 502 instead of 200; rolled back, alias live serves version 41, as before.',
  ];
  return run;
}

function reused(): RunRecord {
  const run = now();
  run.steps = run.steps.filter(({ name }) => name !== 'start builder' && name !== 'build and push');
  run.build = { result: 'reused', reason: 'no input of the build changed', tags: ['main'], vertices: [] };
  delete run.cache;
  run.result = 'unchanged';
  run.steps = steps(
    9,
    ['sign in', 350],
    ['hash inputs', 120],
    ['deploy: image', 90],
    ['deploy my-api: look', 180],
  );
  run.deploy = [smoked({ result: 'unchanged', smoke: [], previousVersion: '42' })];
  delete run.deploy[0]?.initMs;
  delete run.deploy[0]?.maxMemoryMb;
  return run;
}

function manyFunctions(): RunRecord {
  const run = now();
  run.deploy = ['api', 'worker', 'cron', 'webhooks', 'reports'].map((name, index) =>
    smoked({ function: name, initMs: 290 + index * 60, maxMemoryMb: 80 + index * 9 }),
  );
  const call = { qualifier: '42', path: '/health', status: 500, body: 'no', ok: false, ms: 80 };
  run.deploy[3] = smoked({
    function: 'arn:aws:lambda:eu-central-1:123456789012:function:webhooks',
    result: 'rolled-back',
    version: '41',
    smoke: [{ ...call, problem: 'it answered 500 instead of 200' }],
    reasons: [
      'webhooks runs another image.',
      'Smoke test of webhooks version 42 failed: /health answered 500 instead of 200.',
      'Alias live serves version 41, as before.',
    ],
  });
  run.steps = run.deploy.flatMap(({ function: name }, index) =>
    steps(
      9 + index / 100,
      [`deploy ${name}: look`, 180],
      [`deploy ${name}: update`, 9_000],
      [`deploy ${name}: publish`, 2_000],
      [`deploy ${name}: smoke test of version`, 900],
      ...(index === 3 ? [] : ([[`deploy ${name}: alias`, 140]] as const)),
    ),
  );
  run.result = 'rolled-back';
  run.reasons = [
    'Smoke test of webhooks version 42 failed: /health answered 500 instead of 200; rolled back, alias live serves version 41, as before.',
  ];
  return run;
}

function many(): RunRecord {
  const run = now();
  const step = (index: number): readonly [string, BuildVertex['kind'], number] => [
    `[build ${index + 1}/300] RUN make -C packages/package-${index} all`,
    'run',
    index % 3 === 0 ? 0 : 100 + ((index * 37) % 900),
  ];
  const built = vertices(...Array.from({ length: 300 }, (_, index) => step(index)));
  if (run.build) run.build.vertices = built;
  run.steps = steps(
    9,
    ['sign in', 350],
    ['build and push', built.reduce((sum, { ms }) => sum + ms, 0)],
    ['deploy my-api: look', 180],
    ['deploy my-api: update', 9_000],
  );
  run.cache = { kind: 'registry', hits: 100, total: 300, ms: 0 };
  return run;
}

/** What an author of a pull request may try, in every place where text of theirs is shown. */
export const hostile = [
  '</details><script>window.pwned=1</script><img src="http://evil.test/x.png" onerror="window.pwned=1">',
  '@octocat #1 GH-2 octo/repo#3 http://evil.test www.evil.test mail@evil.test [x](http://evil.test) ![y](//evil.test/z)',
  'click a href "javascript:alert(1)" | a ; b # c %% d %%{init: {"securityLevel":"loose"}}%% : 0, 1\nsection x',
  '```\n# heading\n```mermaid ` | **b** ~~s~~ <!-- x --> --> \u202e\u0000 $\u007b{ secrets.X }} &lt;b&gt; $x$',
  'title x',
  '',
] as const;

function hostileNames(): RunRecord {
  const run = now({ install: 14_200, modules: 21_800_000 });
  const [tags, links, mermaid, markdown, keyword] = hostile;
  const text = (index: number): string => hostile[index % hostile.length] ?? '';
  if (run.build) {
    run.build.vertices = run.build.vertices.map((vertex, index) => ({ ...vertex, name: text(index) }));
    run.build.misses = [0, 1, 2, 3].map((index) => ({
      vertex: text(index),
      line: 0,
      ms: 1_000,
      because: text(index + 1),
      files: [text(index + 2), keyword],
      changedFiles: 2,
    }));
  }
  run.steps = run.steps.map((step) => ({ ...step, name: step.name.replace('my-api', mermaid) }));
  if (run.image)
    run.image.layers = run.image.layers.map((layer, index) => ({ ...layer, createdBy: text(index) }));
  run.deploy = [
    smoked({
      function: 'my-api',
      result: 'failed',
      url: 'javascript:window.pwned=1',
      smoke: [
        {
          qualifier: links,
          path: tags,
          status: 500,
          body: tags,
          ok: false,
          problem: markdown,
          ms: 3,
          initMs: 1,
        },
      ],
      diagnosis: { cause: tags, sentence: markdown, cure: mermaid },
    }),
  ];
  run.findings = [
    { rule: tags, level: 'error', file: markdown, line: 3, why: links, instead: mermaid },
    { rule: links, level: 'notice', file: mermaid, line: 0, why: tags, instead: markdown },
  ];
  run.result = 'failed';
  run.reasons = [...hostile];
  return run;
}

/** By the name of the golden file. */
export const cases: Readonly<Record<string, Case>> = {
  'first-run': { run: now({ install: 14_200 }), base: [], heading },
  faster: against(now({ update: 4_100 })),
  slower: against(slower()),
  same: against(now({ update: 9_250, initMs: 318 })),
  'failed-build': against(failedBuild()),
  'rolled-back': against(rolledBack()),
  reused: against(reused()),
  'many-functions': against(manyFunctions()),
  'vertices-300': against(many()),
  hostile: {
    run: hostileNames(),
    base,
    heading: { ...heading, base: hostile[1], runUrl: 'javascript:alert(1)' },
  },
};
