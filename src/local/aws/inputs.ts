import { createHash } from 'node:crypto';
import { z } from 'zod';
import { invalidParameter } from './aws-error.ts';
import type { CodeState, SettingsState } from './state.ts';

/** Requests of Lambda's operations, as far as they are understood here. Messages are the constraint of AWS. */

const architectures = z
  .array(
    z.enum(
      ['x86_64', 'arm64'],
      'Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]',
    ),
  )
  .max(1, 'Member must have length less than or equal to 1');
const environment = z.object({ Variables: z.record(z.string(), z.string()).optional() });
const role = z
  .string()
  .regex(
    /^arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role\/?[a-zA-Z_0-9+=,.@\-_/]+$/,
    'Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+',
  );
const imageConfig = z.object({
  EntryPoint: z.array(z.string()).optional(),
  Command: z.array(z.string()).optional(),
  WorkingDirectory: z.string().optional(),
});
const settings = {
  Description: z.string().max(256, 'Member must have length less than or equal to 256').optional(),
  MemorySize: z
    .int()
    .min(128, 'Member must have value greater than or equal to 128')
    .max(10_240, 'Member must have value less than or equal to 10240')
    .optional(),
  Timeout: z
    .int()
    .min(1, 'Member must have value greater than or equal to 1')
    .max(900, 'Member must have value less than or equal to 900')
    .optional(),
  Environment: environment.optional(),
  Handler: z.string().optional(),
  Runtime: z.string().optional(),
  ImageConfig: imageConfig.optional(),
};

export const createFunctionInput = z.object({
  ...settings,
  FunctionName: z.string(),
  Role: role,
  PackageType: z.enum(['Image', 'Zip'], 'Member must satisfy enum value set: [Image, Zip]').optional(),
  Code: z.object({
    ImageUri: z.string().optional(),
    ZipFile: z.string().optional(),
    S3Bucket: z.string().optional(),
  }),
  Architectures: architectures.optional(),
  Publish: z.boolean().optional(),
  Tags: z.record(z.string(), z.string()).optional(),
});

export const updateCodeInput = z.object({
  ImageUri: z.string().optional(),
  ZipFile: z.string().optional(),
  S3Bucket: z.string().optional(),
  Architectures: architectures.optional(),
  Publish: z.boolean().optional(),
  DryRun: z.boolean().optional(),
  RevisionId: z.string().optional(),
});

export const updateConfigurationInput = z.object({
  ...settings,
  Role: role.optional(),
  RevisionId: z.string().optional(),
});

export const publishInput = z.object({
  CodeSha256: z.string().optional(),
  Description: z.string().optional(),
  RevisionId: z.string().optional(),
});

/**
 * Settings after a change: what the request does not name stays; Environment and ImageConfig are replaced whole.
 */
export function changedSettings(
  old: SettingsState,
  input: z.infer<typeof updateConfigurationInput>,
): SettingsState {
  const variables = input.Environment?.Variables ?? (input.Environment ? {} : undefined);
  return {
    description: input.Description ?? old.description,
    role: input.Role ?? old.role,
    memorySize: input.MemorySize ?? old.memorySize,
    timeout: input.Timeout ?? old.timeout,
    // Sorted, so that the same variables in another order are the same settings.
    environment: variables
      ? Object.fromEntries(Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1)))
      : old.environment,
    handler: input.Handler ?? old.handler,
    runtime: input.Runtime ?? old.runtime,
    imageConfig: input.ImageConfig ?? old.imageConfig,
  };
}

/**
 * The code of a zip file: kept as its hash alone, since zip functions exist here but do not run.
 * @param zipFile Base64
 * @throws AwsError where it is no zip file
 */
export function zipCode(zipFile: string, architecture: CodeState['architecture']): CodeState {
  const bytes = Buffer.from(zipFile, 'base64');
  if (bytes.subarray(0, 2).toString('latin1') !== 'PK')
    throw invalidParameter(
      'Could not unzip uploaded file. Please check your file, then try to upload again.',
    );
  return {
    packageType: 'Zip',
    architecture,
    sha256: createHash('sha256').update(bytes).digest('base64'),
    size: bytes.length,
  };
}
