import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import {
  ImageTagMutabilityExclusionFilter,
  type IRepository,
  Repository,
  TagMutability,
  TagStatus,
} from 'aws-cdk-lib/aws-ecr';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

export interface RegistryStackProps extends StackProps {
  /** Name of the repository that functions run from; pull requests have `<name>-pr`. */
  repositoryName: string;
  /** The branch that is deployed: its tag moves. */
  branch: string;
}

/**
 * Two repositories, since ECR's rules know tags, counts and ages and not what a function runs. An image of a pull
 * request may be live: after the merge nothing of it has changed, and the build is reused. So pull requests have a
 * repository of their own, where everything may go, and nothing that was deployed ever comes from it.
 */
export class RegistryStack extends Stack {
  readonly images: IRepository;
  readonly pullRequests: IRepository;

  constructor(scope: Construct, id: string, props: RegistryStackProps) {
    super(scope, id, props);
    const images = new Repository(this, 'Images', {
      repositoryName: props.repositoryName,
      imageScanOnPush: true,
      removalPolicy: RemovalPolicy.RETAIN,
      // `sha-...` and `inputs-...` stay where they were put: an image that was deployed can never lose its last tag,
      // and the rule below can never match it.
      imageTagMutability: TagMutability.IMMUTABLE_WITH_EXCLUSION,
      imageTagMutabilityExclusionFilters: [
        ImageTagMutabilityExclusionFilter.wildcard(props.branch),
        ImageTagMutabilityExclusionFilter.wildcard('cache-*'),
      ],
      lifecycleRules: [
        {
          description: 'What never had a tag of its own: caches of before, pushes that broke off',
          tagStatus: TagStatus.UNTAGGED,
          maxImageAge: Duration.days(14),
        },
      ],
    });
    // Else Lambda adds it, for which the deploying role would need ecr:SetRepositoryPolicy.
    const service = new ServicePrincipal('lambda.amazonaws.com', {
      conditions: {
        StringLike: {
          'aws:sourceArn': this.formatArn({ service: 'lambda', resource: 'function:*' }),
        },
      },
    });
    images.grantPull(service);
    this.images = images;
    this.pullRequests = new Repository(this, 'PullRequestImages', {
      repositoryName: `${props.repositoryName}-pr`,
      imageScanOnPush: true,
      removalPolicy: RemovalPolicy.DESTROY,
      emptyOnDelete: true,
      lifecycleRules: [
        {
          description: 'No function runs from here',
          tagStatus: TagStatus.ANY,
          maxImageAge: Duration.days(14),
        },
      ],
    });
  }
}
