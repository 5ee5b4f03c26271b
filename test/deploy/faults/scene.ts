import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import type { Alarms } from '../../../src/local/aws/cloudwatch-api.ts';
import type { Fault, FaultRequest, Outcome } from '../../../src/local/aws/faults.ts';
import { ROLE, type Stand, startStand } from '../../local/aws/stand.ts';
import { type HttpServer, startHttpServer } from '../../support/http-server.ts';
import { orNone, readTruth, type Truth } from './truth.ts';

/** What one play puts into the local AWS for one function. */
export interface Script {
  before(operation: string): Promise<Fault | undefined>;
  update(imageUri: string): Outcome | undefined;
  version(): Outcome | undefined;
  /** What the image with this tag answers. */
  healthy(tag: string): 'healthy' | 'status' | 'crash';
  /** Status of the URL that is not Lambda's. */
  urlStatus(): number;
}

const ACCOUNT = '000000000000';
const TAGS = ['old', 'new', 'theirs'];

/** One local AWS for many plays at a time, each with functions and a repository of its own name. */
export class Scene {
  readonly stand: Stand;
  /** CloudWatch's, by name; an alarm has the name of its function. */
  readonly alarms: Alarms;
  readonly #urls: HttpServer;
  readonly #scripts = new Map<string, Script>();
  /** By `repository:tag`. */
  readonly #digests = new Map<string, string>();

  private constructor(stand: Stand, alarms: Alarms, urls: HttpServer) {
    this.stand = stand;
    this.alarms = alarms;
    this.#urls = urls;
  }

  static async start(): Promise<Scene> {
    const alarms: Alarms = new Map();
    let scene: Scene | undefined;
    const script = (name: string): Script | undefined => scene?.script(name);
    const [stand, urls] = await Promise.all([
      startStand({
        alarms,
        updateMs: 500,
        publishMs: 200,
        faults: {
          before: async (operation, request) =>
            isQuiet(request) ? undefined : await script(owner(request))?.before(operation),
          update: (name, uri) => script(name)?.update(uri),
          version: (name) => script(name)?.version(),
        },
      }),
      startHttpServer(),
    ]);
    const own = new Scene(stand, alarms, urls);
    scene = own;
    urls.answer = (response, request) => void own.#answerUrl(response, request);
    stand.runtime.answer = ({ uri }, { functionName }) => {
      const [, repository = '', digest = ''] = /^[^/]+\/([^@]+)@(.+)$/.exec(uri) ?? [];
      const tag = own.tag(repository, digest);
      const health = script(functionName)?.healthy(tag) ?? 'healthy';
      if (health === 'crash')
        return {
          functionError: 'Unhandled',
          payload: Buffer.from(JSON.stringify({ errorType: 'Runtime.ExitError', errorMessage: tag })),
        };
      return {
        payload: Buffer.from(JSON.stringify({ statusCode: health === 'healthy' ? 200 : 500, body: tag })),
      };
    };
    return own;
  }

  /** Makes a repository with the images `old`, `new` and `theirs`. */
  images(repository: string): void {
    for (const tag of TAGS)
      this.#digests.set(`${repository}:${tag}`, this.stand.registry.image(repository, tag));
  }

  /** Makes a function from `theirs`. @throws where Lambda refuses it */
  async create(name: string, repository: string): Promise<void> {
    const Code = { ImageUri: this.uri(repository, 'theirs') };
    const input = { FunctionName: quiet(name), Role: ROLE, PackageType: 'Image' as const, Code };
    await this.stand.lambda.send(new CreateFunctionCommand(input));
    await this.settled(name);
  }

  direct(name: string, script: Script): void {
    this.#scripts.set(name, script);
  }

  script(name: string): Script | undefined {
    return this.#scripts.get(name);
  }

  digest(repository: string, tag: string): string {
    return this.#digests.get(`${repository}:${tag}`) ?? '';
  }

  uri(repository: string, tag: string): string {
    return `${this.stand.registry.host}/${repository}@${this.digest(repository, tag)}`;
  }

  tag(repository: string, digest: string): string {
    return TAGS.find((tag) => this.digest(repository, tag) === digest) ?? digest;
  }

  /** ECR loses an image. */
  forget(repository: string, tag: string): void {
    for (const reference of [tag, this.digest(repository, tag)])
      this.stand.registry.manifests.delete(`${repository}:${reference}`);
  }

  /** @throws where Lambda refuses it */
  async update(name: string, imageUri: string): Promise<void> {
    await this.stand.lambda.send(
      new UpdateFunctionCodeCommand({ FunctionName: quiet(name), ImageUri: imageUri }),
    );
  }

  /** Waits until no update is under way. */
  async settled(name: string): Promise<void> {
    for (;;) {
      const found = await orNone(
        this.stand.lambda.send(new GetFunctionCommand({ FunctionName: quiet(name) })),
      );
      const now = found?.Configuration;
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

  /** Gives the alias, or the function, a function URL. */
  async openUrl(name: string, withAlias: boolean): Promise<void> {
    const FunctionName = quiet(name);
    const input = { FunctionName, AuthType: 'NONE' as const, ...(withAlias && { Qualifier: 'live' }) };
    await this.stand.lambda.send(new CreateFunctionUrlConfigCommand(input));
  }

  /** A URL that is not Lambda's; what it answers is the script's. */
  ownUrl(name: string): string {
    return `${this.#urls.url}/${name}`;
  }

  /** @param withAlias whether users call the alias */
  async truth(name: string, repository: string, withAlias: boolean): Promise<Truth> {
    const tag = (digest: string): string => this.tag(repository, digest);
    return await readTruth(this.stand.lambda, quiet(name), withAlias, tag);
  }

  async remove(name: string): Promise<void> {
    this.#scripts.delete(name);
    await orNone(this.stand.lambda.send(new DeleteFunctionCommand({ FunctionName: quiet(name) })));
  }

  async close(): Promise<void> {
    await Promise.all([this.stand.close(), this.#urls.close()]);
  }

  async #answerUrl(response: ServerResponse, { url = '' }: IncomingMessage): Promise<void> {
    const script = this.#scripts.get(url.split('/')[1] ?? '');
    const fault = await script?.before('url:GET');
    if (fault?.hang) return;
    if (fault?.dropConnection) return void response.destroy();
    response.writeHead(fault?.status ?? script?.urlStatus() ?? 404).end(fault?.malformed ? '{"cut' : 'body');
  }
}

/** What the test itself asks for has no faults: it is known by this form of the name. */
function quiet(name: string): string {
  return `${ACCOUNT}:function:${name}`;
}

function isQuiet({ parameters, body }: FaultRequest): boolean {
  const inBody = typeof body === 'object' && body !== null && 'FunctionName' in body ? body.FunctionName : '';
  return (parameters.FunctionName ?? String(inBody)).startsWith(ACCOUNT);
}

/** Of requests that name no function: repository and alarm have its name. */
function owner({ functionName, body }: FaultRequest): string {
  if (functionName !== '' || typeof body !== 'object' || body === null) return functionName;
  if ('repositoryName' in body) return String(body.repositoryName);
  return 'AlarmNames' in body && Array.isArray(body.AlarmNames) ? String(body.AlarmNames[0]) : '';
}
