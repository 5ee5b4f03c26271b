import { oneLine } from '../../github/foreign-text.ts';
import type { Finding } from '../../record.ts';
import type { FileSystem } from './file-system.ts';
import type { LayerReport } from './layer.ts';

/** Smaller than this is not worth a word. */
const NOTABLE = 1_000_000;
const LARGE_IMAGE = 500_000_000;

/** Content that serves nothing in an image that runs. */
const USELESS: readonly { rule: string; pattern: RegExp; what: string; instead: string }[] = [
  {
    rule: 'package-cache',
    pattern:
      /^(root|home\/[^/]+)\/(\.npm\/_cacache|\.cache\/(pip|uv|yarn|pnpm|pypoetry|go-build|node-gyp)|\.local\/share\/pnpm\/store|\.m2\/repository|\.gradle\/caches|\.cargo\/registry)\/|^var\/(cache\/(apt|apk|yum|dnf)|lib\/apt\/lists)\/|^go\/pkg\/mod\/cache\//,
    what: "package managers' caches",
    instead:
      'Give the RUN that installs `--mount=type=cache,target=...`, which keeps the cache out of the image.',
  },
  {
    rule: 'dev-dependencies',
    pattern:
      /^(?!usr\/).*?node_modules\/(typescript|eslint|prettier|jest|vitest|mocha|webpack|nodemon|ts-node|tsx|esbuild|@types|@babel\/core|@typescript-eslint|playwright-core|cypress)\/|(site|dist)-packages\/(pytest|_pytest|mypy|ruff|black|pylint|flake8|isort|coverage)\//,
    what: 'development dependencies',
    instead:
      'Install for production in the last stage (`npm ci --omit=dev`, `uv sync --no-dev`, `poetry install --only main`).',
  },
  {
    rule: 'git-folder',
    pattern: /(^|\/)\.git\/(objects|refs|HEAD)/,
    what: 'a Git repository with its history',
    instead: 'Put `.git` into .dockerignore.',
  },
];

/** What makes an image larger than it need be, by bytes of what is still there in the end. */
export function contentFindings(
  layers: readonly LayerReport[],
  files: FileSystem,
  instructions: readonly string[],
): Finding[] {
  const findings: Finding[] = [];
  for (const { rule, pattern, what, instead } of USELESS) {
    const sum = { bytes: 0, first: '', instruction: '' };
    for (const [index, layer] of layers.entries())
      for (const [path, entry] of layer.entries) {
        if (entry.type !== 'file' || !pattern.test(path) || !files.survives(index, path)) continue;
        if (sum.first === '') Object.assign(sum, { first: path, instruction: instructions[index] ?? '' });
        sum.bytes += entry.size;
      }
    if (sum.bytes > NOTABLE || (rule === 'git-folder' && sum.first !== ''))
      findings.push(
        warning(
          rule,
          `The image holds ${what}: ${megabytes(sum.bytes)} (first /${oneLine(sum.first)}${from(sum.instruction)}).`,
          instead,
        ),
      );
  }
  return [...findings, ...writable(layers, files), ...large(layers)];
}

/** ` from COPY . .`; instructions are cut short. */
export function from(instruction: string): string {
  return instruction === '' ? '' : `, from ${oneLine(instruction.slice(0, 100))}`;
}

function writable(layers: readonly LayerReport[], files: FileSystem): Finding[] {
  const found: string[] = [];
  for (const [index, layer] of layers.entries())
    for (const [path, { type, mode }] of layer.entries)
      if (
        type === 'file' &&
        mode & 0o002 &&
        !/^(tmp|var\/tmp|dev|proc|sys|run)\//.test(path) &&
        files.survives(index, path)
      )
        found.push(path);
  if (found.length === 0) return [];
  return [
    warning(
      'world-writable',
      `${found.length === 1 ? 'A file' : `${found.length} files`} may be changed by every user (first /${oneLine(found[0] ?? '')}).`,
      'Copy with `--chmod=644`, or 755 for programs and folders.',
    ),
  ];
}

function large(layers: readonly LayerReport[]): Finding[] {
  const bytes = layers.reduce((sum, layer) => sum + layer.bytes, 0);
  if (bytes < LARGE_IMAGE) return [];
  const folders = new Map<string, number>();
  for (const layer of layers)
    for (const [folder, size] of layer.folders) folders.set(folder, (folders.get(folder) ?? 0) + size);
  const top = [...folders].sort((a, b) => b[1] - a[1]).slice(0, 3);
  return [
    {
      ...warning(
        'image-large',
        `The image takes ${megabytes(bytes)} unpacked, most of it in ${top.map(([folder, size]) => `/${folder} (${megabytes(size)})`).join(', ')}.`,
        'Copy only what runs into the last stage, from a slim base image: Lambda reads the image at a cold start.',
      ),
      level: 'notice',
    },
  ];
}

function warning(rule: string, why: string, instead: string): Finding {
  return { rule, level: 'warning', file: '', line: 0, why, instead };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
