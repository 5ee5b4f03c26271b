import type { ProjectSource } from '../doctor/project.ts';
import { DeployError } from '../errors.ts';
import type { Inputs } from '../github/inputs.ts';

/**
 * Checks what only the root action knows: that there is an image to build or to deploy, and something to do with it.
 * @throws InputError, DeployError
 */
export function checkRootInputs(inputs: Inputs): void {
  inputs.choice('deploy', ['auto', 'true', 'false'], 'auto');
  const rollsBack = inputs.text('rollback-to') !== '';
  if (rollsBack && inputs.list('function-name').length === 0)
    throw new DeployError(
      'Input `function-name` is empty although `rollback-to` is given: there is nothing to roll back.',
      'Name the function whose alias shall go back.',
    );
  if (!rollsBack && inputs.text('repository') === '' && inputs.text('image-uri') === '')
    throw new DeployError(
      'Inputs `repository` and `image-uri` are both empty; allowed: one of them.',
      'Name the ECR `repository` to build and push to, or an `image-uri` to deploy as it is.',
    );
  if (inputs.text('image-uri') !== '' && inputs.list('function-name').length === 0)
    throw new DeployError(
      'Input `function-name` is empty although `image-uri` is given: nothing to build and nothing to deploy.',
      'Name the function that shall run this image.',
    );
  if (inputs.list('function-name').length === 0 && inputs.text('deploy') === 'true')
    throw new DeployError(
      'Input `function-name` is empty although `deploy` is "true".',
      'Name the function, or leave `deploy` out to build only.',
    );
}

/**
 * What the preflight reads. The build itself refuses malformed inputs of its own; here they count as absent.
 * @param workspace GITHUB_WORKSPACE
 */
export function preflightSource(inputs: Inputs, workspace: string): ProjectSource {
  const platform = inputs.text('platform');
  return {
    context: inputs.text('context') || '.',
    file: inputs.text('file'),
    target: inputs.text('target'),
    // With a function its architecture decides, which only AWS knows.
    platform: platform || (inputs.list('function-name').length === 0 ? 'linux/amd64' : ''),
    buildArgs: Object.fromEntries(
      inputs.list('build-args').flatMap((entry) => {
        const equals = entry.indexOf('=');
        return equals > 0 ? [[entry.slice(0, equals), entry.slice(equals + 1)]] : [];
      }),
    ),
    workspace,
  };
}
