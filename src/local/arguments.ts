import { parseArgs } from 'node:util';
import { DeployError } from '../errors.ts';

/** What `npm run local` was asked to do. */
export type LocalCommand =
  | {
      name: 'deploy';
      context: string;
      functionName: string;
      build: Record<string, string>;
      deploy: Record<string, string>;
      memoryMb: number;
      environment: Record<string, string>;
    }
  | {
      name: 'doctor';
      context: string;
      /** '' means `Dockerfile` in the context. */
      file: string;
      target: string;
      buildArgs: Record<string, string>;
    }
  | { name: 'logs'; functionName: string }
  | { name: 'invoke'; functionName: string; path: string }
  | { name: 'down' }
  | { name: 'help' };

/** The text of `--help`. */
export const usage = `npm run local                        build example-api, deploy it on this machine, check it, print its URL
npm run local -- OPTIONS             the same for another Dockerfile
npm run local -- doctor               say what in the Dockerfile and its context will hurt on Lambda
npm run local -- invoke PATH         ask the function's URL for PATH
npm run local -- logs                show what the function printed
npm run local -- down                stop what was started here (data is kept)

  --context DIR        build context (default: example-api)
  --function NAME      function name (default: the context folder's name)
  --file FILE          Dockerfile (default: Dockerfile in the context)
  --target STAGE       stage to build
  --build-arg N=V      build argument; repeat for more
  --env N=V            environment variable of the function; repeat for more
  --memory MB          memory of the function (default: 512)
  --smoke-path PATH    path that is checked (default: /health)
  --smoke-status CODE  status that it must answer (default: 200)
  --smoke-body TEXT    text or /regular expression/ that it must answer
  --rebuild            build even where nothing changed

On a terminal buildx draws its own progress; BUILDKIT_PROGRESS=plain in the environment gives plain lines.`;

/**
 * Reads the command line.
 * @param args what follows `npm run local --`
 * @throws DeployError naming an unknown command, option or a value that is not allowed
 */
export function readArguments(args: string[]): LocalCommand {
  const { values, positionals } = parse(args);
  const [command = 'deploy', ...rest] = positionals;
  if (values.help || command === 'help') return { name: 'help' };
  const context = values.context ?? 'example-api';
  if (command === 'doctor' && rest.length === 0) return doctorCommand(context, values);
  const functionName = values.function ?? nameFromContext(context);
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(functionName))
    throw new DeployError(
      `--function is ${JSON.stringify(functionName)}; allowed: a small letter or digit, then up to 62 small letters, digits, \`-\` or \`_\` (it names the ECR repository too).`,
    );
  const extra = command === 'invoke' ? rest.slice(1) : rest;
  if (extra.length > 0)
    throw new DeployError(`Too many words: ${extra.join(' ')}.`, 'See `npm run local -- --help`.');
  switch (command) {
    case 'deploy':
      return {
        name: 'deploy',
        context,
        functionName,
        memoryMb: memory(values.memory ?? '512'),
        environment: pairs('--env', values.env ?? []),
        build: given({
          file: values.file,
          target: values.target,
          'build-args': Object.entries(pairs('--build-arg', values['build-arg'] ?? []))
            .map(([name, value]) => quoted(`${name}=${value}`))
            .join('\n'),
          rebuild: values.rebuild ? 'always' : undefined,
        }),
        deploy: given({
          'smoke-path': values['smoke-path'],
          'smoke-status': values['smoke-status'],
          'smoke-body': values['smoke-body'],
        }),
      };
    case 'logs':
      return { name: 'logs', functionName };
    case 'invoke': {
      const path = rest[0] ?? '/';
      if (!path.startsWith('/'))
        throw new DeployError(
          `invoke: ${JSON.stringify(path)} is not a path; allowed: one that starts with \`/\`.`,
        );
      return { name: 'invoke', functionName, path };
    }
    case 'down':
      return { name: 'down' };
    default:
      throw new DeployError(
        `Unknown command ${JSON.stringify(command)}; allowed: invoke PATH, logs, doctor, down, or none to deploy.`,
      );
  }
}

function doctorCommand(
  context: string,
  values: { file?: string | undefined; target?: string | undefined; 'build-arg'?: string[] | undefined },
): LocalCommand {
  const { file = '', target = '', 'build-arg': buildArgs = [] } = values;
  return { name: 'doctor', context, file, target, buildArgs: pairs('--build-arg', buildArgs) };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        context: { type: 'string' },
        function: { type: 'string' },
        file: { type: 'string' },
        target: { type: 'string' },
        'build-arg': { type: 'string', multiple: true },
        env: { type: 'string', multiple: true },
        memory: { type: 'string' },
        'smoke-path': { type: 'string' },
        'smoke-status': { type: 'string' },
        'smoke-body': { type: 'string' },
        rebuild: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DeployError(reason.endsWith('.') ? reason : `${reason}.`, 'See `npm run local -- --help`.', {
      cause,
    });
  }
}

function nameFromContext(context: string): string {
  const folder = context.replace(/\/+$/, '').split('/').pop() ?? '';
  return (
    folder
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, '-')
      .replace(/^[-_]+/, '') || 'app'
  );
}

function memory(value: string): number {
  const mb = Number(value);
  if (!Number.isInteger(mb) || mb < 128 || mb > 10_240)
    throw new DeployError(`--memory is ${JSON.stringify(value)}; allowed: 128 to 10240 (MB).`);
  return mb;
}

function pairs(option: string, entries: string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const equals = entry.indexOf('=');
      if (equals < 1) throw new DeployError(`${option} is ${JSON.stringify(entry)}; allowed: NAME=VALUE.`);
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}

/** One entry of a list input: quoted as CSV where the value could be taken for more than one. */
function quoted(entry: string): string {
  return /["\n\r]/.test(entry) ? `"${entry.replaceAll('"', '""')}"` : entry;
}

function given(inputs: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).filter((entry): entry is [string, string] => !!entry[1]));
}
