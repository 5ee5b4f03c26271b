import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  InvokeCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import type { Alarms } from '../../../src/local/aws/cloudwatch-api.ts';
import type { Fault, FaultRequest, Outcome } from '../../../src/local/aws/faults.ts';
import { ROLE, type Stand, startStand } from '../../local/aws/stand.ts';

/** What one play puts into the local AWS. */
export interface Script {
  before(operation: string, request: FaultRequest): Promise<Fault | undefined>;
  update(imageUri: string): Outcome | undefined;
  version(): Outcome | undefined;
  /** What the image with this tag answers. */
  healthy(tag: string): 'healthy' | 'status' | 'crash';
}

/** What is true of a function. */
export interface Truth {
  /** Digest that `$LATEST` shows. */
  latest: string;
  /** Absent where there is no alias. */
  alias?: { version: string; weights: Record<string, number>; digest: string };
  /** Tag of the image that answers to users; 'failed' where none does. */
  serves: string;
}

const ACCOUNT = '000000000000';

/** One local AWS for many plays at a time, each with a function and a repository of its own name. */
export class Scene {
  readonly stand: Stand;
  /** CloudWatch's, by name; an alarm has the name of its function. */
  readonly alarms: Alarms;
  readonly #scripts: Map<string, Script>;
  /** By `function:tag`. */
  readonly #digests = new Map<string, string>();

  private constructor(stand: Stand, alarms: Alarms, scripts: Map<string, Script>) {
    this.stand = stand;
    this.alarms = alarms;
    this.#scripts = scripts;
  }

  static async start(): Promise<Scene> {
    const scripts = new Map<string, Script>();
    const alarms: Alarms = new Map();
    const stand = await startStand({
      alarms,
      updateMs: 500,
      publishMs: 200,
      faults: {
        before: async (operation, request) => {
          // What the test itself asks for has no faults: it is known by this form of the name.
          if (request.parameters.FunctionName?.startsWith(ACCOUNT)) return undefined;
          return await scripts.get(owner(request))?.before(operation, request);
        },
        update: (name, uri) => scripts.get(name)?.update(uri),
        version: (name) => scripts.get(name)?.version(),
      },
    });
    const scene = new Scene(stand, alarms, scripts);
    stand.runtime.answer = ({ uri }) => {
      const [, name = '', digest = ''] = /^[^/]+\/([^@]+)@(.+)$/.exec(uri) ?? [];
      const tag = scene.tag(name, digest);
      const health = scripts.get(name)?.healthy(tag) ?? 'healthy';
      if (health === 'crash')
        return {
          functionError: 'Unhandled',
          payload: Buffer.from(JSON.stringify({ errorType: 'Runtime.ExitError', errorMessage: tag })),
        };
      return {
        payload: Buffer.from(JSON.stringify({ statusCode: health === 'healthy' ? 200 : 500, body: tag })),
      };
    };
    return scene;
  }

  /** Makes function and repository `name` with the images `old`, `new` and `theirs`; version 1 is `theirs`. */
  async create(name: string): Promise<void> {
    for (const tag of ['old', 'new', 'theirs'])
      this.#digests.set(`${name}:${tag}`, this.stand.registry.image(name, tag));
    const Code = { ImageUri: this.uri(name, 'theirs') };
    const { lambda } = this.stand;
    await lambda.send(
      new CreateFunctionCommand({ FunctionName: name, Role: ROLE, PackageType: 'Image', Code }),
    );
    await this.settled(name);
    await this.publish(name);
  }

  script(name: string, script: Script): void {
    this.#scripts.set(name, script);
  }

  digest(name: string, tag: string): string {
    return this.#digests.get(`${name}:${tag}`) ?? '';
  }

  uri(name: string, tag: string): string {
    return `${this.stand.registry.host}/${name}@${this.digest(name, tag)}`;
  }

  tag(name: string, digest: string): string {
    return ['old', 'new', 'theirs'].find((tag) => this.digest(name, tag) === digest) ?? digest;
  }

  /** ECR loses an image. */
  forget(name: string, tag: string): void {
    for (const reference of [tag, this.digest(name, tag)])
      this.stand.registry.manifests.delete(`${name}:${reference}`);
  }

  /** @throws where Lambda refuses it */
  async update(name: string, tag: string): Promise<void> {
    const ImageUri = this.uri(name, tag);
    await this.stand.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: quiet(name), ImageUri }));
  }

  /** Waits until no update is under way. */
  async settled(name: string): Promise<void> {
    for (;;) {
      const { Configuration: now } = await this.stand.lambda.send(
        new GetFunctionCommand({ FunctionName: quiet(name) }),
      );
      if (now?.State !== 'Pending' && now?.LastUpdateStatus !== 'InProgress') return;
      await sleep(200);
    }
  }

  async publish(name: string): Promise<string> {
    const { Version } = await this.stand.lambda.send(
      new PublishVersionCommand({ FunctionName: quiet(name) }),
    );
    return Version ?? '';
  }

  async moveAlias(
    name: string,
    FunctionVersion: string,
    weights: Record<string, number> = {},
  ): Promise<void> {
    const input = { FunctionName: quiet(name), Name: 'live', FunctionVersion };
    const RoutingConfig = { AdditionalVersionWeights: weights };
    try {
      await this.stand.lambda.send(new UpdateAliasCommand({ ...input, RoutingConfig }));
    } catch {
      await this.stand.lambda.send(new CreateAliasCommand({ ...input, RoutingConfig }));
    }
  }

  /** @param withAlias whether users call the alias */
  async truth(name: string, withAlias: boolean): Promise<Truth> {
    const { lambda } = this.stand;
    const FunctionName = quiet(name);
    const digestOf = async (Qualifier?: string): Promise<string> => {
      const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName, Qualifier }));
      return Code?.ResolvedImageUri?.split('@')[1] ?? '';
    };
    const [latest, alias] = await Promise.all([
      digestOf(),
      lambda.send(new GetAliasCommand({ FunctionName, Name: 'live' })).catch(() => undefined),
    ]);
    const version = alias?.FunctionVersion ?? '';
    const Qualifier = withAlias ? version : '$LATEST';
    return {
      latest: this.tag(name, latest),
      ...(alias && {
        alias: {
          version,
          weights: alias.RoutingConfig?.AdditionalVersionWeights ?? {},
          digest: this.tag(name, await digestOf(version)),
        },
      }),
      serves: Qualifier === '' ? '' : await this.#invoke(FunctionName, Qualifier),
    };
  }

  async #invoke(FunctionName: string, Qualifier: string): Promise<string> {
    const { Payload } = await this.#awake(() =>
      this.stand.lambda.send(new InvokeCommand({ FunctionName, Qualifier })),
    );
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString()) as Record<string, unknown>;
    return String(answer.body ?? answer.errorMessage ?? '');
  }

  /** A version that a fault has just published is Pending for a moment. */
  async #awake<T>(call: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++)
      try {
        return await call();
      } catch (error) {
        if (tries === 50 || !(error instanceof Error) || error.name !== 'ResourceConflictException')
          throw error;
        await sleep(200);
      }
  }

  async remove(name: string): Promise<void> {
    this.#scripts.delete(name);
    await this.stand.lambda.send(new DeleteFunctionCommand({ FunctionName: quiet(name) }));
    for (const tag of ['old', 'new', 'theirs']) this.forget(name, tag);
  }

  async close(): Promise<void> {
    await this.stand.close();
  }
}

function quiet(name: string): string {
  return `${ACCOUNT}:function:${name}`;
}

/** Of requests that name no function: repository and alarm have its name. */
function owner({ functionName, body }: FaultRequest): string {
  if (functionName !== '' || typeof body !== 'object' || body === null) return functionName;
  if ('repositoryName' in body) return String(body.repositoryName);
  return 'AlarmNames' in body && Array.isArray(body.AlarmNames) ? String(body.AlarmNames[0]) : '';
}
