import { constants, existsSync } from 'node:fs';
import { copyFile, lstat, mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../../../src/local/parts/process.ts';
import { ownUseProblem, usesIn } from './uses.ts';

/** A folder that the runner takes for `repository@ref`. */
export interface LocalRepository {
  /** `OWNER/REPO` */
  repository: string;
  ref: string;
  folder: string;
}

/** Under which name the staged copy of this project is called. */
export const OWN_REPOSITORY = 'octo-org/deploy-lambda-container';
export const OWN_REF = 'v1';

/**
 * Copies what GitHub would check out of a repository once everything in it is committed, and rewrites `uses: $/x`,
 * which act does not know, to `uses: OWNER/REPO/x@ref`.
 * @param sourceRoot a git work tree; what .gitignore names is left out
 * @param stageFolder made where missing
 * @throws Error that names file and line of a wrong `$/`, or a dangling symbolic link, both of which GitHub refuses
 */
export async function stageActions(
  sourceRoot: string,
  stageFolder: string,
  repository = OWN_REPOSITORY,
  ref = OWN_REF,
): Promise<LocalRepository> {
  const problems: string[] = [];
  for (const file of await repositoryFiles(sourceRoot)) {
    const [from, to] = [join(sourceRoot, file), join(stageFolder, file)];
    await mkdir(dirname(to), { recursive: true });
    if ((await lstat(from)).isSymbolicLink()) {
      if (!existsSync(from)) problems.push(`${file}: dangling symbolic link`);
      await symlink(await readlink(from), to);
    } else if (isActionsFile(file)) {
      const text = await readFile(from, 'utf8');
      problems.push(...ownUseProblems(text, sourceRoot).map((problem) => `${file}:${problem}`));
      await writeFile(to, rewriteOwnUses(closeGaps(text), repository, ref));
    } else {
      await copyFile(from, to, constants.COPYFILE_FICLONE);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return { repository, ref, folder: stageFolder };
}

/** Files that are tracked or would be with `git add --all`, without those deleted in the work tree. */
export async function repositoryFiles(root: string): Promise<string[]> {
  const listed = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  const files = [...new Set(listed.split('\0'))].filter(Boolean);
  const present = await Promise.all(
    files.map(async (file) => await lstat(join(root, file)).catch(() => undefined)),
  );
  return files.filter((_file, index) => present[index] && !present[index].isDirectory());
}

/** Whether GitHub reads this file as an action's manifest or as a workflow. */
export function isActionsFile(file: string): boolean {
  return /(^|\/)action\.ya?ml$/.test(file) || /^\.github\/workflows\/[^/]+\.ya?ml$/.test(file);
}

/** The wrong `uses: $/x` of a file, each as `LINE: problem`. */
export function ownUseProblems(text: string, root: string): string[] {
  return usesIn(text).flatMap(({ line, uses }) => {
    const problem = ownUseProblem(uses, root);
    return problem ? [`${line}: ${problem}`] : [];
  });
}

/**
 * Rewrites each single-line `uses: $/x`.
 * @throws Error where one is left, such as in flow style
 */
export function rewriteOwnUses(text: string, repository: string, ref: string): string {
  const rewritten = text
    .replaceAll(/^ +queue: max$/gm, '')
    .replace(
      /^(\s*(?:- )?uses:\s*)(["']?)\$\/([^\s"'#]*)\2/gm,
      (_all, before: string, quote: string, path: string) =>
        `${before}${quote}${repository}/${path}@${ref}${quote}`,
    );
  const left = usesIn(rewritten).find(({ uses }) => uses.startsWith('$/'));
  if (left) throw new Error(`line ${left.line}: write "uses: ${left.uses}" on a line of its own`);
  return rewritten;
}

/**
 * Writes around what act 0.2.89 does otherwise than GitHub: `queue` of a concurrency is unknown to it, and outputs of a
 * skipped job are not empty but their text, expressions and all.
 */
export function closeGaps(text: string): string {
  return text
    .replaceAll(/^ +queue: max$/gm, '')
    .replaceAll(
      /\bneeds\.(\w+)\.outputs\.([\w-]+)/g,
      "(needs.$1.result != 'skipped' && needs.$1.outputs.$2 || '')",
    );
}
