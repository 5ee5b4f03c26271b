import { flagValue } from '../../docker/shell-words.ts';
import { type ImageFacts, joined } from '../image-facts.ts';
import type { Project } from '../project.ts';
import type { Hit, Rule } from '../rule.ts';
import { adapterFacts } from './adapter-facts.ts';

/** A port, and the place that says it. */
interface Port {
  port: number;
  line: number;
  /** As the subject of "... says 3000": `CMD`. */
  by: string;
}

/** Rules about the port that the adapter asks and the app listens on. */
export const portRules: Rule[] = [
  {
    id: 'port-disagrees',
    level: 'error',
    why: 'The adapter asks another port than the app listens on: it never becomes ready, and each call ends in a time-out or 502.',
    instead: 'Say one port in one place: `ENV PORT=8080`, and let the app listen on it.',
    find(project) {
      const facts = adapterFacts(project);
      const asked = facts && askedPort(facts);
      if (!facts || !asked) return [];
      const hits: Hit[] = [];
      const own = appPort(facts, project);
      if (own && own.port !== asked.port)
        hits.push({
          line: own.line,
          why: `The app listens on ${own.port} (${own.by}), and the adapter asks ${asked.port} (${asked.by}): it never becomes ready, and each call ends in a time-out or 502.`,
        });
      const ready = numberOf(facts, 'AWS_LWA_READINESS_CHECK_PORT');
      if (ready && ready.port !== (own?.port ?? asked.port))
        hits.push({
          line: ready.line,
          why: `The adapter asks ${ready.port} whether the app is ready (${ready.by}), and the app listens on ${own?.port ?? asked.port} (${(own ?? asked).by}).`,
        });
      return hits;
    },
  },
  {
    id: 'expose-disagrees',
    level: 'warning',
    why: 'EXPOSE names another port than the adapter asks: one of the two is not what the app listens on.',
    instead: 'Name the same port in EXPOSE and in PORT.',
    find(project) {
      const facts = adapterFacts(project);
      const asked = facts && askedPort(facts);
      if (!facts || !asked || facts.exposed.length === 0) return [];
      if (facts.exposed.some(({ port }) => port === asked.port)) return [];
      const known = appPort(facts, project);
      // Where both agree with one another EXPOSE is a mere remark, and where they do not it says nothing new.
      const [first] = facts.exposed;
      if (!first || (known && known.port !== asked.port)) return [];
      return [
        {
          line: first.line,
          ...(known ? { level: 'notice' } : {}),
          why: `EXPOSE says ${first.port}, and the adapter asks ${asked.port} (${asked.by}).`,
        },
      ];
    },
  },
];

function numberOf({ environment }: ImageFacts, name: string): Port | undefined {
  const found = environment.get(name);
  const port = Number(found?.value);
  return found && Number.isInteger(port) && port > 0 ? { port, line: found.line, by: name } : undefined;
}

/** The adapter's port; undefined where its variable holds something that is not known. */
function askedPort(facts: ImageFacts): Port | undefined {
  for (const name of ['AWS_LWA_PORT', 'PORT'])
    if (facts.environment.get(name)?.value) return numberOf(facts, name);
  return { port: 8080, line: 0, by: 'its default' };
}

/** The port that the app is told or known to listen on; undefined where nobody can say. */
function appPort(facts: ImageFacts, project: Project): Port | undefined {
  const line = facts.cmd?.line ?? facts.entrypoint?.line ?? 0;
  const by = facts.cmd ? 'CMD' : 'ENTRYPOINT';
  const told = toldPort(facts);
  if (told !== undefined) return /^\d+$/.test(told) ? { port: Number(told), line, by } : undefined;
  const byDefault = defaultPort(facts);
  if (byDefault !== undefined) return { port: byDefault, line, by: `${by}, by default` };
  return writtenPort(facts, project);
}

/** The value of a flag for the port, as text. */
function toldPort({ command }: ImageFacts): string | undefined {
  if (!isServer(command)) return undefined;
  const port = flagValue(
    command,
    '--port',
    '--server.port',
    '-Dserver.port',
    '--http-port',
    ...(serverOf(command) === 'hypercorn' ? [] : ['-p']),
  );
  if (port !== undefined) return port;
  const address = flagValue(command, '--bind', '-b', '--listen', '--host');
  const inAddress = /:(\d+|\$.*)$/.exec(address ?? '')?.[1];
  return inAddress;
}

const servers = [
  'uvicorn',
  'gunicorn',
  'hypercorn',
  'fastapi',
  'flask',
  'next',
  'java',
  'serve',
  'vite',
  'waitress-serve',
  'granian',
  'daphne',
];

/** The first word that is a server's name: `python -m uvicorn` and `uv run uvicorn` are uvicorn. */
function serverOf(command: readonly string[]): string | undefined {
  return command
    .slice(0, 6)
    .map((word) => word.split('/').pop() ?? '')
    .find((word) => servers.includes(word));
}

function isServer(command: readonly string[]): boolean {
  return serverOf(command) !== undefined;
}

/** Where a server that is told nothing listens on a port of its own, whatever PORT says. */
function defaultPort({ command, environment }: ImageFacts): number | undefined {
  const server = serverOf(command);
  if (command.some((word) => /^(-c|--config|--uds|--fd|-k?c)(=|$)/.test(word))) return undefined;
  if (server === 'uvicorn') return environment.has('UVICORN_PORT') ? undefined : 8000;
  if (server === 'fastapi') return 8000;
  if (server === 'hypercorn') return 8000;
  if (server === 'gunicorn')
    return environment.has('PORT') || environment.has('GUNICORN_CMD_ARGS') ? undefined : 8000;
  if (server === 'flask') return environment.has('FLASK_RUN_PORT') ? undefined : 5000;
  return undefined;
}

/** A port that stands as a number in the file that is started, and nowhere else as a variable. */
function writtenPort(facts: ImageFacts, { context }: Project): Port | undefined {
  const [program = '', ...words] = facts.command;
  if (!/(^|\/)(node|bun|python[\d.]*)$/.test(program)) return undefined;
  const script = words.find((word) => !word.startsWith('-'));
  if (script === undefined || !/\.(m?[jt]s|cjs|py)$/.test(script)) return undefined;
  const inside = script.startsWith('/')
    ? script.replace(`${joined(facts.workdir, '.')}/`, '')
    : script.replace(/^\.\//, '');
  const path = [inside, inside.replace(/^(dist|build|out)\//, 'src/').replace(/\.js$/, '.ts')].find((one) =>
    context.has(one),
  );
  const text = path === undefined ? undefined : context.text(path);
  if (path === undefined || text === undefined || /\bPORT\b/.test(text)) return undefined;
  const ports = [
    ...text.matchAll(
      /\.listen\(\s*(\d{2,5})\b|\b(?:uvicorn|app|web)\.run\([^)]*\bport\s*=\s*(\d{2,5})|\bserve\([^)]*\bport\s*[:=]\s*(\d{2,5})/g,
    ),
  ].map((match) => Number(match[1] ?? match[2] ?? match[3]));
  const line = facts.cmd?.line ?? facts.entrypoint?.line ?? 0;
  return ports.length === 1 && ports[0] !== undefined ? { port: ports[0], line, by: path } : undefined;
}
