import type { Project } from '../project.ts';
import type { Hit } from '../rule.ts';
import { adapterFacts } from './adapter-facts.ts';

const rootVariables = ['API_ROOT_PATH', 'ROOT_PATH', 'UVICORN_ROOT_PATH', 'FASTAPI_ROOT_PATH', 'SCRIPT_NAME'];

/** Where what the app and the adapter are told of the stage's path does not agree, or is built in. */
export function rootPaths(project: Project): Hit[] {
  const facts = adapterFacts(project);
  if (!facts) return [];
  const at = facts.command.findIndex((word) => /^--root-path(=|$)/.test(word));
  const option =
    at < 0 ? undefined : (/^--root-path=(.*)$/.exec(facts.command[at] ?? '')?.[1] ?? facts.command[at + 1]);
  const line = facts.cmd?.line ?? facts.entrypoint?.line ?? 0;
  const variables = rootVariables.flatMap((name) => {
    const found = facts.environment.get(name);
    return found ? [{ name, ...found }] : [];
  });
  const roots = [
    ...variables,
    ...(option === undefined ? [] : [{ name: '--root-path', value: option, line }]),
  ].filter(({ value }) => value !== '' && value !== '/' && !value.includes('$'));
  const removed = facts.environment.get('AWS_LWA_REMOVE_BASE_PATH');
  const all = [
    ...roots,
    ...(removed && removed.value !== '' ? [{ name: 'AWS_LWA_REMOVE_BASE_PATH', ...removed }] : []),
  ];
  const malformed = all.filter(
    ({ value }) => !value.startsWith('/') || (value.length > 1 && value.endsWith('/')),
  );
  if (malformed.length > 0)
    return malformed.map(({ name, value, line }) => ({
      line,
      why: `\`${name}\` is ${JSON.stringify(value)}, and a stage is compared as \`/prod\`: requests end in 404 or 502.`,
      instead: 'Start it with a slash and end it without one.',
    }));
  const [root] = roots;
  if (!root) return [];
  if (removed && removed.value !== root.value)
    return [
      {
        line: removed.line,
        why: `The adapter takes \`${removed.value}\` off each path, and the app is told that it lies under \`${root.value}\`.`,
      },
    ];
  return [
    {
      line: root.line,
      level: 'notice',
      why: `\`${root.value}\` is built into the image, so that it answers rightly under this one stage only.`,
      instead: 'Set it in the environment of the function.',
    },
  ];
}
