import { type ImageFacts, imageFacts } from '../image-facts.ts';
import type { Project } from '../project.ts';
import type { Hit, Rule } from '../rule.ts';
import { adapterCopies, adapterFacts, hasAdapter } from './adapter-facts.ts';
import { rootPaths } from './root-path.ts';

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
