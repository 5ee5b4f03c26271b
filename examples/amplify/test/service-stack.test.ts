import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { ServiceStack } from '../lib/service-stack.ts';

function service(): ServiceStack {
  const props = { repositoryName: 'todos', functionName: 'todos', aliasName: 'live' };
  return new ServiceStack(new App(), 'Service', props);
}

/** The one resource of a type: its logical id and itself. */
function only(template: Template, type: string): [string, { Properties: Record<string, unknown> }] {
  const found = Object.entries(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0] as [string, { Properties: Record<string, unknown> }];
}

describe('a function whose code belongs to the action', () => {
  it('is created with an image by digest, given as a parameter', () => {
    const template = Template.fromStack(service());
    template.hasParameter('FirstImageDigest', { Type: 'String', AllowedPattern: '^sha256:[0-9a-f]{64}$' });
    expect(template.findParameters('FirstImageDigest').FirstImageDigest).not.toHaveProperty('Default');
    const [, { Properties }] = only(template, 'AWS::Lambda::Function');
    expect(Properties).toMatchObject({
      PackageType: 'Image',
      Architectures: ['x86_64'],
      FunctionName: 'todos',
    });
    const parts = Properties.Code as { ImageUri: { 'Fn::Join': [string, unknown[]] } };
    const text = parts.ImageUri['Fn::Join'][1]
      .map((part) => (typeof part === 'string' ? part : '*'))
      .join('');
    expect(text).toBe('*.dkr.ecr.*.*/todos@sha256:*');
    expect(parts.ImageUri['Fn::Join'][1].at(-1)).toEqual({
      'Fn::Select': [1, { 'Fn::Split': [':', { Ref: 'FirstImageDigest' }] }],
    });
  });

  it('keeps code, version and alias to the letter when its settings change', () => {
    const before = Template.fromStack(service());
    const changed = service();
    const handler = changed.node.findChild('Function').node.defaultChild as CfnFunction;
    handler.memorySize = 2048;
    handler.environment = { variables: { API_ROOT_PATH: '/prod', LEVEL: 'debug' } };
    const after = Template.fromStack(changed);
    expect(only(after, 'AWS::Lambda::Function')[1].Properties).toMatchObject({ MemorySize: 2048 });
    for (const type of ['AWS::Lambda::Version', 'AWS::Lambda::Alias'])
      expect(only(after, type)).toEqual(only(before, type));
    expect(only(after, 'AWS::Lambda::Function')[1].Properties.Code).toEqual(
      only(before, 'AWS::Lambda::Function')[1].Properties.Code,
    );
    expect(only(after, 'AWS::Lambda::Function')[0]).toBe(only(before, 'AWS::Lambda::Function')[0]);
  });

  it('has an alias with a name and a version, and nothing whose change would put it back', () => {
    const [, alias] = only(Template.fromStack(service()), 'AWS::Lambda::Alias');
    expect(Object.keys(alias.Properties).toSorted()).toEqual(['FunctionName', 'FunctionVersion', 'Name']);
    expect(alias.Properties.Name).toBe('live');
  });

  it('is reached through the alias, under the stage that it is told', () => {
    const template = Template.fromStack(service());
    const [alias] = only(template, 'AWS::Lambda::Alias');
    template.hasResourceProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationUri: { Ref: alias },
      PayloadFormatVersion: '2.0',
    });
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunction',
      FunctionName: { Ref: alias },
      Principal: 'apigateway.amazonaws.com',
    });
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', { StageName: 'prod', AutoDeploy: true });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { API_ROOT_PATH: '/prod' } },
    });
    template.hasOutput('Url', { Value: Match.objectLike({ 'Fn::Join': Match.anyValue() }) });
  });
});
