import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../src/local/parts/process.ts';

const composite = `
name: Toy
description: Two nested actions
inputs:
  greeting: { description: What to say, required: true }
  fail: { description: Whether the first action fails, default: 'false' }
outputs:
  said: { description: What was said, value: '\${{ steps.first.outputs.said }}' }
  masked: { description: Something secret, value: '\${{ steps.first.outputs.masked }}' }
runs:
  using: composite
  steps:
    - id: first
      uses: $/first
      with:
        greeting: \${{ inputs.greeting }}
        fail: \${{ inputs.fail }}
    - id: skipped
      if: \${{ inputs.greeting == 'never' }}
      uses: $/second
    - id: second
      if: always()
      uses: $/second
      with:
        outcome: \${{ steps.first.outcome }}
`;

const first = `
name: First
description: Says something, with a post step
inputs:
  greeting: { description: What to say, required: true }
  fail: { description: Whether to fail, default: 'false' }
outputs:
  said: { description: What was said }
  masked: { description: Something secret }
runs:
  using: node24
  main: ../dist/first.js
  post: ../dist/first-post.js
`;

const second = `
name: Second
description: Runs whatever became of the first
inputs:
  outcome: { description: Outcome of the first, default: none }
runs:
  using: node24
  main: ../dist/second.js
`;

const reusable = `
name: Reusable
on:
  workflow_call:
    inputs:
      greeting: { description: What to say, type: string, required: true }
    outputs:
      said: { description: What was said, value: '\${{ jobs.inner.outputs.said }}' }
jobs:
  inner:
    runs-on: ubuntu-latest
    outputs:
      said: \${{ steps.first.outputs.said }}
    steps:
      - id: first
        uses: $/first
        with:
          greeting: \${{ inputs.greeting }}
`;

const firstMain = `
import { appendFileSync } from 'node:fs';
if (process.version.split('.')[0] !== 'v24') throw new Error('runs on ' + process.version);
const output = (name, value) => appendFileSync(process.env.GITHUB_OUTPUT, name + '<<EOF_TOY\\n' + value + '\\nEOF_TOY\\n');
console.log('::add-mask::top-secret-value');
console.log('hidden: top-secret-value');
console.log('cache service: ' + (process.env.ACTIONS_RESULTS_URL ?? 'none'));
console.log('::warning::a warning of the toy');
output('said', process.env.INPUT_GREETING + '\\nfrom ' + process.env.GITHUB_REPOSITORY + ' at ' + process.env.GITHUB_REF);
output('masked', 'top-secret-value');
appendFileSync(process.env.GITHUB_STATE, 'kept=state of main\\n');
appendFileSync(process.env.GITHUB_STEP_SUMMARY, '# ' + process.env.INPUT_GREETING + '\\n');
if (process.env.INPUT_GREETING === 'wait') {
  console.log('waiting for the cancel');
  await new Promise((resolve) => setTimeout(resolve, 30_000));
}
if (process.env.INPUT_FAIL === 'true') { console.log('::error::the toy fails'); process.exit(1); }
`;

const firstPost = `console.log('post sees: ' + process.env.STATE_kept + ', in ' + process.env.RUNNER_TEMP);`;
const secondMain = `console.log('second after: ' + process.env.INPUT_OUTCOME);`;

/** Writes a small repository that has every kind of part that ours has. */
export async function writeToy(folder: string): Promise<void> {
  const files: Record<string, string> = {
    'action.yml': composite,
    'first/action.yml': first,
    'second/action.yml': second,
    '.github/workflows/reusable.yml': reusable,
    'dist/first.js': firstMain,
    'dist/first-post.js': firstPost,
    'dist/second.js': secondMain,
    'package.json': '{ "type": "module" }',
    '.gitignore': 'ignored/\n',
    'ignored/big.txt': 'not checked out\n',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), `${text.trim()}\n`);
  }
  await run('git', ['init', '--quiet'], { cwd: folder });
}
