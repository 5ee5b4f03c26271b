import { join } from 'node:path';
import { goCommand } from '../../../src/local/parts/index.ts';
import { madeOnce } from '../../../src/local/parts/once.ts';
import { run } from '../../../src/local/parts/process.ts';
import { pip } from '../../../src/local/parts/python.ts';

/** The ignored folder with everything that is not in a package-lock.json. */
const LOCAL = join(import.meta.dirname, '..', '..', '..', '.local');

/**
 * nektos/act, an open runner of GitHub Actions workflows; installed at the first call (about 30 s).
 * @returns the path of the program
 * @throws DeployError where there is no Go, or the Go module proxy cannot be reached
 */
export async function actProgram(): Promise<string> {
  return await goTool('act', 'github.com/nektos/act', 'v0.2.89');
}

/**
 * rhysd/actionlint, a linter of workflow files; installed at the first call.
 * @returns the path of the program
 * @throws DeployError as `actProgram`
 */
export async function actionlintProgram(): Promise<string> {
  return await goTool('actionlint', 'github.com/rhysd/actionlint/cmd/actionlint', 'v1.7.12');
}

/**
 * zizmor, an auditor of workflows' security; installed from PyPI at the first call.
 * @returns the path of the program
 * @throws DeployError where there is no Python, or PyPI cannot be reached
 */
export async function zizmorProgram(): Promise<string> {
  const target = join(LOCAL, 'tools', 'zizmor');
  const version = 'zizmor==1.32.0';
  await madeOnce(target, version, async (draft) => {
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    say(`zizmor: pip install ${version} (once) ...`);
    // Its wheel holds one program and no Python.
    await pip(['install', '--no-deps', '--target', draft, version], LOCAL, say);
  });
  return join(target, 'bin', 'zizmor');
}

async function goTool(name: string, module: string, version: string): Promise<string> {
  const target = join(LOCAL, 'tools', name);
  const source = `${module}@${version}`;
  await madeOnce(target, source, async (draft) => {
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    say(`${name}: go install ${source} (once) ...`);
    const go = await goCommand(LOCAL, say);
    await run(go.program, ['install', source], {
      env: { ...go.env, GOBIN: draft },
      what: `Install ${name} from the Go module proxy`,
      hint: 'Check that this machine reaches the Go module proxy (go env GOPROXY).',
    });
  });
  return join(target, name);
}
