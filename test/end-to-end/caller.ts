import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { run } from '../../src/local/parts/process.ts';
import { OWN_REF, OWN_REPOSITORY } from '../support/runner/stage.ts';

/** A repository of somebody else, with a small image to build and the workflows of `examples/workflows/`. */
export interface CallerRepository {
  folder: string;
  /** One of its workflows, as text. */
  workflow(file: string): Promise<string>;
}

/** What of an example is somebody's own, and this caller's instead. */
export interface CallerSettings {
  /** Names the examples' ECR repository and functions anew, so that nothing of another test is met. */
  name: string;
  registryHost: string;
  role: string;
}

/** A called job, or one with steps. */
interface Job {
  uses?: string;
  with?: Record<string, unknown>;
  secrets?: Record<string, string>;
  steps?: { uses?: string; with?: Record<string, unknown> }[];
}

const OURS = /^OWNER\/deploy-lambda-container(\/|@)/;

/** Makes the repository, with one commit. */
export async function writeCaller(
  root: string,
  folder: string,
  settings: CallerSettings,
): Promise<CallerRepository> {
  await mkdir(join(folder, '.github'), { recursive: true });
  await cp(join(root, 'examples', 'workflows'), join(folder, '.github', 'workflows'), { recursive: true });
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY content /\nCMD ["/none"]\n');
  await writeFile(join(folder, 'content'), settings.name);
  await run('git', ['init', '--quiet', '--initial-branch', 'main'], { cwd: folder });
  await run('git', ['add', '--all'], { cwd: folder });
  const author = ['-c', 'user.name=octocat', '-c', 'user.email=octocat@users.noreply.github.com'];
  await run('git', [...author, 'commit', '--quiet', '--message', 'First'], { cwd: folder });
  return {
    folder,
    async workflow(file) {
      const text = await readFile(join(folder, '.github', 'workflows', file), 'utf8');
      return adapted(text, settings);
    },
  };
}

/** An example with the names of this caller, and stored keys in the place of a role. */
function adapted(text: string, { name, registryHost, role }: CallerSettings): string {
  const own = text
    .replaceAll(/123456789012\.dkr\.ecr\.[\w-]+\.amazonaws\.com/g, registryHost)
    .replaceAll('my-api', name);
  const workflow = parse(own) as { jobs: Record<string, Job> };
  for (const job of Object.values(workflow.jobs)) {
    for (const use of [job, ...(job.steps ?? [])]) {
      if (!use.uses || !OURS.test(use.uses)) continue;
      use.uses = use.uses.replace('OWNER/deploy-lambda-container', OWN_REPOSITORY);
      if (!use.with) continue;
      delete use.with['role-to-assume'];
      delete use.with['build-role-to-assume'];
      if (use.with['function-name'] && !/\/build@/.test(use.uses)) use.with['create-function'] = role;
    }
    if (job.uses)
      job.secrets = Object.fromEntries(
        ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((key) => [key, `\${{ secrets.${key} }}`]),
      );
  }
  if (!own.includes(`@${OWN_REF}`)) throw new Error(`calls nothing at ${OWN_REF}`);
  return stringify(workflow, { lineWidth: 0 });
}
