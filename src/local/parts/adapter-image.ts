import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { arch, homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { DeployError } from '../../errors.ts';
import { trustedCertificates } from './certificates.ts';
import { ENGINE_SUITE, hasApt } from './debian.ts';
import { debianRoot, importImage } from './debian-root.ts';
import { type ImageMaker, standInName } from './images.ts';
import { madeOnce } from './once.ts';
import type { DockerCommand } from './private-engine.ts';
import { lastLines, run, tryRun } from './process.ts';

export const ADAPTER_IMAGE = 'public.ecr.aws/awsguru/aws-lambda-adapter:1.0.0';
/** The newest one; both have the same stand-in. */
export const ADAPTER_IMAGE_1_1 = 'public.ecr.aws/awsguru/aws-lambda-adapter:1.1.0';

/** The only version on the Rust registry; the adapter's 1.0 line. */
const CRATE = ['lambda_web_adapter', '--version', '1.0.0-rc1'];
/** What the stand-in is made of. */
export const ADAPTER_RECIPE = `1 ${CRATE.join(' ')}`;
const PROGRAM = 'lambda-adapter';

/** The same build everywhere: one static program of the machine's C library, so that any image can hold it. */
const SETTINGS = {
  RUSTFLAGS: '-C target-feature=+crt-static',
  // A third of the time of the release profile, and it only has to pass requests on.
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
  CARGO_PROFILE_RELEASE_OPT_LEVEL: '1',
  CARGO_PROFILE_RELEASE_STRIP: 'true',
};

/** Named, since crt-static then spares the build scripts and macros, which cannot be static. */
function rustTarget(): string {
  return `${arch() === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-gnu`;
}

/** cargo's arguments; `root` gets `bin/lambda-adapter`. */
function cargoArguments(root: string): string[] {
  return ['install', ...CRATE, '--locked', '--target', rustTarget(), '--root', root];
}

/**
 * Makes the Lambda Web Adapter's image from its source, with this machine's cargo, else with Debian's in a
 * container. It takes minutes of a processor, at lowest priority.
 * @throws DeployError where neither works
 */
export const makeAdapterImage: ImageMaker = async (order) => {
  const program = await adapterProgram(order);
  const root = join(order.draft, 'image');
  await mkdir(root);
  await copyFile(program, join(root, PROGRAM));
  await importImage(order.docker, order.name, root, join(order.draft, 'layer.tar'));
};

/** Builds in progress, by folder: the images of several versions are made at the same time out of one program. */
const building = new Map<string, Promise<string>>();

/** The adapter's program, built once a folder. */
async function adapterProgram(order: Order): Promise<string> {
  const target = join(resolve(order.folder), 'adapter');
  const build =
    building.get(target) ??
    madeOnce(target, ADAPTER_RECIPE, async (draft) => {
      const work = join(draft, 'work');
      await mkdir(work);
      const program = join(draft, PROGRAM);
      const problem = await buildWithCargo(work, program, order.say);
      if (problem) await buildInContainer({ ...order, draft: work }, program, problem);
      await rm(work, { recursive: true });
    }).finally(() => building.delete(target));
  building.set(target, build);
  return join(await build, PROGRAM);
}

/** @returns why it did not work; empty where it did */
async function buildWithCargo(draft: string, program: string, say: (line: string) => void): Promise<string> {
  if (process.platform !== 'linux') return 'it can only be built on Linux';
  const env = { ...process.env, ...rustupHome() };
  for (const tool of ['cargo', 'cc'])
    if ((await tryRun(tool, ['--version'], { env })).code !== 0) return `this machine has no ${tool}`;
  say(
    "Lambda Web Adapter: its image cannot be pulled here; building it with this machine's cargo (once, about 2 min) ...",
  );
  const cargoHome = join(draft, 'cargo');
  await mkdir(cargoHome, { recursive: true });
  const config = cargoConfig();
  if (config) await copyFile(config, join(cargoHome, 'config.toml'));
  const { code, stdout, stderr } = await tryRun('cargo', cargoArguments(join(draft, 'out')), {
    env: { ...env, ...SETTINGS, CARGO_HOME: cargoHome, CARGO_TARGET_DIR: join(draft, 'target') },
    cwd: draft,
    background: true,
  });
  if (code !== 0) return `cargo install failed: ${lastLines(stderr || stdout)}`;
  await rename(join(draft, 'out', 'bin', PROGRAM), program);
  return '';
}

/** Where rustup keeps its toolchains, found also where HOME is not the user's own. */
function rustupHome(): { RUSTUP_HOME?: string } {
  const home = join(userInfo().homedir, '.rustup');
  return process.env.RUSTUP_HOME === undefined && existsSync(home) ? { RUSTUP_HOME: home } : {};
}

/** The user's settings for cargo, such as another registry. */
function cargoConfig(): string | undefined {
  const home = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
  return [join(home, 'config.toml'), join(home, 'config')].find((path) => existsSync(path));
}

type Order = Parameters<ImageMaker>[0];

/** For machines with no usable Rust: Debian's, in an image that is gone afterwards. */
async function buildInContainer(order: Order, program: string, problem: string): Promise<void> {
  const { docker, draft, folder, say } = order;
  if (!hasApt())
    throw new DeployError(
      `The image ${ADAPTER_IMAGE} can neither be pulled nor built here: ${problem}.`,
      'Let this machine reach public.ecr.aws, or install Rust (https://rustup.rs) and a C compiler, and run this again.',
    );
  say(`Lambda Web Adapter: ${problem}; building it with Debian's in a container (once, about 4 min) ...`);
  const root = join(draft, 'rust');
  await debianRoot(root, ENGINE_SUITE, ['cargo', 'rustc', 'gcc', 'libc6-dev'], folder);
  const image = standInName('rust-for-the-adapter:1', false);
  await importImage(docker, image, root, join(draft, 'rust.tar'));
  const env = { ...process.env, ...docker.env };
  try {
    await runCargo(docker, image, draft, program, env);
  } finally {
    await tryRun(docker.program, ['image', 'rm', '--force', image], { env });
  }
}

/** Files go in and out by copies, not volumes: these would come back as root's, and only from this machine. */
async function runCargo(
  docker: DockerCommand,
  image: string,
  draft: string,
  program: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const call = (args: string[]) =>
    run(docker.program, args, { env, what: "Build the Lambda Web Adapter with Debian's Rust" });
  const certificates = join(draft, 'certificates.pem');
  await writeFile(certificates, await trustedCertificates());
  const config = cargoConfig();
  const settings = { ...SETTINGS, CARGO_HOME: '/root', CARGO_HTTP_CAINFO: '/root/certificates.pem' };
  const args = [
    ['create', '--cpu-shares', '64'],
    Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    [image, 'cargo', ...cargoArguments('/root/out')],
  ].flat();
  const container = (await call(args)).trim();
  try {
    await call(['cp', certificates, `${container}:/root/certificates.pem`]);
    if (config) await call(['cp', config, `${container}:/root/config.toml`]);
    await call(['start', '--attach', container]);
    await call(['cp', `${container}:/root/out/bin/${PROGRAM}`, program]);
  } finally {
    await tryRun(docker.program, ['rm', '--force', container], { env });
  }
}
