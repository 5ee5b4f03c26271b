import { expect, it } from 'vitest';
import { unpackingDockerfile } from '../../src/build/early-unpack-dockerfile.ts';

const mark = 'WORKDIR /.deploy-lambda-container';
const builder = 'FROM node:24 AS builder\nCOPY . .\nRUN npm run build\n';

it('ends before the first file of another stage', () => {
  const text = `# syntax=docker/dockerfile:1
ARG NODE=24
FROM node:\${NODE} AS builder
COPY . .
RUN npm run build

FROM --platform=$BUILDPLATFORM node:\${NODE} AS run
# The manifest.
COPY package.json ./
RUN npm ci \\
    --omit=dev
COPY --from=builder /app/dist ./dist
CMD ["node", "dist/server.js"]
`;
  expect(unpackingDockerfile(text, '')).toBe(`# syntax=docker/dockerfile:1
ARG NODE=24
FROM node:\${NODE} AS builder
COPY . .
RUN npm run build

FROM --platform=$BUILDPLATFORM node:\${NODE} AS deploy-lambda-container-0
COPY package.json ./
RUN npm ci \\
    --omit=dev
${mark}
FROM scratch
COPY --from=deploy-lambda-container-0 /.deploy-lambda-container /
`);
});

it('tries each place, since the file does not say which stage is in the cache', () => {
  const text = `${builder}FROM node:24 AS packages
RUN npm ci
FROM node:24
WORKDIR /app
COPY --from=adapter:1 /adapter /opt/extensions/
COPY --from=packages /app/node_modules ./node_modules
COPY --from=0 /app/dist ./dist
`;
  const made = unpackingDockerfile(text, '') ?? '';
  const stages = made.split(/^FROM /m).slice(-3);
  expect(stages[0]).toBe(`node:24 AS deploy-lambda-container-0
WORKDIR /app
COPY --from=adapter:1 /adapter /opt/extensions/
${mark}
`);
  expect(stages[1]).toBe(`node:24 AS deploy-lambda-container-1
WORKDIR /app
COPY --from=adapter:1 /adapter /opt/extensions/
COPY --from=packages /app/node_modules ./node_modules
${mark}
`);
  expect(stages[2]).toContain('COPY --from=deploy-lambda-container-1');
});

it('fetches a base image that no other stage has', () => {
  const text = `${builder}FROM distroless\nCOPY --from=builder /app /app\n`;
  expect(unpackingDockerfile(text, '')).toContain(`FROM distroless AS deploy-lambda-container-0\n${mark}\n`);
});

it('keeps heredocs whole, and the stage that is asked for', () => {
  const text = `${builder}FROM node:24 AS wanted
RUN <<END
COPY --from=builder is no instruction here
END
RUN --mount=type=bind,from=builder,target=/built cp /built/x /x
FROM wanted AS other
COPY --from=builder /y /y
`;
  const made = unpackingDockerfile(text, 'wanted') ?? '';
  expect(made).toContain(`FROM node:24 AS deploy-lambda-container-0
RUN <<END
COPY --from=builder is no instruction here
END
${mark}
FROM scratch`);
});

it('does not take a layer for one that stands alone where BuildKit does not', () => {
  const text = `${builder}FROM alpine\nRUN true\nCOPY --link --chmod=644 --from=builder /app /app\n`;
  expect(unpackingDockerfile(text, '')).toContain(
    `FROM alpine AS deploy-lambda-container-0\nRUN true\n${mark}`,
  );
});

it.each<[string, string]>([
  ['nothing', ''],
  ['a single stage', 'FROM node:24\nCOPY . .\nRUN npm ci\n'],
  [
    'a stage that begins with the files of another',
    `${builder}FROM node:24\nCOPY --from=builder /app /app\n`,
  ],
  ['layers that stand alone', `${builder}FROM alpine\nRUN true\nCOPY --link --from=builder /app /app\n`],
  ['files of another image only', `${builder}FROM alpine\nRUN true\nCOPY --from=adapter:1 /a /a\n`],
])('has nothing to fetch in %s', (_name, text) => {
  expect(unpackingDockerfile(text, '')).toBeUndefined();
});
