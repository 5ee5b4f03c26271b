import { randomUUID } from 'node:crypto';

/** What code a function or a version has. */
export interface CodeState {
  packageType: 'Image' | 'Zip';
  architecture: 'x86_64' | 'arm64';
  /** Of an image the hex of its digest, of a zip file its SHA-256 in Base64. */
  sha256: string;
  /** Bytes; 0 for images, as in Lambda. */
  size: number;
  /** As the caller gave it: with a tag or a digest. */
  imageUri?: string;
  /** `HOST/REPOSITORY@sha256:...` */
  resolvedImageUri?: string;
}

/** What can be configured of a function. */
export interface SettingsState {
  description: string;
  role: string;
  memorySize: number;
  timeout: number;
  environment?: Record<string, string>;
  handler?: string;
  runtime?: string;
  imageConfig?: { EntryPoint?: string[]; Command?: string[]; WorkingDirectory?: string };
}

export type FunctionStatus = 'Pending' | 'Active' | 'Inactive' | 'Failed';

/** What `$LATEST` and a published version have in common. */
export interface VersionState {
  /** A number, or `$LATEST`. */
  version: string;
  code: CodeState;
  settings: SettingsState;
  revisionId: string;
  /** ISO 8601. */
  lastModified: string;
  state: FunctionStatus;
  stateReason?: string;
  stateReasonCode?: string;
  lastUpdateStatus?: 'InProgress' | 'Successful' | 'Failed';
  lastUpdateStatusReason?: string;
  lastUpdateStatusReasonCode?: string;
}

/** `$LATEST`: what was last asked for, and beside it what serves until that is ready. */
export interface LatestState extends VersionState {
  /** Code and settings that invokes get: during an update, and after a failed one, the old ones. */
  serving: { code: CodeState; settings: SettingsState; generation: number };
  /** Counts updates; environments belong to one generation. */
  generation: number;
}

/** A published version; immutable but for its state. */
export interface PublishedState extends VersionState {
  /** Fingerprint of `$LATEST` when it was published: an unchanged one is not published again. */
  publishedFrom: string;
}

export interface AliasState {
  name: string;
  functionVersion: string;
  description: string;
  /** Version number to weight from 0 to 1; at most one entry. */
  weights: Record<string, number>;
  revisionId: string;
}

export interface UrlState {
  /** An alias; '' for the function itself. */
  qualifier: string;
  authType: 'NONE' | 'AWS_IAM';
  invokeMode: 'BUFFERED' | 'RESPONSE_STREAM';
  /** Its own port on 127.0.0.1; 0 until it listened for the first time. */
  port: number;
  creationTime: string;
  lastModifiedTime: string;
}

export interface PolicyState {
  statements: ({ Sid: string } & Record<string, unknown>)[];
  revisionId: string;
}

export interface FunctionState {
  /** Tells a function from an older one of the same name. */
  id: string;
  name: string;
  latest: LatestState;
  /** Ascending. */
  versions: PublishedState[];
  nextVersion: number;
  aliases: Record<string, AliasState>;
  urls: UrlState[];
  /** By qualifier; '' for the function itself. */
  policies: Record<string, PolicyState>;
  tags: Record<string, string>;
}

export interface RepositoryState {
  name: string;
  createdAt: string;
  tagMutability: 'MUTABLE' | 'IMMUTABLE';
  scanOnPush: boolean;
}

/** All that outlives the process. */
export interface AwsState {
  schema: 1;
  functions: Record<string, FunctionState>;
  repositories: Record<string, RepositoryState>;
}

/** A state with nothing in it. */
export function emptyState(): AwsState {
  return { schema: 1, functions: {}, repositories: {} };
}

/** A new RevisionId: Lambda makes one at every change. */
export function newRevision(): string {
  return randomUUID();
}

/** An environment of one image under one set of settings is known by this; other code, other key. */
export function environmentKey(fn: FunctionState, version: string): string {
  return version === '$LATEST' ? `${fn.id}/$LATEST/${fn.latest.serving.generation}` : `${fn.id}/${version}`;
}
