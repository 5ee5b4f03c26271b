import type { Instruction } from '../dockerfile.ts';
import { type ImageFacts, imageFacts } from '../image-facts.ts';
import type { Project } from '../project.ts';
import type { Hit, Rule } from '../rule.ts';

/** Rules about how the app is started. */
export const startRules: Rule[] = [
  {
    id: 'cmd-missing',
    level: 'error',
    why: 'The image says not what to start: its base image starts an interpreter or a shell, which ends at once on Lambda.',
    instead: 'Write a CMD in JSON form, such as `CMD ["node", "dist/server.js"]`.',
    find({ dockerfile, buildArgs }) {
      const facts = imageFacts(dockerfile, buildArgs);
      if (!facts || facts.cmd || facts.entrypoint || !dockerfile.final) return [];
      // Other images may well bring a command of their own that is meant.
      const isBare =
        /^(docker\.io\/)?(library\/)?(node|python|golang|debian|ubuntu|alpine|eclipse-temurin|amazoncorretto|scratch)(:|@|$)|^gcr\.io\/distroless\/(static|base|cc)/.test(
          facts.base,
        );
      return isBare ? [{ line: dockerfile.final.line }] : [];
    },
  },
  {
    id: 'cmd-shell-form',
    level: 'warning',
    why: 'In shell form a shell stands before the app, and the signal by which Lambda announces the end never reaches it.',
    instead: 'Write the JSON form, such as `CMD ["node", "dist/server.js"]`, or start with `exec`.',
    find(project) {
      const facts = imageFacts(project.dockerfile, project.buildArgs);
      const started = facts?.entrypoint ?? facts?.cmd;
      return started && !started.isJson && !isExec(started)
        ? [
            {
              line: started.line,
              why: `In shell form a shell stands before the app of this ${started.name}, and the signal by which Lambda announces the end never reaches it.`,
            },
          ]
        : [];
    },
  },
  {
    id: 'development-server',
    level: 'warning',
    why: 'A server for development reloads on changes and is slow to start: each cold start pays for it, and on a read-only file system it may not start at all.',
    instead: 'Start the server that is meant for production.',
    find: (project) => started(project, (facts) => isDevelopment(facts.command)),
  },
  {
    id: 'starts-through-uv',
    level: 'warning',
    why: '`uv run` opens its cache and may install before the app starts: on the read-only file system of Lambda that fails, elsewhere it costs time at each cold start.',
    instead:
      'Put the virtual environment on PATH (`ENV PATH="/app/.venv/bin:$PATH"`) and start the program itself.',
    find: (project) =>
      started(project, ({ command, environment }) => {
        const isUv = command[0] === 'uv' && command[1] === 'run';
        const hasCache =
          environment.get('UV_CACHE_DIR')?.value.startsWith('/tmp') ||
          environment.has('UV_NO_CACHE') ||
          command.includes('--no-cache');
        return isUv && !(hasCache && (command.includes('--no-sync') || environment.has('UV_NO_SYNC')));
      }),
  },
  {
    id: 'starts-through-package-manager',
    level: 'notice',
    why: 'A package manager stands before the app: each cold start starts two programs, and signals may get lost between them.',
    instead: 'Start the program itself, such as `CMD ["node", "dist/server.js"]`.',
    find: (project) =>
      started(
        project,
        ({ command }) =>
          /^(npm|npx|yarn|pnpm|poetry|pipenv)$/.test(command[0] ?? '') && !isDevelopment(command),
      ),
  },
  {
    id: 'files-under-tmp',
    level: 'error',
    why: 'On Lambda /tmp is an empty folder of its own: what the image has there is not to be seen, and the app does not start.',
    instead: 'Keep the app in /app or /var/task.',
    find(project) {
      const facts = imageFacts(project.dockerfile, project.buildArgs);
      if (!facts) return [];
      const inTmp = (path: string): boolean => /^\/tmp(\/|$)/.test(path);
      const program = facts.command.slice(0, 2).find((word) => inTmp(word));
      const isRelative = facts.command
        .slice(0, 2)
        .some((word) => /^[\w.][\w./-]*\.(m?js|cjs|py|jar|ts)$/.test(word) || word.startsWith('./'));
      const line = facts.cmd?.line ?? facts.entrypoint?.line ?? 0;
      return program !== undefined || (inTmp(facts.workdir) && isRelative) ? [{ line }] : [];
    },
  },
];

function started({ dockerfile, buildArgs }: Project, applies: (facts: ImageFacts) => boolean): Hit[] {
  const facts = imageFacts(dockerfile, buildArgs);
  const line = facts?.cmd?.line ?? facts?.entrypoint?.line;
  return facts && line !== undefined && facts.command.length > 0 && applies(facts) ? [{ line }] : [];
}

/** `exec` hands the process over; a shell that ends with it is gone. */
function isExec({ commands }: Instruction): boolean {
  return commands.at(-1)?.[0] === 'exec';
}

function isDevelopment(command: readonly string[]): boolean {
  const text = ` ${command.join(' ')} `;
  return /\suvicorn\s.*\s--reload\s|\sfastapi\s+dev\s|\sflask\s.*run\s|\snodemon\s|\s(next|nuxt|astro|remix)\s+dev\s|\snode\s+.*--watch|\s(npm|pnpm|yarn)\s+(run\s+)?dev\s|\stsx\s+watch\s|\sts-node-dev\s|\smanage\.py\s+runserver\s/.test(
    text,
  );
}
