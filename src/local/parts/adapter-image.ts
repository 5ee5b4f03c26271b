import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { arch, homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { DeployError } from '../../errors.ts';
import { trustedCertificates } from './certificates.ts';
import { ENGINE_SUITE, hasApt } from './debian.ts';
import { debianRoot, importImage } from './debian-root.ts';
import { type ImageMaker, standInName } from './images.ts';
import type { DockerCommand } from './private-engine.ts';
import { lastLines, run, tryRun } from './process.ts';

export const ADAPTER_IMAGE = 'public.ecr.aws/awsguru/aws-lambda-adapter:1.0.0';

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

/** cargo's arguments; `out` gets `bin/lambda-adapter`. */
function cargoArguments(out: string): string[] {
  return ['install', ...CRATE, '--locked', '--target', rustTarget(), '--root', out];
}

/**
 * Makes the Lambda Web Adapter's image from its source, with this machine's cargo, else with Debian's in a
 * container. It takes minutes of a processor, at lowest priority.
 * @throws DeployError where neither works
 */
export const makeAdapterImage: ImageMaker = async (order) => {
  const out = join(order.draft, 'out');
  const problem = await buildWithCargo(order.draft, out, order.say);
  if (problem) await buildInContainer(order, out, problem);
  const root = join(order.draft, 'image');
  await mkdir(root);
  await copyFile(join(out, 'bin', PROGRAM), join(root, PROGRAM));
  await importImage(order.docker, order.name, root, join(order.draft, 'layer.tar'));
};

/** @returns why it did not work; empty where it did */
async function buildWithCargo(draft: string, out: string, say: (line: string) => void): Promise<string> {
  if (process.platform !== 'linux') return 'it can only be built on Linux';
  const env = { ...process.env, ...rustupHome() };
  for (const program of ['cargo', 'cc'])
    if ((await tryRun(program, ['--version'], { env })).code !== 0) return `this machine has no ${program}`;
  say(
    "Lambda Web Adapter: its image cannot be pulled here; building it with this machine's cargo (once, about 2 min) ...",
  );
  const cargoHome = join(draft, 'cargo');
  await mkdir(cargoHome, { recursive: true });
  const config = cargoConfig();
  if (config) await copyFile(config, join(cargoHome, 'config.toml'));
  const { code, stdout, stderr } = await tryRun('cargo', cargoArguments(out), {
    env: { ...env, ...SETTINGS, CARGO_HOME: cargoHome, CARGO_TARGET_DIR: join(draft, 'target') },
    cwd: draft,
    background: true,
  });
  return code === 0 ? '' : `cargo install failed: ${lastLines(stderr || stdout)}`;
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
async function buildInContainer(order: Order, out: string, problem: string): Promise<void> {
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
    await runCargo(docker, image, draft, out, env);
  } finally {
    await tryRun(docker.program, ['image', 'rm', '--force', image], { env });
  }
}

async function runCargo(
  docker: DockerCommand,
  image: string,
  draft: string,
  out: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  await mkdir(out, { recursive: true });
  const certificates = join(draft, 'certificates.pem');
  await writeFile(certificates, await trustedCertificates());
  const config = cargoConfig();
  const settings = {
    ...SETTINGS,
    CARGO_HOME: '/cargo',
    CARGO_HTTP_CAINFO: '/certificates.pem',
    CARGO_TARGET_DIR: '/target',
    // `cc` is made by Debian's alternatives, which unpacking alone does not run.
    CC: 'gcc',
    [`CARGO_TARGET_${arch() === 'arm64' ? 'AARCH64' : 'X86_64'}_UNKNOWN_LINUX_GNU_LINKER`]: 'gcc',
  };
  const args = [
    ['run', '--rm', '--cpu-shares', '64'],
    ['--volume', `${out}:/out`],
    ['--volume', `${certificates}:/certificates.pem:ro`],
    config ? ['--volume', `${config}:/cargo/config.toml:ro`] : [],
    Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    [image, 'cargo', ...cargoArguments('/out')],
  ].flat();
  await run(docker.program, args, { env, what: "Build the Lambda Web Adapter with Debian's Rust" });
}
