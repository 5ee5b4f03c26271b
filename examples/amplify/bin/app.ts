import { App } from 'aws-cdk-lib';
import { GitHubRoles } from '../lib/github-roles.ts';
import { RegistryStack } from '../lib/registry-stack.ts';
import { ServiceStack } from '../lib/service-stack.ts';

const repositoryName = 'todos';
const functionName = 'todos';

const app = new App();
const registry = new RegistryStack(app, 'TodosRegistry', { repositoryName, branch: 'main' });
new GitHubRoles(registry, 'GitHub', {
  // Yours.
  github: { owner: 'octo-org', ownerId: 1, name: 'todos', id: 2 },
  environment: 'production',
  images: registry.images,
  pullRequests: registry.pullRequests,
  functionNames: [functionName],
  createProvider: true,
});
new ServiceStack(app, 'TodosService', { repositoryName, functionName, aliasName: 'live' });
