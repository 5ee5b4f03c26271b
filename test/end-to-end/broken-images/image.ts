/** An image with one fault, and what the tool must say of it. */
export interface BrokenImage {
  name: string;
  /** Id in the table of causes; '' for a healthy one. */
  cause: string;
  /** What the sentence must hold. */
  says?: RegExp;
  /** Content of its one file: /app/app.mjs, /app/app.py. */
  app?: string;
  /** The whole Dockerfile; the usual one where absent. */
  dockerfile?: string;
  /** Variables of the image. */
  env?: Record<string, string>;
  /** Settings of the function. */
  memory?: number;
  timeout?: number;
  variables?: Record<string, string>;
  /** Seconds; well above the function's own by default. */
  smokeTimeout?: number;
  path?: string;
  status?: number;
  /**
   * Removes the image from the Engine before the test, and `deleted`: from the registry too; `denied`: lets the
   * registry refuse it to Lambda from then on.
   */
  withheld?: 'deleted' | 'denied';
  /** Asks a function URL in this mode instead of Invoke. */
  url?: 'BUFFERED' | 'RESPONSE_STREAM';
}

export const NODE = 'FROM node:24-bookworm-slim';
export const ADAPTER =
  'COPY --from=public.ecr.aws/awsguru/aws-lambda-adapter:1.0.0 /lambda-adapter /opt/extensions/lambda-adapter';
export const CMD = 'CMD ["node", "app.mjs"]';

/** The usual Dockerfile of these images. */
export function dockerfile(
  lines: readonly string[] = [],
  command = CMD,
  adapter: readonly string[] = [ADAPTER],
): string {
  return [NODE, ...adapter, 'WORKDIR /app', 'COPY APP ./app.mjs', ...lines, command, ''].join('\n');
}

/** A Node app. @param listen the arguments of `listen` @param answer what it does with `request` and `response` @param before runs at its start */
export const server = (listen: string, answer = "response.end('ok')", before = ''): string => `
import { createServer } from 'node:http';
${before}
createServer((request, response) => { ${answer} }).listen(${listen});
`;
/** A Node app without a fault. */
export const healthy = server('process.env.PORT ?? 8080');
