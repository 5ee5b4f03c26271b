/** An error as AWS answers it: HTTP status, class name, text. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly status: number;
  /** The class name, as the SDKs know it. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** 404 of Lambda. */
export function notFound(message: string): AwsError {
  return new AwsError(404, 'ResourceNotFoundException', message);
}

/** 404 of Lambda for a function, a version or an alias. */
export function functionNotFound(arn: string): AwsError {
  return notFound(`Function not found: ${arn}`);
}

/** 409: something else is under way, or it exists already. */
export function conflict(message: string): AwsError {
  return new AwsError(409, 'ResourceConflictException', message);
}

/** 400: the request is well formed and yet wrong. */
export function invalidParameter(message: string): AwsError {
  return new AwsError(400, 'InvalidParameterValueException', message);
}

/** 400: the request breaks a constraint of the API's model. */
export function validationError(value: string, field: string, constraint: string): AwsError {
  return new AwsError(
    400,
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${field}' failed to satisfy constraint: ${constraint}`,
  );
}

/** 412: the caller looked at an older state. */
export function wrongRevision(source = 'GetFunction/GetAlias'): AwsError {
  return new AwsError(
    412,
    'PreconditionFailedException',
    `The Revision Id provided does not match the latest Revision Id. Call the ${source} API to retrieve the latest Revision Id`,
  );
}

/** 403 for an action that a policy would have to allow. */
export function accessDenied(message: string): AwsError {
  return new AwsError(403, 'AccessDeniedException', message);
}
