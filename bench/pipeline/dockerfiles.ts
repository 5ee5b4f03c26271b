/**
 * `usual`: what many guides show, two stages and an installation in each; `recommended`: ours, where the layers of
 * the last stage stand alone (`--link`) and the production dependencies have a stage of their own.
 */
export type Style = 'usual' | 'recommended';

const CI = 'npm ci --no-audit --no-fund --no-update-notifier';

/** The Dockerfile of the app. */
export function dockerfile(style: Style, base: string): string {
  return style === 'usual' ? usual(base) : recommended(base);
}

function usual(base: string): string {
  return `FROM ${base} AS builder
WORKDIR /app
COPY package.json package-lock.json ./
RUN ${CI}
COPY . .
RUN npm run build

FROM ${base}
WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json ./
RUN ${CI} --omit=dev && npm cache clean --force
COPY --from=builder /app/dist ./dist
CMD ["node", "dist/server.js"]
`;
}

function recommended(base: string): string {
  return `FROM ${base} AS base
WORKDIR /app
COPY package.json package-lock.json ./

FROM base AS builder
RUN --mount=type=cache,target=/root/.npm ${CI}
COPY tsconfig.json ./
COPY src/ ./src/
RUN npm run build

FROM base AS dependencies
RUN --mount=type=cache,target=/root/.npm ${CI} --omit=dev

FROM ${base}
WORKDIR /app
COPY --link --from=dependencies /app/node_modules ./node_modules
COPY --link --chmod=644 package.json ./
COPY --link --from=builder /app/dist ./dist
ENV NODE_ENV=production
USER 1000:1000
CMD ["node", "dist/server.js"]
`;
}
