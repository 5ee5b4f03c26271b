import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { Api } from '../amplify/api.ts';

describe('an image that CDK builds', () => {
  const app = new App();
  const stack = new Stack(app, 'Api');
  new Api(stack, 'Api');
  const template = Template.fromStack(stack);
  const assembly = app.synth();

  it('is for the architecture of its function, and knows its stage', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      PackageType: 'Image',
      Architectures: ['x86_64'],
      Environment: { Variables: { API_ROOT_PATH: '/prod' } },
    });
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', { StageName: 'prod' });
    const manifest = JSON.parse(readFileSync(join(assembly.directory, 'Api.assets.json'), 'utf8')) as {
      dockerImages: Record<string, { source: { directory: string; platform: string } }>;
    };
    const images = Object.values(manifest.dockerImages);
    expect(images.map(({ source }) => source.platform)).toEqual(['linux/amd64']);
    // What CDK would send to the build, without what .dockerignore names.
    const files = readdirSync(join(assembly.directory, images[0]?.source.directory ?? ''));
    expect(files).toEqual(expect.arrayContaining(['Dockerfile', 'pyproject.toml', 'src', 'uv.lock']));
    expect(files).not.toEqual(expect.arrayContaining(['tests']));
  });
});
