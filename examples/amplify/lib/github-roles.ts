import { Arn, ArnFormat, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { CfnOIDCProvider, FederatedPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

const ISSUER = 'token.actions.githubusercontent.com';

/** A GitHub repository; the numbers are those of `gh api repos/OWNER/NAME --jq '.owner.id, .id'`. */
export interface GitHubRepository {
  owner: string;
  ownerId: number;
  name: string;
  id: number;
}

export interface GitHubRolesProps {
  github: GitHubRepository;
  /** The job's `environment:`, whose rules then decide who deploys. */
  environment: string;
  images: IRepository;
  pullRequests: IRepository;
  functionNames: string[];
  /** `false` where the account has GitHub's provider already: there can be one only. */
  createProvider: boolean;
}

/**
 * Who a job is, in both forms that GitHub's tokens have: with numbers for repositories made or renamed since July
 * 2026, without for older ones. Exact, without wildcards. Where yours has numbers, drop the other form: a name alone
 * belongs to whoever registers it next.
 * @param what the end of the claim, as `environment:production` or `pull_request`
 */
export function subjects({ owner, ownerId, name, id }: GitHubRepository, what: string): string[] {
  return [`repo:${owner}@${ownerId}/${name}@${id}:${what}`, `repo:${owner}/${name}:${what}`];
}

const PUSH = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:InitiateLayerUpload',
  'ecr:UploadLayerPart',
  'ecr:CompleteLayerUpload',
  'ecr:PutImage',
];
const READ = [
  'ecr:BatchGetImage',
  'ecr:GetDownloadUrlForLayer',
  'ecr:DescribeImages',
  'ecr:DescribeRepositories',
];
const DEPLOY = [
  'GetFunction',
  'GetFunctionConfiguration',
  'UpdateFunctionCode',
  'PublishVersion',
  'ListVersionsByFunction',
  'GetAlias',
  'CreateAlias',
  'UpdateAlias',
  'DeleteAlias',
  'InvokeFunction',
  'GetFunctionUrlConfig',
].map((name) => `lambda:${name}`);

/** Two roles for jobs without stored keys: one deploys, and one for pull requests that can reach nothing live. */
export class GitHubRoles extends Construct {
  constructor(scope: Construct, id: string, props: GitHubRolesProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const provider = props.createProvider
      ? new CfnOIDCProvider(this, 'Provider', {
          url: `https://${ISSUER}`,
          clientIdList: ['sts.amazonaws.com'],
        }).attrArn
      : stack.formatArn({ service: 'iam', region: '', resource: 'oidc-provider', resourceName: ISSUER });
    const role = (name: string, what: string): Role =>
      new Role(this, name, {
        maxSessionDuration: Duration.hours(1),
        assumedBy: new FederatedPrincipal(
          provider,
          {
            StringEquals: {
              [`${ISSUER}:aud`]: 'sts.amazonaws.com',
              [`${ISSUER}:sub`]: subjects(props.github, what),
            },
          },
          'sts:AssumeRoleWithWebIdentity',
        ),
      });

    const deploy = role('Deploy', `environment:${props.environment}`);
    allowImages(deploy, props.images);
    allow(
      deploy,
      'Functions',
      DEPLOY,
      props.functionNames.flatMap((functionName) => {
        const arn = Arn.format(
          {
            service: 'lambda',
            resource: 'function',
            resourceName: functionName,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          },
          stack,
        );
        // Itself, and its versions and aliases.
        return [arn, `${arn}:*`];
      }),
    );
    // For `alarms:`; leave it out where there are none.
    allow(deploy, 'Alarms', ['cloudwatch:DescribeAlarms'], ['*']);

    const pullRequest = role('PullRequest', 'pull_request');
    allowImages(pullRequest, props.pullRequests);

    new CfnOutput(this, 'DeployRole', { value: deploy.roleArn });
    new CfnOutput(this, 'PullRequestRole', { value: pullRequest.roleArn });
  }
}

function allow(role: Role, sid: string, actions: string[], resources: string[]): void {
  role.addToPolicy(new PolicyStatement({ sid, actions, resources }));
}

function allowImages(role: Role, repository: IRepository): void {
  // It has no resource to name.
  allow(role, 'SignIn', ['ecr:GetAuthorizationToken'], ['*']);
  allow(role, 'Images', [...PUSH, ...READ], [repository.repositoryArn]);
}
