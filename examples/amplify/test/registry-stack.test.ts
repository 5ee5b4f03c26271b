import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { RegistryStack } from '../lib/registry-stack.ts';

interface Rule {
  rulePriority: number;
  selection: Record<string, unknown>;
  action: { type: string };
}

const template = Template.fromStack(
  new RegistryStack(new App(), 'Registry', { repositoryName: 'todos', branch: 'main' }),
);

function repository(name: string) {
  const found = Object.values(
    template.findResources('AWS::ECR::Repository', { Properties: { RepositoryName: name } }),
  );
  expect(found).toHaveLength(1);
  const resource = found[0] as {
    DeletionPolicy: string;
    Properties: Record<string, unknown> & { LifecyclePolicy: { LifecyclePolicyText: string } };
  };
  const { rules } = JSON.parse(resource.Properties.LifecyclePolicy.LifecyclePolicyText) as { rules: Rule[] };
  return { ...resource, rules };
}

describe('the repository that functions run from', () => {
  const { Properties, DeletionPolicy, rules } = repository('todos');

  it('expires nothing that has a tag', () => {
    expect(rules.map(({ selection }) => selection.tagStatus)).toEqual(['untagged']);
    expect(DeletionPolicy).toBe('Retain');
  });

  it('lets no tag of a build move away from an image; branch and caches move', () => {
    expect(Properties.ImageTagMutability).toBe('IMMUTABLE_WITH_EXCLUSION');
    const filters = Properties.ImageTagMutabilityExclusionFilters as Record<string, string>[];
    const moving = filters.map((filter) => filter.ImageTagMutabilityExclusionFilterValue ?? '');
    expect(moving).toEqual(['main', 'cache-*']);
    const moves = (tag: string) =>
      moving.some((text) => new RegExp(`^${text.replace('*', '.*')}$`).test(tag));
    expect(['sha-0123456789ab', 'inputs-0123456789abcdef', 'v1.0.0'].filter(moves)).toEqual([]);
  });

  it('can be read by Lambda for functions of this account and Region, and by no one else', () => {
    const { Statement } = Properties.RepositoryPolicyText as { Statement: Record<string, unknown>[] };
    expect(Statement).toHaveLength(1);
    expect(Statement[0]).toMatchObject({
      Effect: 'Allow',
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
    });
    const text = JSON.stringify(Statement[0]?.Condition);
    expect(text).toContain('AWS::AccountId');
    expect(text).toContain(':function:*');
  });
});

describe('the repository of pull requests', () => {
  it('expires everything by age, and Lambda cannot read it', () => {
    const { Properties, rules } = repository('todos-pr');
    expect(rules).toHaveLength(1);
    expect(rules[0]?.selection).toEqual({
      tagStatus: 'any',
      countType: 'sinceImagePushed',
      countNumber: 14,
      countUnit: 'days',
    });
    expect(Properties).not.toHaveProperty('RepositoryPolicyText');
  });
});
