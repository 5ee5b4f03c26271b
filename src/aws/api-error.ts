/**
 * What an error of an AWS API means for the one who asked:
 * - `absent`: no such function, version, alias, repository or image
 * - `busy`: another operation on the function is under way, or it is not ready for calls yet
 * - `stale`: the function or alias is not what the caller had read (RevisionId or CodeSha256)
 * - `throttled`: too many calls
 * - `lost`: no answer, or one that does not say whether the change was made
 * - `denied`: the credentials do not allow it
 * - `credentials`: no or no valid credentials
 * - `refused`: anything else; trying again will not help
 */
export type ApiErrorKind =
  | 'absent'
  | 'busy'
  | 'stale'
  | 'throttled'
  | 'lost'
  | 'denied'
  | 'credentials'
  | 'refused';

/** An error of an AWS API. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: ApiErrorKind;
  /** The action that a policy has to allow: `lambda:UpdateFunctionCode`, ... */
  readonly operation: string;
  /** The exception's name, such as `ResourceConflictException`, or a network error's code. */
  readonly code: string;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;

  constructor(operation: string, kind: ApiErrorKind, code: string, status: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.operation = operation;
    this.kind = kind;
    this.code = code;
    this.status = status;
  }
}

/** The fields of an AWS SDK or Node error that are read. */
interface ForeignError {
  name?: string;
  code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
}

const KINDS: Readonly<Record<string, ApiErrorKind>> = {
  ResourceNotFoundException: 'absent',
  RepositoryNotFoundException: 'absent',
  ImageNotFoundException: 'absent',
  ResourceConflictException: 'busy',
  ResourceInUseException: 'busy',
  ResourceNotReadyException: 'busy',
  CodeArtifactUserPendingException: 'busy',
  SnapStartNotReadyException: 'busy',
  ENINotReadyException: 'busy',
  PreconditionFailedException: 'stale',
  TooManyRequestsException: 'throttled',
  ThrottlingException: 'throttled',
  Throttling: 'throttled',
  RequestLimitExceeded: 'throttled',
  EC2ThrottledException: 'throttled',
  AccessDeniedException: 'denied',
  AccessDenied: 'denied',
  CredentialsProviderError: 'credentials',
  ExpiredTokenException: 'credentials',
  ExpiredToken: 'credentials',
  UnrecognizedClientException: 'credentials',
  InvalidClientTokenId: 'credentials',
  InvalidSignatureException: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  IncompleteSignatureException: 'credentials',
  MissingAuthenticationTokenException: 'credentials',
  ServiceException: 'lost',
  ServerException: 'lost',
  InternalFailure: 'lost',
  InternalServerError: 'lost',
  ServiceUnavailable: 'lost',
  ServiceUnavailableException: 'lost',
};

/**
 * Reads what the SDK threw.
 * Source of the names: the errors of the operations and "Common errors" in the API references of Lambda and ECR.
 */
export function apiError(operation: string, error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const foreign: ForeignError = typeof error === 'object' && error !== null ? error : {};
  const code = foreign.name && foreign.name !== 'Error' ? foreign.name : (foreign.code ?? 'Error');
  const status = foreign.$metadata?.httpStatusCode ?? 0;
  return new ApiError(operation, kindOf(code, status, foreign.message ?? ''), code, status, error);
}

function kindOf(code: string, status: number, message: string): ApiErrorKind {
  // PublishVersion's own way to say that $LATEST is not what the caller had read.
  if (code === 'InvalidParameterValueException' && /is different from current CodeSHA256/i.test(message))
    return 'stale';
  const known = KINDS[code];
  if (known) return known;
  if (status === 429) return 'throttled';
  if (status === 403 || status === 401) return 'denied';
  // A success that could not be read to its end: the change may well have been made.
  if (status >= 200 && status < 300) return 'lost';
  // Without a status there was no answer: time-out, reset, refused connection, name not found.
  // A named exception in the 5xx range (EFSIOException, KMSAccessDeniedException, ...) is an answer.
  return status === 0 || (status >= 500 && !/Exception$/.test(code)) ? 'lost' : 'refused';
}
