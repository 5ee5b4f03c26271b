import { type Manager, managers } from '../../docker/installers/facts.ts';
import { chainOf } from '../dockerfile.ts';
import { copyOf, neededStages, sourceOf, stepsOf } from '../image-facts.ts';
import type { Project } from '../project.ts';
import type { Hit } from '../rule.ts';
import { lineOf, type PlacedInstall, placedInstalls } from './placed-installs.ts';

/** Installations with development packages whose result is in the image. */
export function developmentInImage(project: Project): Hit[] {
  const { dockerfile, context, buildArgs } = project;
  const { final } = dockerfile;
  if (!final) return [];
  const ofImage = new Set(chainOf(final));
  // Stages from which the image takes the folder of packages itself, or all that lies beside it.
  for (const { instruction, variables } of stepsOf(final, dockerfile, buildArgs)) {
    const from =
      instruction.name === 'COPY' ? sourceOf(instruction, dockerfile.stages, variables)?.stage : undefined;
    const takesPackages = copyOf(instruction).sources.some((source) =>
      /(^|\/)(node_modules|\.venv|venv)\/?$/.test(source),
    );
    if (from && takesPackages) for (const stage of chainOf(from)) ofImage.add(stage);
  }
  return placedInstalls(project)
    .filter(
      ({ step, what, production, manager }) =>
        ofImage.has(step.stage) && what === 'project' && !production && hasDevelopment(manager, context),
    )
    .filter((install) => !isPruned(install, project))
    .map(({ step, manager }) => ({ line: lineOf(step), instead: withoutDevelopment[manager] ?? '' }));
}

const withoutDevelopment: Partial<Record<Manager, string>> = {
  npm: 'Write `npm ci --omit=dev` in the stage that the image takes node_modules from.',
  yarn: 'Write `yarn workspaces focus --production` (Yarn 1: `yarn install --production --frozen-lockfile`).',
  pnpm: 'Write `pnpm install --prod --frozen-lockfile`.',
  uv: 'Write `uv sync --locked --no-dev`.',
  poetry: 'Write `poetry install --only main`.',
};

function hasDevelopment(manager: Manager, context: Project['context']): boolean {
  if (managers[manager].manifests[0] === 'package.json')
    return /"devDependencies"\s*:\s*\{\s*"/.test(context.text('package.json') ?? '');
  return /^\[(dependency-groups|tool\.uv\.dev-dependencies|tool\.poetry\.(dev-dependencies|group\.[\w-]+\.dependencies))\]|^dev-dependencies\s*=/m.test(
    context.text('pyproject.toml') ?? '',
  );
}

/** A later `npm prune --production` and its likes take them out again. */
function isPruned({ step }: PlacedInstall, { dockerfile, buildArgs }: Project): boolean {
  return neededStages(dockerfile).some(
    (stage) =>
      chainOf(stage).includes(step.stage) &&
      stepsOf(stage, dockerfile, buildArgs).some(({ instruction }) =>
        instruction.commands.some(
          ([program = '', verb = '', ...words]) =>
            ['npm', 'pnpm', 'yarn'].includes(program) &&
            (verb === 'prune' ||
              (verb === 'workspaces' && words.includes('--production')) ||
              (verb === 'install' && words.includes('--production')) ||
              (program === 'pnpm' && [verb, ...words].includes('deploy'))),
        ),
      ),
  );
}
