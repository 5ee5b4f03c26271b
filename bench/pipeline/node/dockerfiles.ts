import type { Style } from '../app.ts';

const CI = 'npm ci --no-audit --no-fund --no-update-notifier';

/**
 * The Dockerfile of the app.
 * @param base name of Node's image
 */
export function dockerfile(style: Style, base: string): string {
  if (style === 'usual') return usual(base);
  return recommended(base, {
    ordered: style !== 'unordered',
    link: style === 'unlinked' ? '' : ' --link',
    pruned: style === 'pruned',
    compiled: style !== 'uncompiled',
    mount: style === 'unmounted' ? '' : '--mount=type=cache,target=/root/.npm ',
  });
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

interface Rules {
  /** Only the manifest and the lockfile are copied before the installation. */
  ordered: boolean;
  link: ' --link' | '';
  /** The production dependencies are what `npm prune` leaves of the others. */
  pruned: boolean;
  /** JavaScript is made in the build; else Node itself runs TypeScript. */
  compiled: boolean;
  mount: string;
}

function recommended(base: string, { ordered, link, pruned, compiled, mount }: Rules): string {
  const install = `RUN ${mount}${CI}`;
  const builder = `FROM base AS builder
${install}
${ordered ? 'COPY tsconfig.json ./\nCOPY src/ ./src/\n' : ''}RUN npm run build
`;
  const dependencies = `FROM ${pruned ? 'builder' : 'base'} AS dependencies
${pruned ? 'RUN npm prune --omit=dev' : `${install} --omit=dev`}
`;
  return `FROM ${base} AS base
WORKDIR /app
COPY --chmod=a=rX,u+w ${ordered ? 'package.json package-lock.json ./' : '. .'}

${compiled ? `${builder}\n` : ''}${dependencies}
FROM ${base}
WORKDIR /app
COPY${link} --from=dependencies /app/node_modules ./node_modules
COPY${link} --from=base /app/package.json ./
COPY${link} ${compiled ? '--from=builder /app/dist ./dist' : 'src/ ./src/'}
ENV NODE_ENV=production
USER 1000:1000
CMD ["node", "${compiled ? 'dist/server.js' : 'src/server.ts'}"]
`;
}
