import { join, relative } from 'node:path';
import type { BuildRequest } from '../docker/buildx.ts';
import { cacheAttributes, cacheScope, type LayerCache } from './cache.ts';
import type { BuildInputs, Platform } from './inputs.ts';

/** What was found out before anything is done. */
export interface BuildFacts {
  /** Registry host. */
  host: string;
  platform: Platform;
  /** Tags that people read. */
  tags: string[];
  builder: string;
  /** True where RUN must use the machine's network, since the builder has none of its own. */
  hostNetwork: boolean;
  cache: LayerCache;
  /** Temporary path for buildx's metadata. */
  metadataFile: string;
}

/** A secret's place in the environment of the one process that reads it. */
export interface BuildPlan {
  request: BuildRequest;
  /** `--cache-to` of the export that follows the push; '' where there is none. */
  cacheTo: string;
  /** Values of secrets by variable; empty strings of the log are made of `lines`, never of these. */
  secretEnv: Record<string, string>;
  /** What will be done, for the log. */
  lines: string[];
}

/** `HOST/REPOSITORY` */
export function imageName(host: string, repository: string): string {
  return `${host}/${repository}`;
}

/** The Dockerfile's path as buildx takes it. */
export function dockerfilePath(inputs: BuildInputs): string {
  if (inputs.file !== '' || isGitContext(inputs.context)) return inputs.file;
  return join(inputs.context, 'Dockerfile');
}

/** The Dockerfile for people: relative to the workspace where it lies in it, or as the Git context has it. */
export function shownDockerfile(inputs: BuildInputs, workspace: string): string {
  const path = dockerfilePath(inputs);
  if (isGitContext(inputs.context)) return path || 'Dockerfile';
  const shown = relative(workspace, path);
  return shown.startsWith('..') ? path : shown;
}

/** As `NAME=value`. */
export function nameValues(pairs: readonly { name: string; value: string }[]): string[] {
  return pairs.map(({ name, value }) => `${name}=${value}`);
}

/** Whether the context is fetched by BuildKit itself. */
export function isGitContext(context: string): boolean {
  return /^(https?:\/\/|git:\/\/|git@|ssh:\/\/|github\.com\/)/.test(context);
}

/**
 * What shall be built, pushed and cached, as data.
 * @param facts.tags all tags of the image, the one that marks its inputs included
 */
export function planBuild(inputs: BuildInputs, facts: BuildFacts): BuildPlan {
  const name = imageName(facts.host, inputs.repository);
  // A variable of our own for each: the id may be any text, and a value never stands on the command line.
  const secretEnv = Object.fromEntries(
    inputs.secrets.map(({ value }, index) => [`DEPLOY_LAMBDA_SECRET_${index}`, value]),
  );
  const attributes = cacheAttributes(facts.cache, cacheScope(inputs, facts.platform), name);
  return {
    secretEnv,
    cacheTo: attributes.to,
    request: {
      builder: facts.builder,
      context: inputs.context,
      file: dockerfilePath(inputs),
      target: inputs.target,
      platform: facts.platform,
      buildArgs: nameValues(inputs.buildArgs),
      buildContexts: nameValues(inputs.buildContexts),
      labels: nameValues(inputs.labels),
      secrets: [
        ...inputs.secrets.map((secret, index) => `id=${secret.name},env=DEPLOY_LAMBDA_SECRET_${index}`),
        ...inputs.secretEnvs.map((secret) => `id=${secret.name},env=${secret.value}`),
        ...inputs.secretFiles.map((secret) => `id=${secret.name},src=${secret.value}`),
      ],
      ssh: inputs.ssh,
      noCache: inputs.noCache,
      pull: inputs.pull,
      names: facts.tags.length > 0 ? facts.tags.map((tag) => `${name}:${tag}`) : [name],
      output: inputs.push ? 'push' : 'image',
      hostNetwork: facts.hostNetwork,
      cacheFrom: attributes.from,
      cacheTo: '',
      metadataFile: facts.metadataFile,
    },
    lines: [
      `Build ${dockerfilePath(inputs) || inputs.context}${inputs.target ? ` (stage ${inputs.target})` : ''} for ${facts.platform}`,
      inputs.push
        ? `Push to ${name}, tags: ${facts.tags.join(', ') || 'none'}`
        : 'Push nothing (push: false)',
      `Layer cache: ${facts.cache.kind === 'off' ? "the builder's own" : facts.cache.kind}`,
    ],
  };
}
