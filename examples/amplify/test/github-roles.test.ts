import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { GitHubRoles, subjects } from '../lib/github-roles.ts';
import { RegistryStack } from '../lib/registry-stack.ts';

const github = { owner: 'octo-org', ownerId: 1, name: 'todos', id: 2 };

interface Statement {
  Sid: string;
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}

function roles(createProvider = true): Template {
  const stack = new RegistryStack(new App(), 'Registry', { repositoryName: 'todos', branch: 'main' });
  const { images, pullRequests } = stack;
  new GitHubRoles(stack, 'GitHub', {
    github,
    images,
    pullRequests,
    environment: 'production',
    functionNames: ['todos'],
    createProvider,
  });
  return Template.fromStack(stack as Stack);
}

/** The properties of the one resource of a type whose logical id holds `name`. */
function properties<T>(template: Template, type: string, name: string): T {
  const found = Object.entries(template.findResources(type)).filter(([id]) => id.includes(name));
  expect(found).toHaveLength(1);
  return (found[0]?.[1] as { Properties: T } | undefined)?.Properties as T;
}

/** The statements of the role whose logical id holds `name`, by Sid. */
function statements(template: Template, name: string): Record<string, Statement> {
  const { PolicyDocument } = properties<{ PolicyDocument: { Statement: Statement[] } }>(
    template,
    'AWS::IAM::Policy',
    name,
  );
  return Object.fromEntries(PolicyDocument.Statement.map((one) => [one.Sid, one]));
}

/** The condition of the trust of the role whose logical id holds `name`. */
function trust(template: Template, name: string): unknown {
  const { AssumeRolePolicyDocument } = properties<{
    AssumeRolePolicyDocument: { Statement: { Action: string; Condition: unknown }[] };
  }>(template, 'AWS::IAM::Role', name);
  const [statement, ...others] = AssumeRolePolicyDocument.Statement;
  expect(others).toEqual([]);
  expect(statement?.Action).toBe('sts:AssumeRoleWithWebIdentity');
  return statement?.Condition;
}

const IMAGES = [
  'ecr:BatchCheckLayerAvailability',
  'ecr:InitiateLayerUpload',
  'ecr:UploadLayerPart',
  'ecr:CompleteLayerUpload',
  'ecr:PutImage',
  'ecr:BatchGetImage',
  'ecr:GetDownloadUrlForLayer',
  'ecr:DescribeImages',
  'ecr:DescribeRepositories',
];

describe('roles for GitHub', () => {
  it('know a job by both forms of its name, word for word', () => {
    expect(subjects(github, 'environment:production')).toEqual([
      'repo:octo-org@1/todos@2:environment:production',
      'repo:octo-org/todos:environment:production',
    ]);
    const template = roles();
    const condition = (what: string) => ({
      StringEquals: {
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:sub': subjects(github, what),
      },
    });
    expect(trust(template, 'GitHubDeploy')).toEqual(condition('environment:production'));
    expect(trust(template, 'GitHubPullRequest')).toEqual(condition('pull_request'));
  });

  it('deploy with what the action calls, on one repository and one function', () => {
    const { SignIn, Images, Functions, Alarms, ...others } = statements(roles(), 'GitHubDeploy');
    expect(others).toEqual({});
    expect(SignIn).toMatchObject({ Action: 'ecr:GetAuthorizationToken', Resource: '*' });
    expect(Images?.Action).toEqual(IMAGES);
    expect(Images?.Resource).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Images/), 'Arn'] });
    expect(Functions?.Action).toEqual([
      'lambda:GetFunction',
      'lambda:GetFunctionConfiguration',
      'lambda:UpdateFunctionCode',
      'lambda:PublishVersion',
      'lambda:ListVersionsByFunction',
      'lambda:GetAlias',
      'lambda:CreateAlias',
      'lambda:UpdateAlias',
      'lambda:DeleteAlias',
      'lambda:InvokeFunction',
      'lambda:GetFunctionUrlConfig',
    ]);
    const resources = (Functions?.Resource ?? []) as { 'Fn::Join': [string, unknown[]] }[];
    const arns = resources.map((arn) =>
      arn['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : '*')).join(''),
    );
    expect(arns).toEqual(['arn:*:lambda:*:*:function:todos', 'arn:*:lambda:*:*:function:todos:*']);
    expect(Alarms).toMatchObject({ Action: 'cloudwatch:DescribeAlarms', Resource: '*' });
  });

  it('let a pull request push to the repository of pull requests, and nothing else', () => {
    const { SignIn, Images, ...others } = statements(roles(), 'GitHubPullRequest');
    expect(others).toEqual({});
    expect(SignIn).toMatchObject({ Action: 'ecr:GetAuthorizationToken', Resource: '*' });
    expect(Images?.Action).toEqual(IMAGES);
    expect(Images?.Resource).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^PullRequestImages/), 'Arn'] });
  });

  it('make the provider, or take the one that is there', () => {
    roles().hasResourceProperties('AWS::IAM::OIDCProvider', {
      Url: 'https://token.actions.githubusercontent.com',
      ClientIdList: ['sts.amazonaws.com'],
    });
    const template = roles(false);
    template.resourceCountIs('AWS::IAM::OIDCProvider', 0);
    expect(JSON.stringify(template.findResources('AWS::IAM::Role'))).toContain(
      ':oidc-provider/token.actions.githubusercontent.com',
    );
  });
});
