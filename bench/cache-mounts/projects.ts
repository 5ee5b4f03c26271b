import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianRoot, importImage } from '../../src/local/parts/debian-root.ts';
import type { Parts } from '../../src/local/parts/index.ts';
import { run, tryRun } from '../../src/local/parts/process.ts';

/** A project whose dependencies are installed with a cache mount; its registry is at `$INDEX`. */
export interface Project {
  name: string;
  dockerfile: string;
  /** The files that decide what is installed: before a change of one dependency and after it. */
  before: Record<string, string>;
  after: Record<string, string>;
}

const PYTHON = 'bench-python-compiler:1';

/** No versions: a mirror need not have all of them, and both builds of a measurement get the same. */
const requirements = (...names: string[]): Record<string, string> => ({
  'requirements.txt': ['fastapi', 'uvicorn', 'boto3', 'httpx', ...names, ''].join('\n'),
});

/** The projects: npm, uv, and pip with packages that it has to compile. */
export async function projects(): Promise<Project[]> {
  const [before, after] = await Promise.all([lockfile({}), lockfile({ ms: '*' })]);
  return [
    {
      name: 'npm',
      dockerfile: `FROM node:24-bookworm-slim
ARG INDEX
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --registry=$INDEX/ --replace-registry-host=always --prefer-offline --no-audit --no-fund --ignore-scripts
`,
      before,
      after,
    },
    {
      name: 'uv',
      dockerfile: `FROM ${PYTHON} AS tools
ARG INDEX
RUN pip install --index-url $INDEX/simple/ --target /uv uv
FROM ${PYTHON}
ARG INDEX
COPY --from=tools /uv/bin/uv /usr/local/bin/uv
COPY requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/uv uv pip install --index-url $INDEX/simple/ --link-mode copy --target /deps -r requirements.txt
`,
      before: requirements('pandas'),
      after: requirements('pandas', 'tabulate'),
    },
    {
      name: 'pip, compiled',
      dockerfile: `FROM ${PYTHON}
ARG INDEX
# Debian's pip 23.0 does not keep what it compiled under --no-binary.
RUN pip install --index-url $INDEX/simple/ --break-system-packages --upgrade pip
COPY requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/pip pip install --index-url $INDEX/simple/ --no-binary regex,msgpack --target /deps -r requirements.txt
`,
      before: requirements('regex', 'msgpack'),
      after: requirements('regex', 'msgpack', 'tabulate'),
    },
  ];
}

async function lockfile(more: Record<string, string>): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-lock-'));
  const dependencies = {
    '@aws-sdk/client-dynamodb': '^3',
    '@aws-sdk/client-s3': '^3',
    express: '*',
    typescript: '*',
    vite: '*',
    ...more,
  };
  try {
    const manifest = JSON.stringify({ name: 'bench', version: '1.0.0', dependencies }, null, 2);
    await writeFile(join(folder, 'package.json'), manifest);
    await run('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], { cwd: folder });
    return {
      'package.json': manifest,
      'package-lock.json': await readFile(join(folder, 'package-lock.json'), 'utf8'),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Debian's Python with pip and a compiler, as an image in the Engine; made once. */
export async function ensurePythonImage({ docker }: Parts, folder: string): Promise<void> {
  const env = { ...process.env, ...docker.env };
  if ((await tryRun(docker.program, ['image', 'inspect', PYTHON], { env })).code === 0) return;
  const draft = await mkdtemp(join(tmpdir(), 'bench-python-'));
  try {
    const root = join(draft, 'root');
    const packages = ['python3', 'python3-pip', 'python3-dev', 'gcc', 'libc6-dev'];
    await debianRoot(root, 'bookworm', packages, folder);
    await importImage(docker, PYTHON, root, join(draft, 'layer.tar'), [
      'ENV PATH=/usr/local/bin:/usr/bin:/bin',
    ]);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
