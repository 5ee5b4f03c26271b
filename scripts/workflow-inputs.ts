import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The part of an action.yml that the reusable workflow repeats. */
interface Manifest {
  inputs: Record<string, { description: string; default?: string }>;
}

const root = join(import.meta.dirname, '..');
const file = '.github/workflows/deploy.yml';

/** What needs files or variables of the caller's own job, which a called workflow has not. */
const NOT_IN_WORKFLOW = new Set(['secrets', 'secret-envs', 'secret-files', 'ssh', 'github-token']);

/** The workflow has no such input, but a value. */
const expression = (text: string): string => `\${{ ${text} }}`;
const REGION = expression('inputs.aws-region || vars.AWS_REGION');
const CONTEXT = {
  context: expression(
    "inputs.working-directory && !contains(inputs.context, '://') && format('{0}/{1}', inputs.working-directory, inputs.context) || inputs.context",
  ),
  file: expression(
    "inputs.working-directory && inputs.file && format('{0}/{1}', inputs.working-directory, inputs.file) || inputs.file",
  ),
};
const OWN_VALUES: Record<string, Record<string, string>> = {
  check: { ...CONTEXT, 'aws-region': REGION, 'role-to-assume': '', 'image-uri': '', 'rollback-to': '' },
  build: {
    ...CONTEXT,
    record: expression('steps.check.outputs.record'),
    secrets: expression('secrets.build-secrets'),
    'aws-region': REGION,
    'role-to-assume': expression(
      'inputs.build-role-to-assume || inputs.role-to-assume || secrets.AWS_ROLE_TO_ASSUME',
    ),
  },
  deploy: {
    'aws-region': REGION,
    'role-to-assume': expression('inputs.role-to-assume || secrets.AWS_ROLE_TO_ASSUME'),
    'image-uri': expression(
      "needs.build.outputs.image-uri || steps.image.outputs.uri || ((!inputs.what || inputs.what == 'deploy image-uri') && inputs.image-uri) || ''",
    ),
    'rollback-to': expression("(!inputs.what || inputs.what == 'roll back') && inputs.rollback-to || ''"),
    record: expression(
      "needs.build.outputs.record && format('{0}/deploy-lambda-container/{1}', runner.temp, needs.build.outputs.record) || ''",
    ),
  },
  report: { record: expression('steps.record.outputs.path') },
};

async function manifest(path: string): Promise<Manifest> {
  return parse(await readFile(join(root, path), 'utf8')) as Manifest;
}

/** A YAML plain scalar where that is possible, else one in single quotes. */
function scalar(text: string): string {
  const plain =
    /^[\w./$*][^\n]*$/.test(text) && !/: | #|:$/.test(text) && !/^(true|false|null|\d+)$/.test(text);
  return plain && !text.startsWith('*') ? text : `'${text.replaceAll("'", "''")}'`;
}

/** `boolean` for what takes only `true` and `false`, `number` for a bare number, else `string`. */
function typeOf({ description, default: value = '' }: Manifest['inputs'][string]): string {
  if (/^`(true|false)`:/.test(description) && !/`auto`|or `/.test(description)) return 'boolean';
  return /^\d+$/.test(value) ? 'number' : 'string';
}

function declarations({ inputs }: Manifest): string[] {
  return Object.entries(inputs).flatMap(([name, input]) => {
    if (NOT_IN_WORKFLOW.has(name)) return [];
    const type = typeOf(input);
    const value = input.default ?? (type === 'boolean' ? 'false' : undefined);
    return [
      `${name}:`,
      `  description: ${scalar(input.description)}`,
      `  type: ${type}`,
      ...(value === undefined ? [] : [`  default: ${type === 'string' ? scalar(value) : value}`]),
    ];
  });
}

/** What a step of the workflow is given: each input that it has in common with the workflow, or a value of its own. */
function given(step: string, called: Manifest, workflow: Manifest): string[] {
  const own = OWN_VALUES[step] ?? {};
  return Object.keys(called.inputs).flatMap((name) => {
    const value = own[name];
    if (value !== undefined) return value === '' ? [] : [`${name}: ${value}`];
    if (!(name in workflow.inputs) || NOT_IN_WORKFLOW.has(name)) return [];
    return [`${name}: ${expression(`inputs.${name}`)}`];
  });
}

/** Replaces the lines between `# <NAME>` and `# </NAME>`, at the marks' indentation. */
function fill(text: string, name: string, lines: readonly string[]): string {
  const pattern = new RegExp(`^( *)# <${name}>\\n[\\s\\S]*?^ *# </${name}>$`, 'm');
  if (!pattern.test(text)) throw new Error(`${file} has no place for ${name}`);
  return text.replace(pattern, (_, indent: string) =>
    [`# <${name}>`, ...lines, `# </${name}>`].map((line) => indent + line).join('\n'),
  );
}

const whole = await manifest('action.yml');
const before = await readFile(join(root, file), 'utf8');
let after = fill(before, 'inputs', declarations(whole));
for (const step of Object.keys(OWN_VALUES))
  after = fill(after, step, given(step, await manifest(`${step}/action.yml`), whole));
if (before !== after) {
  if (process.argv.includes('--check')) {
    process.stderr.write(`The inputs in ${file} are not those of action.yml: run \`npm run docs\`.\n`);
    process.exitCode = 1;
  } else await writeFile(join(root, file), after);
}
