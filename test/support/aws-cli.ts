import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { run, tryRun } from '../../src/local/parts/process.ts';
import { pip, python } from '../../src/local/parts/python.ts';

/** Calls the AWS CLI and returns the JSON that it prints; {} where it prints nothing. */
export type AwsCli = (...args: string[]) => Promise<Record<string, unknown>>;

/**
 * The real AWS CLI against an endpoint: the machine's own, else version 1 from PyPI.
 * @param folder where it is installed to, once
 */
export async function awsCli(endpoint: string, folder: string): Promise<AwsCli> {
  const { program, first, env } = await findCli(folder);
  return async (...args) => {
    const out = await run(program, [...first, ...args, '--output=json'], {
      env: {
        ...env,
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: 'us-east-1',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_PAGER: '',
      },
      timeout: 60_000,
    });
    return out.trim() === '' ? {} : (JSON.parse(out) as Record<string, unknown>);
  };
}

async function findCli(
  folder: string,
): Promise<{ program: string; first: string[]; env: NodeJS.ProcessEnv }> {
  if ((await tryRun('aws', ['--version'])).code === 0) return { program: 'aws', first: [], env: process.env };
  const target = join(folder, 'aws-cli');
  const say = () => undefined;
  const installed = await access(join(target, 'awscli')).then(
    () => true,
    () => false,
  );
  if (!installed) await pip(['install', '--target', target, 'awscli'], folder, say);
  const { program, env } = await python(folder, say);
  return { program, first: ['-m', 'awscli'], env: { ...env, PYTHONPATH: target } };
}
