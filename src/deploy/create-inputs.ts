import { InputError, type Inputs } from '../github/inputs.ts';

/** How a function that does not exist is created. */
export interface CreateInputs {
  /** ARN of its execution role. */
  role: string;
  memoryMb: number;
  timeoutSeconds: number;
  /** '' means that of the image. */
  architecture: '' | 'amd64' | 'arm64';
}

/**
 * Reads `create-function`, `function-memory`, `function-timeout` and `function-architecture`.
 * @returns undefined where no function is to be created
 * @throws InputError
 */
export function readCreate(inputs: Inputs): CreateInputs | undefined {
  const role = inputs.text('create-function');
  const memory = inputs.text('function-memory') || '512';
  const memoryMb = Number(memory);
  if (!/^\d+$/.test(memory) || memoryMb < 128 || memoryMb > 10_240)
    throw new InputError('function-memory', memory, '128 to 10240 (MB)');
  const timeoutSeconds = inputs.duration('function-timeout', '30s') / 1000;
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds > 900)
    throw new InputError('function-timeout', inputs.text('function-timeout'), 'whole seconds, `15m` at most');
  const architecture = inputs.choice('function-architecture', ['amd64', 'arm64'] as const, 'amd64');
  if (role === '') return undefined;
  if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/.test(role))
    throw new InputError(
      'create-function',
      role,
      "the ARN of the function's execution role, `arn:aws:iam::123456789012:role/NAME`",
    );
  const given = inputs.text('function-architecture') !== '';
  return { role, memoryMb, timeoutSeconds, architecture: given ? architecture : '' };
}
