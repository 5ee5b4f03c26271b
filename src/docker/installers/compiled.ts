import type { Command } from '../shell-words.ts';
import type { Install } from './facts.ts';

/** `go mod download` and what downloads along the way. */
export function go(command: Command): Install | undefined {
  const [, verb, sub] = command;
  const isDownload = verb === 'mod' && sub === 'download';
  const isBuild = verb === 'build' || (verb === 'install' && !command.some((word) => word.includes('@')));
  const isTidy =
    (verb === 'mod' && sub === 'tidy') || (verb === 'get' && !command.some((word) => /@v\d/.test(word)));
  if (!isDownload && !isBuild && !isTidy) return undefined;
  return { manager: 'go', what: 'project', frozen: !isTidy, production: true, better: 'go mod download' };
}

/** Goals of Maven that download. */
export function maven(command: Command): Install | undefined {
  const goals = command
    .slice(1)
    .filter((word) => /^(package|verify|install|compile|dependency:.+|[\w.-]+:go-offline)$/.test(word));
  if (goals.length === 0) return undefined;
  return {
    manager: 'maven',
    what: 'project',
    frozen: true,
    production: true,
    better: 'mvn dependency:go-offline',
  };
}

/** Tasks of Gradle that download. */
export function gradle(command: Command): Install | undefined {
  const tasks = command
    .slice(1)
    .filter((word) =>
      /(^|:)(build|assemble|bootJar|jar|shadowJar|installDist|dependencies|classes|bootWar|war)$/.test(word),
    );
  if (tasks.length === 0) return undefined;
  return {
    manager: 'gradle',
    what: 'project',
    frozen: true,
    production: true,
    better: 'gradle dependencies',
  };
}
