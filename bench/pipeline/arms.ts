import { join } from 'node:path';
import { lastLines, tryRun } from '../../src/local/parts/process.ts';
import type { Style } from './app.ts';
import { docker, imageName, type Job, signIn } from './job.ts';
import { pushByAction } from './ours.ts';

/** What a job still does when Lambda has the image. */
export type After = () => Promise<void>;

/** A way to get an app's image to ECR. */
export interface Arm {
  title: string;
  style: Style;
  /** What is not to be measured. */
  prepare?(job: Job): Promise<void>;
  /** @returns the image's URI, and what follows after the deploy */
  push(job: Job): Promise<{ uri: string; after?: After }>;
}

const ONE_MANIFEST = ['--provenance=false', '--sbom=false'];

/** `docker build`, `docker push`: no cache outside of the Engine. */
const plain: Arm = {
  title: 'docker build, docker push',
  style: 'usual',
  async push(job) {
    await job.phase('login', () => signIn(job));
    const name = imageName(job);
    const args = ['build', '--network', 'host', ...ONE_MANIFEST, '--tag', name, job.app];
    await job.phase('build', () => docker(job, args));
    await job.phase('push', () => docker(job, ['push', '--quiet', name]));
    return { uri: name };
  },
};

/**
 * What docker/setup-buildx-action, aws-actions/amazon-ecr-login and docker/build-push-action do in a job, one after
 * another: their Node and their command lines. What differs from their defaults: the builder uses the machine's
 * network, as the services are there.
 */
const chain: Arm = {
  title: 'setup-buildx + build-push',
  style: 'usual',
  async push(job) {
    const builder = 'builder-bench';
    await job.phase('setup-buildx', () => setUpBuildx(job, builder));
    await job.phase('ecr-login', async () => {
      await startNode(job);
      await signIn(job);
    });
    const name = imageName(job);
    await job.phase('build-push', async () => {
      await startNode(job);
      for (const args of [
        ...LOOK_AROUND,
        ['buildx', 'inspect', builder],
        ['buildx', 'version'],
        ['buildx', 'inspect', builder],
      ])
        await docker(job, args);
      await docker(job, [
        ...['buildx', 'build', '--builder', builder, '--file', join(job.app, 'Dockerfile')],
        ...[
          '--cache-from',
          'type=gha',
          '--cache-to',
          'type=gha,mode=max',
          '--iidfile',
          join(job.temp, 'iid'),
        ],
        ...['--provenance=false', '--metadata-file', join(job.temp, 'metadata.json')],
        ...['--tag', name, '--push', job.app],
      ]);
    });
    return { uri: name };
  },
};

/** What both of Docker's actions ask first: of the Engine, and whether there is a Buildx and which. */
const LOOK_AROUND = [['version'], ['info'], ['buildx'], ['buildx', 'version']];

/**
 * The calls that the action makes for its defaults.
 * Source: docker/setup-buildx-action 4 (src/main.ts) and what its bundle was seen to call.
 */
async function setUpBuildx(job: Job, builder: string): Promise<void> {
  await startNode(job);
  for (const args of [
    ...LOOK_AROUND,
    ['context', 'inspect', '--format', '{{.Name}}'],
    ['context', 'inspect', '--format=json', 'default'],
    ['buildx', 'version'],
  ])
    await docker(job, args);
  const options = [`image=${job.services.builderImage}`, 'network=host'];
  await docker(job, [
    ...['buildx', 'create', '--name', builder, '--driver', 'docker-container'],
    ...options.flatMap((option) => ['--driver-opt', option]),
    '--buildkitd-flags',
    '--allow-insecure-entitlement security.insecure --allow-insecure-entitlement network.host',
    '--use',
  ]);
  await docker(job, ['buildx', 'inspect', '--bootstrap', '--builder', builder]);
  await docker(job, ['buildx', 'inspect', builder]);
  await docker(job, ['exec', `buildx_buildkit_${builder}0`, 'buildkitd', '--version']);
}

/**
 * The start of a JavaScript action, at least: Node with @actions/core. Their bundles hold more (130 to 170 ms to the
 * first line where this takes 72).
 */
async function startNode(job: Job): Promise<void> {
  const load = ['--input-type=module', '--eval', "await import('@actions/core')"];
  const { code, stderr } = await tryRun(process.execPath, load, { cwd: join(job.dist, '..') });
  if (code !== 0) throw new Error(`node: ${lastLines(stderr)}`);
}

/** Only Buildx with the flags that our action gives it, signed in beforehand: the difference is our own time. */
const bare: Arm = {
  title: 'buildx alone, our flags',
  style: 'usual',
  prepare: signIn,
  async push(job) {
    const name = imageName(job);
    const scope = `type=gha,version=2,scope=${job.history.repository}`;
    const args = (more: string[], output: string) => [
      ...['buildx', 'build', '--file', join(job.app, 'Dockerfile'), '--platform', job.platform],
      ...['--network', 'host', '--cache-from', `${scope},timeout=10s`, ...more, ...ONE_MANIFEST],
      ...['--output', output, '--metadata-file', join(job.temp, 'metadata.json'), '--progress', 'plain'],
      job.app,
    ];
    const output = `type=image,"name=${name}",push=true,store=false,compression=gzip`;
    await job.phase('build and push', () => docker(job, args([], output)));
    const cacheTo = ['--cache-to', `${scope},mode=max,timeout=2m`];
    return { uri: name, after: async () => void (await docker(job, args(cacheTo, 'type=cacheonly'))) };
  },
};

const ours: Arm = { title: 'this action', style: 'usual', push: pushByAction };

/** In the order of the table. */
export const ARMS = {
  plain,
  chain,
  ours,
  again: { ...ours, title: 'this action again (A/A)' },
  recommended: { ...ours, title: 'this action, our Dockerfile', style: 'recommended' },
  bare,
  repeated: { ...ours, title: 'our Dockerfile again (A/A)', style: 'recommended' },
  unordered: { ...ours, title: 'all copied before the installation', style: 'unordered' },
  unlinked: { ...ours, title: 'no --link', style: 'unlinked' },
  pruned: { ...ours, title: 'npm prune instead of a stage', style: 'pruned' },
  single: { ...ours, title: 'all in one stage', style: 'single' },
  unmounted: { ...ours, title: 'no cache mount', style: 'unmounted' },
  uncompiled: { ...ours, title: 'no compile in the build', style: 'uncompiled' },
  example: { ...ours, title: 'example-api/Dockerfile itself', style: 'example' },
} as const satisfies Record<string, Arm>;

/** Those of the comparison. */
export const USUAL_ARMS = [
  'plain',
  'chain',
  'ours',
  'again',
  'recommended',
  'bare',
] as const satisfies (keyof typeof ARMS)[];

/** Those that show what each rule of our Dockerfile is worth; the first has all of them. */
export const RULE_ARMS = [
  'recommended',
  'repeated',
  'unordered',
  'unlinked',
  'pruned',
  'single',
  'unmounted',
  'uncompiled',
  'example',
] as const satisfies (keyof typeof ARMS)[];

export type ArmName = keyof typeof ARMS;
