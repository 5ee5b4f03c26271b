import { chainOf, fillIn } from '../dockerfile.ts';
import { copyOf, type ImageFacts, imageFacts, joined, type Step, sourceOf, stepsOf } from '../image-facts.ts';
import type { Project } from '../project.ts';
import type { Hit, Rule } from '../rule.ts';
import { isAdapterImage } from './bases.ts';

/**
 * Variables of the Lambda Web Adapter that go away, with what stands in their place. HOST is one too, but also of
 * many a framework, and does no harm. Source: the adapter's documentation, environment variables.
 */
const deprecated: Readonly<Record<string, string>> = {
  READINESS_CHECK_PATH: 'AWS_LWA_READINESS_CHECK_PATH',
  READINESS_CHECK_PORT: 'AWS_LWA_READINESS_CHECK_PORT',
  READINESS_CHECK_PROTOCOL: 'AWS_LWA_READINESS_CHECK_PROTOCOL',
  REMOVE_BASE_PATH: 'AWS_LWA_REMOVE_BASE_PATH',
  ASYNC_INIT: 'AWS_LWA_ASYNC_INIT',
  AWS_LWA_READINESS_CHECK_MIN_UNHEALTHY_STATUS: 'AWS_LWA_READINESS_CHECK_HEALTHY_STATUS',
  READINESS_CHECK_MIN_UNHEALTHY_STATUS: 'AWS_LWA_READINESS_CHECK_HEALTHY_STATUS',
};

/** Rules about the Lambda Web Adapter, which turns events into HTTP requests. */
export const adapterRules: Rule[] = [
  {
    id: 'adapter-missing',
    level: 'error',
    why: 'The image serves HTTP, and nothing in it turns the events of Lambda into requests: each call ends in a time-out or 502.',
    instead:
      '`COPY --from=public.ecr.aws/awsguru/aws-lambda-adapter:1.0.0 /lambda-adapter /opt/extensions/lambda-adapter`',
    find: missingAdapter,
  },
  {
    id: 'adapter-place',
    level: 'error',
    why: 'Lambda starts only what lies directly in /opt/extensions: elsewhere the adapter never runs, and each call ends in a time-out or 502.',
    instead: 'Copy it to `/opt/extensions/lambda-adapter`.',
    find: (project) =>
      adapterCopies(project)
        .filter(({ inImage, destination }) => inImage && !/^\/opt\/extensions\/([^/]+)?$/.test(destination))
        .map(({ line, destination }) => ({
          line,
          why: `The adapter is copied to \`${destination}\`, and Lambda starts only what lies directly in /opt/extensions: each call ends in a time-out or 502.`,
        })),
  },
  {
    id: 'adapter-outdated',
    level: 'warning',
    why: 'This adapter is from before 1.0: faults of it that are mended since then are still in the image.',
    instead: 'Write `public.ecr.aws/awsguru/aws-lambda-adapter:1.0.0` or newer.',
    find: (project) =>
      adapterCopies(project)
        .filter(({ image }) => /:v?0\./.test(image))
        .map(({ line, image }) => ({
          line,
          why: `\`${image}\` is from before 1.0: faults of it that are mended since then are still in the image.`,
        })),
  },
  {
    id: 'adapter-variable-deprecated',
    level: 'warning',
    why: 'The adapter will not read this variable in its next major version.',
    instead: 'Use the name that starts with AWS_LWA_.',
    find: (project) => {
      const facts = adapterFacts(project);
      return [...(facts?.environment ?? [])].flatMap(([name, { line }]) =>
        Object.hasOwn(deprecated, name)
          ? [
              {
                line,
                why: `The adapter reads \`${name}\` no more, or will not in its next major version.`,
                instead: `Write \`${deprecated[name]}\`${/HEALTHY/.test(deprecated[name] ?? '') ? ', such as `100-499`' : ''}.`,
              },
            ]
          : [],
      );
    },
  },
  {
    id: 'streaming-mode',
    level: 'warning',
    why: 'With AWS_LWA_INVOKE_MODE=response_stream every caller that buffers (API Gateway, a load balancer, a function URL in its default mode) gets an answer that it cannot read: 502.',
    instead: 'Leave the variable out, or set it on a function whose URL has InvokeMode RESPONSE_STREAM.',
    find: (project) => {
      const mode = adapterFacts(project)?.environment.get('AWS_LWA_INVOKE_MODE');
      if (mode?.value.toLowerCase() !== 'response_stream') return [];
      return streams(project) ? [] : [{ line: mode.line }];
    },
  },
  {
    id: 'root-path',
    level: 'warning',
    why: 'The paths that the app knows and those that the stage sends do not agree: requests end in 404 or 502.',
    instead: "Say the stage in one place only: AWS_LWA_REMOVE_BASE_PATH, or the framework's root path.",
    find: rootPaths,
  },
];

/** What the image runs with, where it has the adapter. */
export function adapterFacts(project: Project): ImageFacts | undefined {
  return hasAdapter(project) ? imageFacts(project.dockerfile, project.buildArgs) : undefined;
}

interface AdapterCopy {
  line: number;
  image: string;
  destination: string;
  /** Whether its stage is one of those that become the image. */
  inImage: boolean;
}

function adapterCopies({ dockerfile, buildArgs }: Project): AdapterCopy[] {
  const chain = new Set(dockerfile.final ? chainOf(dockerfile.final) : []);
  return dockerfile.stages.flatMap((stage) =>
    stepsOf(stage, dockerfile, buildArgs)
      .filter((step) => step.stage === stage)
      .flatMap((step) => {
        const { instruction, variables } = step;
        if (instruction.name !== 'COPY') return [];
        const source = sourceOf(instruction, dockerfile.stages, variables);
        const isFromStage = source?.stage !== undefined && isAdapterImage(source.stage.from);
        const image = isFromStage ? (source?.stage?.from ?? '') : (source?.image ?? '');
        const named = copyOf(instruction).sources.some((one) => one.endsWith('lambda-adapter'));
        if (!(isAdapterImage(image) || (named && source?.stage !== undefined))) return [];
        return [
          { line: instruction.line, image, destination: destinationOf(step), inImage: chain.has(stage) },
        ];
      }),
  );
}

/** With its slash at the end, which says that it is a folder. */
function destinationOf({ instruction, variables, workdir }: Step): string {
  const written = fillIn(copyOf(instruction).destination, variables);
  const path = joined(workdir, written);
  return written.endsWith('/') && path !== '/' ? `${path}/` : path;
}

/** Whether anything at all puts an extension into the image; a base image that nobody here knows may have one. */
function hasAdapter({ dockerfile, buildArgs }: Project): boolean {
  const { final } = dockerfile;
  if (!final) return false;
  const base = chainOf(final)[0]?.from ?? '';
  return (
    isAdapterImage(base) ||
    stepsOf(final, dockerfile, buildArgs).some(({ instruction }) =>
      /\/opt\/extensions|lambda-adapter/.test(instruction.text),
    )
  );
}

/** Images that are known to hold neither the adapter nor a runtime client. */
const plainBases =
  /^(node|python|golang|eclipse-temurin|openjdk|amazoncorretto|debian|ubuntu|alpine|ruby|php|rust|oven\/bun|denoland\/deno|busybox|nginx|httpd|scratch)(:|@|$)|^gcr\.io\/distroless\//;

/** What speaks with Lambda's Runtime API by itself: a client library, in a manifest or in the Dockerfile. */
const runtimeClients =
  /awslambdaric|aws-lambda-ric|aws-lambda-go|lambda_runtime|lambda_http|lambda-web-adapter|lambda_web_adapter|aws-lambda-java-runtime-interface-client|Amazon\.Lambda\.RuntimeSupport|aws_lambda_ric|bref|\/var\/runtime|AWS_LAMBDA_RUNTIME_API/;
const manifests = [
  'package.json',
  'requirements.txt',
  'pyproject.toml',
  'go.mod',
  'Cargo.toml',
  'pom.xml',
  'build.gradle',
  'build.gradle.kts',
  'Gemfile',
  'composer.json',
];

function missingAdapter(project: Project): Hit[] {
  const { dockerfile, context } = project;
  const facts = imageFacts(dockerfile, project.buildArgs);
  if (!facts || !dockerfile.final || hasAdapter(project)) return [];
  const base = facts.base.replace(/^(docker\.io\/|public\.ecr\.aws\/docker\/)?(library\/)?/, '');
  if (!plainBases.test(base)) return [];
  const text = dockerfile.stages
    .flatMap(({ instructions }) => instructions.map((one) => one.text))
    .join('\n');
  if (runtimeClients.test(text) || manifests.some((name) => runtimeClients.test(context.text(name) ?? '')))
    return [];
  const line = facts.cmd?.line ?? facts.entrypoint?.line ?? dockerfile.final.line;
  // A program that nobody here knows may speak with Lambda by itself.
  const unsure = {
    level: 'warning',
    why: "Nothing in the image turns the events of Lambda into HTTP requests: unless the program itself speaks with Lambda's Runtime API, each call ends in a time-out.",
  } as const;
  return [{ line, ...(servesHttp(facts) ? {} : unsure) }];
}

function servesHttp(facts: ImageFacts): boolean {
  if (facts.exposed.length > 0 || facts.environment.has('PORT')) return true;
  return /\b(uvicorn|gunicorn|hypercorn|fastapi|flask|waitress-serve|daphne|granian|next|nginx|httpd|http-server|serve)\b/.test(
    facts.command.join(' '),
  );
}

/** Whether a template in the context asks for a URL that streams. */
function streams({ context }: Project): boolean {
  return context.names.some(
    (name) =>
      /^(template|serverless|samconfig|sst\.config)?.*\.(ya?ml|tf|ts|json)$/.test(name) &&
      /RESPONSE_STREAM/.test(context.text(name) ?? ''),
  );
}

const rootVariables = ['API_ROOT_PATH', 'ROOT_PATH', 'UVICORN_ROOT_PATH', 'FASTAPI_ROOT_PATH', 'SCRIPT_NAME'];

function rootPaths(project: Project): Hit[] {
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
