import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ADAPTER_IMAGE_1_1, PYTHON_IMAGE, UV_IMAGE } from '../../../src/local/parts/index.ts';
import type { App } from '../app.ts';
import { withImages, writeFiles } from '../app-files.ts';
import { dockerfile } from './dockerfiles.ts';
import { getWheels } from './wheels.ts';

/** What a service with these dependencies imports when it starts, beside FastAPI. */
const IMPORTS = [
  ...['asyncpg', 'boto3', 'httpx', 'jinja2', 'jwt', 'orjson', 'pydantic_settings'],
  ...['redis.asyncio', 'sentry_sdk', 'sqlalchemy.ext.asyncio'],
];

/** The sources and the Dockerfile of examples/fastapi, with the dependencies of a service of usual size. */
export const fastapiApp: App = {
  registry: 'pypi',
  images: [PYTHON_IMAGE, UV_IMAGE, ADAPTER_IMAGE_1_1],
  settings: ['ENV LANG=C.UTF-8', 'CMD ["python3"]'],
  styles: ['usual', 'recommended', 'unordered', 'unlinked', 'single', 'uncompiled', 'unmounted'],
  load: [
    'python',
    '-c',
    'import src.main, uvicorn.main, uvicorn.lifespan.on, uvicorn.protocols.http.h11_impl',
  ],
  async prepare(root, folder, say) {
    const example = join(root, 'examples', 'fastapi');
    const text = (path: string) => readFile(join(example, path), 'utf8');
    const wheels = await getWheels(folder, say);
    const names = (await readdir(join(example, 'src'))).filter((name) => name.endsWith('.py'));
    const sources = Object.fromEntries(
      await Promise.all(names.map(async (name) => [`src/${name}`, await text(join('src', name))] as const)),
    );
    const [file, ignore] = [await text('Dockerfile'), await text('.dockerignore')];
    return {
      archives: wheels.folder,
      async write(target, state, style, places) {
        await writeFiles(target, {
          ...sources,
          'src/main.py': `${sources['src/main.py']}\nfrom . import clients\n\nCHANGE = ${state.source}\n`,
          'src/clients.py': `${IMPORTS.map((name) => `import ${name}`).join('\n')}\n`,
          ...wheels.manifests(state, places.registry),
          Dockerfile: withImages(dockerfile(style, file, IMPORTS), places),
          '.dockerignore': ignore,
          'notes.md': `Notes ${state.ignored}\n`,
        });
      },
    };
  },
};
