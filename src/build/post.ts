import * as core from '@actions/core';
import { removeBuilder } from '../docker/builder.ts';
import { removePrivateConfig } from '../docker/config.ts';
import { runAction } from '../github/action.ts';

/** Leaves nothing behind: a builder that main made, and the folder with the registry login. */
await runAction(async () => {
  const folder = core.getState('docker-config');
  const builder = core.getState('builder');
  if (builder !== '')
    await removeBuilder(
      { program: 'docker', env: { ...process.env, BUILDX_CONFIG: core.getState('buildx-config') } },
      builder,
    );
  if (folder !== '') await removePrivateConfig(folder);
});
