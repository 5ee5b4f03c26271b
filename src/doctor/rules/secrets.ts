import type { Project } from '../project.ts';
import type { Rule } from '../rule.ts';
import { contextCopies, lastName } from './context.ts';

const secretName =
  /(^|_)(SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|SECRET_?KEY|CREDENTIALS?)(_ID)?$/i;
/** Names that end alike and hold no secret. */
const harmlessName = /(_FILE|_PATH|_URL|_NAME|_HEADER|_TTL|_ISSUER|PUBLIC_KEY)$/i;
/** Values that are none: empty, taken from elsewhere, or there to be replaced. */
const harmlessValue =
  /^$|^\$|^(changeme|change-me|none|null|false|true|dummy|placeholder|build|test|xxx+|\.\.\.|<.*>)$/i;

/** Rules about secrets that anyone who can pull the image can read. */
export const secretRules: Rule[] = [
  {
    id: 'secret-in-dockerfile',
    level: 'warning',
    why: 'A secret in ENV or ARG stands in the image and in its history, readable by all who can pull it.',
    instead:
      "Give what the build needs by `secrets` and `RUN --mount=type=secret`, and what the app needs by the function's environment.",
    find: ({ dockerfile }) =>
      dockerfile.stages.flatMap((stage) =>
        stage.instructions
          .filter(({ name }) => name === 'ENV' || name === 'ARG')
          .flatMap(({ line, pairs }) =>
            pairs
              .filter(
                ([name, value]) =>
                  secretName.test(name) && !harmlessName.test(name) && !harmlessValue.test(value ?? ''),
              )
              .map(([name]) => ({
                line,
                why: `\`${name}\` stands in the image's history with its value, readable by all who can pull it.`,
              })),
          ),
      ),
  },
  {
    id: 'secret-copied',
    level: 'warning',
    why: 'A file that holds secrets is copied, and stays in its layer even where a later step deletes it.',
    instead: 'Mount it for the one step that needs it: `secret-files` and `RUN --mount=type=secret`.',
    find: (project) =>
      contextCopies(project).flatMap(({ line, sources }) => {
        const secret = sources.find((source) => holdsSecrets(source, project));
        return secret === undefined
          ? []
          : [
              {
                line,
                why: `\`${secret}\` is copied into a layer and stays in it even where a later step deletes it.`,
              },
            ];
      }),
  },
];

function holdsSecrets(source: string, { context }: Project): boolean {
  const name = lastName(source);
  if (/^\.env(\.|$)/.test(name)) return !/\.(example|sample|template)$/.test(name);
  if (name === '.npmrc' || name === '.yarnrc.yml' || name === 'pip.conf')
    // Without a secret in it such a file only says where packages come from.
    return /(_authToken|_auth|_password|npmAuthToken)\s*[=:]\s*(?!["']?\$)\S|:\/\/[^\s/@$]+:[^\s/@$]+@/.test(
      context.text(source) ?? '',
    );
  return (
    /^(id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass|\.aws|\.ssh)$|\.(pem|p12|pfx|key)$/.test(name) &&
    !/^(ca|cert|chain|bundle|public|.*[-_.](ca|cert|bundle|chain|public|pub))\.pem$/.test(name)
  );
}
