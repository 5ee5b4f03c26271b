import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { tryRun } from '../parts/process.ts';
import { ContainerInstance } from './container-instance.ts';
import type { RegistryAccess } from './registry.ts';
import {
  ImageProblem,
  type Instance,
  type Runtime,
  type RuntimeImage,
  type RuntimeSettings,
} from './runtime.ts';

export interface ContainerOptions {
  /** Docker's command line program and the environment that leads it to the Engine. */
  docker: { program: string; env: NodeJS.ProcessEnv };
  /** Path of `aws-lambda-rie`, a static program. */
  emulator: string;
  /** Where images are pulled from. */
  registry: RegistryAccess;
  /** A folder for the registry login; readable by its owner alone. */
  stateFolder: string;
}

/** All containers of the local AWS carry it; its value names the state folder they belong to. */
export const CONTAINER_LABEL = 'deploy-lambda-container.local-aws';

/** Where the emulator listens inside a container: not on 8080, which is the app's. */
const EMULATOR_PORT = 9000;
const RUNTIME_API_PORT = 9001;
const EMULATOR_PATH = '/usr/local/bin/aws-lambda-rie';

const inspected = z.tuple([
  z.object({
    Config: z.object({
      Entrypoint: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      WorkingDir: z.string().nullish(),
    }),
  }),
]);

/**
 * Runs images in containers under the real Runtime Interface Emulator, as closely to Lambda as a container allows:
 * a user without rights, a read-only file system but for 512 MB of /tmp, the function's memory.
 */
export function containerRuntime(options: ContainerOptions): Runtime {
  const docker = new Docker(options);
  return {
    prepare: (image) => docker.pull(image),
    start: (image, settings) => start(docker, options, image, settings),
  };
}

async function start(
  docker: Docker,
  options: ContainerOptions,
  image: RuntimeImage,
  settings: RuntimeSettings,
): Promise<Instance> {
  await docker.pull(image);
  const { Config: config } = inspected.parse(
    JSON.parse(await docker.run(['image', 'inspect', image.uri])),
  )[0];
  const launch = {
    entryPoint: settings.entryPoint ?? config.Entrypoint ?? [],
    // As in Docker itself, another entry point drops the image's own command.
    command: settings.command ?? (settings.entryPoint ? [] : (config.Cmd ?? [])),
    workingDirectory: settings.workingDirectory ?? config.WorkingDir ?? '/',
  };
  const environment = containerEnvironment(settings);
  // A file, because arguments can be read by every user of the machine.
  const envFile = join(docker.folder, `env-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const inFile = Object.entries(environment).filter(([, value]) => !value.includes('\n'));
  const inArguments = Object.entries(environment).filter(([, value]) => value.includes('\n'));
  await writeFile(envFile, inFile.map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 });
  try {
    const id = (
      await docker.run([
        'run',
        '--detach',
        '--pull=never',
        `--platform=linux/${image.architecture}`,
        `--label=${CONTAINER_LABEL}=${docker.label}`,
        `--label=${CONTAINER_LABEL}.function=${settings.functionName}`,
        `--mount=type=bind,source=${options.emulator},target=${EMULATOR_PATH},readonly`,
        `--entrypoint=${EMULATOR_PATH}`,
        '--read-only',
        '--tmpfs=/tmp:size=512m,mode=1777',
        `--memory=${settings.memoryMb}m`,
        '--cap-drop=ALL',
        '--security-opt=no-new-privileges',
        '--user=993:990',
        `--publish=127.0.0.1::${EMULATOR_PORT}`,
        `--env-file=${envFile}`,
        ...inArguments.map(([name, value]) => `--env=${name}=${value}`),
        ...(settings.workingDirectory ? [`--workdir=${settings.workingDirectory}`] : []),
        image.uri,
        `--runtime-interface-emulator-address=0.0.0.0:${EMULATOR_PORT}`,
        `--runtime-api-address=127.0.0.1:${RUNTIME_API_PORT}`,
        ...launch.entryPoint,
        ...launch.command,
      ])
    ).trim();
    const port = await publishedPort(docker, id);
    return new ContainerInstance({ docker, id, port, settings, launch });
  } finally {
    await rm(envFile, { force: true });
  }
}

async function publishedPort(docker: Docker, id: string): Promise<number> {
  try {
    const port = Number((await docker.run(['port', id, `${EMULATOR_PORT}/tcp`])).trim().split(':').pop());
    if (!Number.isInteger(port) || port === 0) throw new Error('no port is published');
    return port;
  } catch (error) {
    const log = await docker.run(['logs', id]).catch(() => '');
    await docker.run(['rm', '--force', '--volumes', id]).catch(() => '');
    throw new Error(`The container ended at once: ${log || String(error)}`, { cause: error });
  }
}

/** The variables that Lambda sets, and the function's own above them. */
function containerEnvironment(settings: RuntimeSettings): Record<string, string> {
  return {
    AWS_LAMBDA_FUNCTION_NAME: settings.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: settings.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMb),
    AWS_LAMBDA_FUNCTION_TIMEOUT: String(settings.timeoutSeconds),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${settings.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: settings.logStream,
    AWS_REGION: settings.region,
    AWS_DEFAULT_REGION: settings.region,
    TZ: ':UTC',
    ...settings.environment,
  };
}

/** Docker's command line with a login of its own, so that the user's stays as it is. */
export class Docker {
  /** Holds the login. */
  readonly folder: string;
  readonly label: string;
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #registry: RegistryAccess;
  readonly #stateFolder: string;
  #ready: Promise<void> | undefined;

  constructor({ docker, registry, stateFolder }: ContainerOptions) {
    this.folder = join(stateFolder, 'docker');
    this.label = createHash('sha256').update(stateFolder).digest('hex').slice(0, 12);
    this.program = docker.program;
    this.env = { ...docker.env, DOCKER_CONFIG: this.folder };
    this.#registry = registry;
    this.#stateFolder = stateFolder;
  }

  /** Standard output of a docker command. @throws Error with what it printed */
  async run(args: string[]): Promise<string> {
    await this.#prepare();
    const { code, stdout, stderr } = await tryRun(this.program, args, { env: this.env });
    if (code !== 0) throw new Error(`docker ${args[0]} failed: ${stderr.trim() || stdout.trim()}`);
    return stdout;
  }

  /** Pulls an image where the Engine does not have it yet. @throws ImageProblem */
  async pull(image: RuntimeImage): Promise<void> {
    if (await this.run(['image', 'inspect', '--format={{.Id}}', image.uri]).catch(() => undefined)) return;
    try {
      await this.run(['pull', '--quiet', `--platform=linux/${image.architecture}`, image.uri]);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (/denied|unauthorized|authentication|no basic auth/i.test(text))
        throw new ImageProblem(
          'ImageAccessDenied',
          `Lambda does not have permission to access the image: ${text}`,
        );
      if (/not found|manifest unknown/i.test(text))
        throw new ImageProblem('ImageDeleted', `The image ${image.uri} does not exist: ${text}`);
      throw new ImageProblem('InvalidImage', `The image ${image.uri} cannot be used: ${text}`);
    }
  }

  #prepare(): Promise<void> {
    this.#ready ??= this.#signIn();
    return this.#ready;
  }

  /** Writes the login, and removes what a killed process of the same state folder left running. */
  async #signIn(): Promise<void> {
    await mkdir(this.#stateFolder, { recursive: true, mode: 0o700 });
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const { host, user, password } = this.#registry;
    const auth = Buffer.from(`${user}:${password}`).toString('base64');
    const config = { auths: { [host]: { auth } } };
    await writeFile(join(this.folder, 'config.json'), JSON.stringify(config), { mode: 0o600 });
    const options = { env: this.env };
    const filter = `--filter=label=${CONTAINER_LABEL}=${this.label}`;
    const left = (await tryRun(this.program, ['ps', '--all', '--quiet', filter], options)).stdout.split('\n');
    const ids = left.filter((id) => id !== '');
    if (ids.length > 0) await tryRun(this.program, ['rm', '--force', '--volumes', ...ids], options);
  }
}
