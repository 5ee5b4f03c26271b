import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { Architecture, DockerImageCode, DockerImageFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { STAGE, StagedApi } from '../lib/staged-api.ts';

/**
 * The example's API with the image built by CDK at each deploy: all in one hand, for sandboxes and small teams. CDK
 * owns this function's code: do not let the action deploy to it too.
 */
export class Api extends Construct {
  /** Where the API answers: `https://.../prod`. */
  readonly url: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const handler = new DockerImageFunction(this, 'Function', {
      code: DockerImageCode.fromImageAsset(join(import.meta.dirname, '../../fastapi'), {
        // Named, since a laptop with an ARM processor builds for itself otherwise, and Lambda runs what it is told to.
        platform: Platform.LINUX_AMD64,
      }),
      architecture: Architecture.X86_64,
      environment: { API_ROOT_PATH: `/${STAGE}` },
      memorySize: 512,
      timeout: Duration.seconds(29),
    });
    this.url = new StagedApi(this, 'Api', handler).url;
  }
}
