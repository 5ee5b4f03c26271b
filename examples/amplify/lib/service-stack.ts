import { CfnOutput, CfnParameter, Duration, Fn, Stack, type StackProps } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import {
  Alias,
  Architecture,
  CfnVersion,
  DockerImageCode,
  DockerImageFunction,
  Version,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { STAGE, StagedApi } from './staged-api.ts';

export interface ServiceStackProps extends StackProps {
  /** ECR repository of the function's images; it belongs to another stack and is there before this one. */
  repositoryName: string;
  functionName: string;
  /** The alias that users reach and that the action moves. */
  aliasName: string;
}

/**
 * A function whose settings belong to CDK and whose code belongs to the action, so that the two do not fight.
 *
 * CloudFormation compares a template with the template before, not with what is there: as long as the properties below
 * say the same, it leaves code and alias alone, wherever the action has put them. So nothing here may change with a
 * deploy: the image is a parameter that is given once, and version and alias name nothing that moves.
 */
export class ServiceStack extends Stack {
  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    const digest = new CfnParameter(this, 'FirstImageDigest', {
      description:
        'Digest that the function is created with. Later deploys keep the value; the action changes the code',
      allowedPattern: '^sha256:[0-9a-f]{64}$',
    });
    const handler = new DockerImageFunction(this, 'Function', {
      // Fixed: the action calls it by its name.
      functionName: props.functionName,
      // By digest and not by tag. CDK joins it by `@` only where it sees `sha256:`, which a parameter hides.
      code: DockerImageCode.fromEcr(Repository.fromRepositoryName(this, 'Images', props.repositoryName), {
        tagOrDigest: `sha256:${Fn.select(1, Fn.split(':', digest.valueAsString))}`,
      }),
      architecture: Architecture.X86_64,
      environment: { API_ROOT_PATH: `/${STAGE}` },
      memorySize: 512,
      timeout: Duration.seconds(29),
    });
    // Not `handler.currentVersion`: that is another version at each change of a setting, with the first image in it,
    // and the alias would follow.
    const first = new CfnVersion(this, 'FirstVersion', { functionName: handler.functionName });
    // It needs this alias for its permission. Name and version alone: any other property that changes makes
    // CloudFormation write all of them, and the alias is back at version 1.
    const alias = new Alias(this, 'Alias', {
      aliasName: props.aliasName,
      version: Version.fromVersionAttributes(this, 'First', { lambda: handler, version: first.attrVersion }),
    });
    new CfnOutput(this, 'Url', { value: new StagedApi(this, 'Api', alias).url });
  }
}
