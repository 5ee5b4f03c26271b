import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { run, tryRun } from '../../src/local/parts/process.ts';

const example = join(import.meta.dirname, '..', '..', 'examples', 'fastapi');
const image = `fastapi-example:test-${process.pid}`;

describe("examples/fastapi's image", () => {
  const { docker, buildContexts } = inject('parts');
  const env = { ...process.env, ...docker.env };
  const call = (...args: string[]) => run(docker.program, args, { env });
  const build = (context: string) =>
    tryRun(
      docker.program,
      [
        ['buildx', 'build', '--load', '--provenance=false', '--progress=plain', `--tag=${image}`],
        buildContexts.map((line) => `--build-context=${line}`),
        [context],
      ].flat(),
      { env },
    );

  beforeAll(async () => {
    const { code, stderr } = await build(example);
    expect(code, stderr).toBe(0);
  });
  afterAll(() => tryRun(docker.program, ['image', 'rm', '--force', image], { env }));

  it('runs Python as another than root from the virtual environment, without uv, tests and what is for people', async () => {
    const script = `import json, os, shutil, sys
print(json.dumps({
  "user": os.getuid(),
  "prefix": sys.prefix,
  "uv": shutil.which("uv"),
  "files": sorted(os.listdir("/app")),
  "source": sorted(name for name in os.listdir("/app/src") if name.endswith(".py")),
  "writable": os.access("/app/src", os.W_OK),
}))`;
    const printed = await call('run', '--rm', '--read-only', '--network=none', image, 'python', '-c', script);
    expect(JSON.parse(printed)).toEqual({
      user: 65532,
      prefix: '/app/.venv',
      uv: null,
      files: ['.venv', 'src'],
      source: ['__init__.py', 'errors.py', 'json_route.py', 'main.py', 'todos.py'],
      writable: false,
    });
  });

  it('starts without compiling anything but its own source', async () => {
    const script = `import builtins, importlib._bootstrap_external as loader
compiled = []
original = loader.SourceLoader.source_to_code
def noted(self, data, path, *rest, **options):
    compiled.append(str(path))
    return original(self, data, path, *rest, **options)
loader.SourceLoader.source_to_code = noted
import src.main, uvicorn.main, uvicorn.lifespan.on, uvicorn.protocols.http.h11_impl
print("\\n".join(compiled))`;
    const printed = await call('run', '--rm', '--read-only', '--network=none', image, 'python', '-c', script);
    const compiled = printed.trim().split('\n').toSorted();
    const source = ['__init__', 'errors', 'json_route', 'main', 'todos'];
    expect(compiled).toEqual(source.map((name) => `/app/src/${name}.py`));
  });

  // Other builds in this Engine may drop a cache record between two builds.
  it('installs nothing anew when its source changes', { retry: 3 }, async () => {
    const context = await mkdtemp(join(tmpdir(), 'fastapi-'));
    try {
      await cp(example, context, { recursive: true });
      await appendFile(join(context, 'src', 'main.py'), `# ${Date.now()}\n`);
      const { code, stderr } = await build(context);
      expect(code, stderr).toBe(0);
      const steps = [...stderr.matchAll(/^#(\d+) \[.*\] ((?:RUN|COPY) .*)/gm)];
      const anew = steps.filter(([, number]) => !new RegExp(`^#${number} CACHED$`, 'm').test(stderr));
      expect(steps.length).toBeGreaterThan(6);
      // Its modes are set in one stage, and the image takes it from there.
      expect(anew.map(([, , step]) => step)).toEqual([
        expect.stringMatching(/^COPY .*src\/ /),
        expect.stringMatching(/^COPY --link --from=sources /),
      ]);
    } finally {
      await rm(context, { recursive: true });
    }
  });
});
