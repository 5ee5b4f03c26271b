import { GetFunctionUrlConfigCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Budget } from './budget.ts';
import type { AwsConfig } from './credentials.ts';
import { once, read } from './requests.ts';

/** The URL of a function or of one of its aliases. */
export interface FunctionUrl {
  /** `https://ID.lambda-url.REGION.on.aws/` */
  url: string;
  /** Whether a caller must sign (AuthType AWS_IAM). */
  signed: boolean;
  /** How it calls the function, and so in which form it wants the answer. */
  invokeMode: 'BUFFERED' | 'RESPONSE_STREAM';
}

/** What came back from a URL. */
export interface UrlAnswer {
  status: number;
  body: string;
}

/** Function URLs, and GET requests to them and to any other URL. */
export interface UrlApi {
  /**
   * @param qualifier an alias; '' for the URL of the function itself
   * @returns undefined where there is none
   * @throws ApiError, OutOfTime, the reason of the budget's signal
   */
  find(functionName: string, qualifier: string, budget: Budget): Promise<FunctionUrl | undefined>;
  /**
   * Asks once and follows no redirect: where a path leads is part of what is tested.
   * @param signed sign as Lambda wants it (SigV4, service `lambda`)
   * @throws ApiError of the kind `lost` where there is no answer; the reason of the budget's signal
   */
  get(url: URL, signed: boolean, budget: Budget): Promise<UrlAnswer>;
  close(): void;
}

/** Endpoints follow the SDK's own AWS_ENDPOINT_URL variables. */
export function urlApi(config: AwsConfig): UrlApi {
  const client = new LambdaClient({ ...config, maxAttempts: 1 });

  async function signature(url: URL): Promise<Record<string, string>> {
    const { SignatureV4 } = await import('@smithy/signature-v4');
    const { credentials, sha256 } = client.config;
    const signer = new SignatureV4({ service: 'lambda', region: config.region, credentials, sha256 });
    const query: Record<string, string[]> = {};
    for (const name of url.searchParams.keys()) query[name] = url.searchParams.getAll(name);
    const { headers } = await signer.sign({
      method: 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query,
      headers: { host: url.host },
    });
    // fetch sets the host by itself, to the same.
    const { host: _host, ...rest } = headers;
    return rest;
  }

  return {
    async find(functionName, qualifier, budget) {
      const input = { FunctionName: functionName, ...(qualifier && { Qualifier: qualifier }) };
      const answer = await read('lambda:GetFunctionUrlConfig', budget, (abortSignal) =>
        client.send(new GetFunctionUrlConfigCommand(input), { abortSignal }),
      );
      if (!answer?.FunctionUrl) return undefined;
      return {
        url: answer.FunctionUrl,
        signed: answer.AuthType === 'AWS_IAM',
        invokeMode: answer.InvokeMode === 'RESPONSE_STREAM' ? 'RESPONSE_STREAM' : 'BUFFERED',
      };
    },
    async get(url, signed, budget) {
      const own = { accept: '*/*', 'user-agent': 'deploy-lambda-container' };
      const headers = signed ? { ...own, ...(await signature(url)) } : own;
      return await once(
        `GET ${url.origin}`,
        Math.max(1, budget.leftMs()),
        async (signal) => {
          const response = await fetch(url, { headers, redirect: 'manual', signal });
          return { status: response.status, body: await response.text() };
        },
        budget.signal,
      );
    },
    close: () => client.destroy(),
  };
}
