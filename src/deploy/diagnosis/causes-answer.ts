import type { Cause } from './causes.ts';
import type { Clues } from './clues.ts';

/** Variables by which apps and the adapter are told the path that they are served under. */
const ROOT_PATHS = [
  'API_ROOT_PATH',
  'ROOT_PATH',
  'BASE_PATH',
  'FASTAPI_ROOT_PATH',
  'UVICORN_ROOT_PATH',
  'SCRIPT_NAME',
  'AWS_LWA_REMOVE_BASE_PATH',
];

/** A root path that the asked path does not begin with. */
function otherRoot({ setting, commandLine, evidence }: Clues): { from: string; root: string } | undefined {
  const fromCommand = /--root-path[= ](\/\S+)/.exec(commandLine)?.[1] ?? '';
  const candidates = [
    ...ROOT_PATHS.map((name) => ({ from: `${name}=`, root: setting(name) })),
    { from: '--root-path ', root: fromCommand },
  ];
  return candidates.find(
    ({ root }) => /^\/?[\w.~/-]*\w/.test(root) && !evidence.path.startsWith(root.replace(/\/+$/, '')),
  );
}

/** There was an answer, or Lambda itself refused the call. */
export const answerCauses: readonly Cause[] = [
  {
    id: 'image-deleted',
    evidence:
      'State or LastUpdateStatus reason code ImageDeleted, or Lambda says so when it refuses the call',
    finds: ({ evidence: { refusal }, around: { function: fn } }) =>
      /ImageDeleted|image [^\n]*does not exist/i.test(refusal) ||
      [fn?.stateReasonCode, fn?.lastUpdateReasonCode].includes('ImageDeleted')
        ? {}
        : undefined,
    sentence: 'ECR no longer holds the image of the function.',
    cure: 'Push the image again, and keep lifecycle policies from removing images that functions run.',
  },
  {
    id: 'image-access-denied',
    evidence: 'Reason code ImageAccessDenied, or Lambda says so when it refuses the call',
    finds: ({ evidence: { refusal }, around: { function: fn } }) =>
      /ImageAccessDenied|permission to access the (ECR )?image/i.test(refusal) ||
      [fn?.stateReasonCode, fn?.lastUpdateReasonCode].includes('ImageAccessDenied')
        ? {}
        : undefined,
    sentence: 'Lambda may not pull the image.',
    cure: 'Allow lambda.amazonaws.com `ecr:BatchGetImage` and `ecr:GetDownloadUrlForLayer` in the policy of the repository.',
  },
  {
    id: 'root-path-mismatch',
    evidence:
      '404, while a variable or `--root-path` names a root path that the asked path does not begin with',
    finds: (clues) => {
      const root = clues.evidence.status === 404 ? otherRoot(clues) : undefined;
      return (
        root && {
          path: clues.evidence.path,
          from: `${root.from}${root.root}`,
          whole: `${root.root.replace(/\/+$/, '')}${clues.evidence.path}`,
        }
      );
    },
    sentence: 'The app runs and has nothing at {path}: it is served under a root path ({from}).',
    cure: 'Set `smoke-path: {whole}`, or let the app serve {path} without the root path too.',
  },
  {
    id: 'path-not-found',
    evidence: '404',
    finds: ({ evidence: { status, path } }) => (status === 404 ? { path } : undefined),
    sentence: 'The app runs and has nothing at {path}.',
    cure: 'Set `smoke-path` to a path that the app serves, or `off`.',
  },
  {
    id: 'sign-in-wanted',
    evidence: '401 or 403',
    finds: ({ evidence: { status, path } }) =>
      status === 401 || status === 403 ? { path, status: String(status) } : undefined,
    sentence: 'The app runs and asks for a sign-in at {path} ({status}).',
    cure: 'Set `smoke-path` to a path that is open to everyone, or set `smoke-status`.',
  },
  {
    id: 'redirect',
    evidence: '3xx',
    finds: ({ evidence: { status, path } }) =>
      status >= 300 && status < 400 ? { path, status: String(status) } : undefined,
    sentence: 'The app runs and redirects {path} ({status}).',
    cure: 'Set `smoke-path` to where it redirects, or set `smoke-status`.',
  },
  {
    id: 'response-too-large',
    evidence: 'Function.ResponseSizeTooLarge',
    finds: ({ text }) => (/Function\.ResponseSizeTooLarge/.test(text) ? {} : undefined),
    sentence: 'The answer is larger than the 6 MB that Lambda passes on.',
    cure: 'Set `smoke-path` to a path with a smaller answer.',
  },
];
