import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ADAPTER_IMAGE, DISTROLESS_IMAGE, NODE_IMAGE } from '../../../src/local/parts/index.ts';
import type { App, AppState } from '../app.ts';
import { withImages, writeFiles } from '../app-files.ts';
import { dockerfile } from './dockerfiles.ts';
import { ADDED, COUNT, DIRECT, hasUpdate, makePackages, type PackageEntry, packageName } from './packages.ts';

const MODULES = 60;

/** An Express app of some age: made-up packages and modules, and this project's TypeScript. */
export const nodeApp: App = {
  registry: 'npm',
  images: [NODE_IMAGE, DISTROLESS_IMAGE, ADAPTER_IMAGE],
  settings: ['ENTRYPOINT ["docker-entrypoint.sh"]', 'CMD ["node"]'],
  styles: [
    ...['usual', 'recommended', 'example', 'unordered', 'unlinked', 'pruned', 'uncompiled', 'unmounted'],
  ] as const,
  // What the image itself starts: its modules add numbers and end.
  load: [],
  async prepare(root, folder) {
    const typescript = ['typescript', `@typescript/typescript-${process.platform}-${process.arch}`];
    const packages = await makePackages(
      folder,
      typescript.map((name) => join(root, 'node_modules', name)),
    );
    const example = await readFile(join(root, 'example-api', 'Dockerfile'), 'utf8');
    return {
      archives: packages.folder,
      async write(target, state, style, places) {
        await writeFiles(target, {
          ...sources(state.source),
          ...manifests(state, packages.entries, places.registry),
          Dockerfile: withImages(style === 'example' ? example : dockerfile(style, NODE_IMAGE), places),
          '.dockerignore': 'node_modules\ndist\ndocs\n.git\n*.md\n',
          'docs/notes.txt': `Notes ${state.ignored}\n`,
        });
      },
    };
  },
};

/** package.json and package-lock.json (version 3) of this state. */
export function manifests(
  state: AppState,
  entries: readonly PackageEntry[],
  npm: string,
): Record<'package.json' | 'package-lock.json', string> {
  const names = [
    ...Array.from({ length: COUNT }, (_, index) => packageName(index)),
    ...(state.added ? [ADDED] : []),
  ];
  const wanted = (name: string) => (state.updated && hasUpdate(name) ? '1.1.0' : '1.0.0');
  const packages: Record<string, object> = {};
  for (const name of names) {
    const entry = entries.find((one) => one.name === name && one.version === wanted(name));
    if (!entry) throw new Error(`no package ${name}@${wanted(name)}`);
    packages[`node_modules/${name}`] = lockEntry(entry, npm);
  }
  const development = entries.filter(({ name }) => name.includes('typescript'));
  // Its program is an optional dependency, one for each platform.
  const programs = development.filter(({ name }) => name.startsWith('@'));
  const optionalDependencies = Object.fromEntries(programs.map(({ name, version }) => [name, version]));
  for (const entry of development)
    packages[`node_modules/${entry.name}`] = {
      ...lockEntry(entry, npm),
      dev: true,
      ...(programs.includes(entry) ? { optional: true } : { bin: { tsc: 'bin/tsc' }, optionalDependencies }),
    };
  const root = {
    name: 'bench-app',
    version: '1.0.0',
    dependencies: Object.fromEntries(
      [...names.slice(0, DIRECT), ...(state.added ? [ADDED] : [])].map((name) => [name, '^1.0.0']),
    ),
    devDependencies: Object.fromEntries(
      development
        .filter(({ name }) => !name.startsWith('@'))
        .map(({ name, version }) => [name, `^${version}`]),
    ),
  };
  const manifest = { ...root, type: 'module', scripts: { build: 'tsc -p .' } };
  const lock = { ...root, lockfileVersion: 3, requires: true, packages: { '': root, ...packages } };
  return {
    'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
    'package-lock.json': `${JSON.stringify(lock, null, 2)}\n`,
  };
}

function lockEntry(entry: PackageEntry, npm: string): object {
  return {
    version: entry.version,
    resolved: `${npm}/${entry.name}/-/${entry.file}`,
    integrity: entry.integrity,
    ...(Object.keys(entry.dependencies).length > 0 && { dependencies: entry.dependencies }),
  };
}

/** Modules that import each other in a row; `change` decides what one of them holds. */
function sources(change: number): Record<string, string> {
  const compiler = {
    target: 'es2022',
    module: 'nodenext',
    outDir: 'dist',
    rootDir: 'src',
    strict: true,
    types: [],
  };
  const files: Record<string, string> = {
    // example-api has a second one for the build.
    'tsconfig.build.json': JSON.stringify({ extends: './tsconfig.json' }),
    'tsconfig.json': JSON.stringify({ compilerOptions: compiler, include: ['src'] }),
    'src/server.ts': `import { total0 } from './module0.js';\nexport const total: number = total0(1);\n`,
  };
  for (let index = 0; index < MODULES; index += 1) {
    const next = index + 1;
    const imported = next < MODULES ? `import { total${next} } from './module${next}.js';\n` : '';
    const call = next < MODULES ? `total${next}(value)` : 'value';
    const salt = createHash('sha256').update(`${index}`).digest('hex');
    const functions = Array.from(
      { length: 20 },
      (_, place) =>
        `function step${place}(value: number): number {\n  const label: string = '${salt.slice(place)}';\n  return value + label.length + ${index === 7 ? change : place};\n}\n`,
    ).join('\n');
    const steps = Array.from({ length: 20 }, (_, place) => `step${place}(value)`).join(' + ');
    files[`src/module${index}.ts`] =
      `${imported}\n${functions}\nexport function total${index}(value: number): number {\n  return ${steps} + ${call};\n}\n`;
  }
  return files;
}
