import { ADAPTER, type BrokenImage, CMD, dockerfile, healthy, server } from './image.ts';

/** Images of which something cannot be started at all, or where the adapter does not run. */
export const launchImages: readonly BrokenImage[] = [
  {
    name: 'no-adapter',
    cause: 'adapter-not-running',
    says: /Lambda Web Adapter/,
    app: server("8080, () => console.log('listening on 8080')"),
    dockerfile: dockerfile([], CMD, []),
    timeout: 2,
  },
  {
    name: 'adapter-elsewhere',
    cause: 'adapter-not-running',
    says: /Lambda Web Adapter/,
    app: healthy,
    dockerfile: dockerfile([], CMD, [
      ADAPTER.replace('/opt/extensions/lambda-adapter', '/opt/lambda-adapter'),
    ]),
    timeout: 2,
  },
  {
    name: 'adapter-not-executable',
    cause: 'extension-not-executable',
    says: /\/opt\/extensions\/lambda-adapter/,
    app: healthy,
    dockerfile: dockerfile([], CMD, [
      // Made beforehand: --chmod would give the folder the same mode, and nothing would find the file.
      'WORKDIR /opt/extensions',
      ADAPTER.replace('COPY ', 'COPY --chmod=644 '),
    ]),
  },
  {
    name: 'adapter-other-architecture',
    cause: 'wrong-architecture',
    says: /\/opt\/extensions\/lambda-adapter/,
    app: healthy,
    dockerfile: dockerfile([], CMD, ['COPY --chmod=755 other-architecture /opt/extensions/lambda-adapter']),
  },
  {
    name: 'extension-crash',
    cause: 'extension-failed',
    app: healthy,
    dockerfile: dockerfile(['COPY --chmod=755 <<EOF /opt/extensions/watcher', '#!/bin/sh', 'exit 7', 'EOF']),
  },
  {
    name: 'app-other-architecture',
    cause: 'wrong-architecture',
    says: /\/app\/server/,
    dockerfile: dockerfile(['COPY --chmod=755 other-architecture ./server'], 'CMD ["/app/server"]'),
    app: healthy,
  },
  {
    name: 'no-such-command',
    cause: 'entry-point-missing',
    says: /gunicorn/,
    dockerfile: dockerfile([], 'ENTRYPOINT ["gunicorn", "app:app"]'),
    app: healthy,
  },
  {
    name: 'no-such-command-for-node',
    cause: 'entry-point-missing',
    says: /gunicorn/,
    dockerfile: dockerfile([], 'CMD ["gunicorn", "app:app"]'),
    app: healthy,
  },
  {
    name: 'not-executable',
    cause: 'entry-point-not-executable',
    says: /\/app\/start\.sh/,
    dockerfile: dockerfile(
      ['COPY --chmod=644 <<EOF ./start.sh', '#!/bin/sh', 'exec node app.mjs', 'EOF'],
      'ENTRYPOINT ["/app/start.sh"]',
    ),
    app: healthy,
  },
  {
    name: 'line-ends-of-windows',
    cause: 'entry-point-missing',
    says: /interpreter.*\/app\/start\.sh/,
    dockerfile: dockerfile(['COPY --chmod=755 windows.sh ./start.sh'], 'ENTRYPOINT ["/app/start.sh"]'),
    app: healthy,
  },
  {
    name: 'command-below-a-file',
    cause: 'entry-point-invalid',
    says: /\/app\/app\.mjs\/server/,
    dockerfile: dockerfile([], 'ENTRYPOINT ["/app/app.mjs/server"]'),
    app: healthy,
  },
];
