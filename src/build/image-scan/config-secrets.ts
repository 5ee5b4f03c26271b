import type { ImageConfig } from '../../docker/image-config.ts';
import { oneLine } from '../../github/foreign-text.ts';
import type { Finding } from '../../record.ts';
import { findSecret, isPlaceholder, isSecretName } from './secrets.ts';

/** More than this are not listed. */
const MOST = 5;

/** What is known not to be secret by its name: where something is, how long it lasts, or what browsers are given. */
const HARMLESS_NAME =
  /(_FILE|_PATH|_DIR|_UR[LI]|_NAME|_HEADER|_TTL|_ISSUER|_ARN|_ENDPOINT|_VERSION|_ALGORITHM|_SHA\d*|_CHECKSUM|_DIGEST|PUBLIC_KEY|_EXPIR\w*)$|^(NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|PUBLIC|VITE|REACT_APP|GATSBY)_/i;
/** Words of people in place of a secret. */
const WORDS =
  /placeholder|dummy|example|change.?me|replace|fake|sample|default|not.?(a.?)?real|build.?time|insert|your|todo|test|secret|password|xxxx|1234/i;
const ELSEWHERE = /^[\w+.-]+:\/\/|^arn:|^(\.{0,2}|~)\/|\$[\w({]|[\s<>{}]|^\d{4}-\d\d-\d\d|^v?\d+(\.\d+)+/i;

const INSTEAD =
  'Replace the secret, since the image is pushed; hand it to the build with `secrets` and `RUN --mount=type=secret`, or to the function by its environment.';

interface Secret {
  rule: string;
  /** `a password in a URL in API_URL` */
  what: string;
}

/**
 * Secrets in an image's config, which whoever can pull the image can read: ENV, what is started, and the history,
 * where values of build arguments and labels stand. Never repeats a value.
 */
export function configSecrets({ environment, entryPoint, command, history }: ImageConfig): Finding[] {
  const variables = Object.entries(environment);
  // A build argument stands at its ARG and at each RUN that follows.
  const ofHistory = new Map<string, Finding>();
  for (const step of history)
    for (const secret of secretsInText(withoutTold(step, variables)))
      if (!ofHistory.has(secret.what))
        ofHistory.set(
          secret.what,
          finding(`The history of the image, at \`${instructionOf(step)}\`,`, secret),
        );
  return [
    ...secretsIn(variables).map((secret) => finding('The environment of the image (ENV)', secret)),
    ...secretsInText([...entryPoint, ...command].join('\n')).map((secret) =>
      finding('ENTRYPOINT or CMD of the image', secret),
    ),
    ...ofHistory.values(),
  ].slice(0, MOST);
}

function finding(place: string, { rule, what }: Secret): Finding {
  return { rule, level: 'error', file: '', line: 0, why: `${place} holds ${what}.`, instead: INSTEAD };
}

/** Without what the environment of the image holds, too: an ENV stands in the history once more. */
function withoutTold(step: string, variables: readonly [string, string][]): string {
  return variables.reduce(
    (text, [name, value]) =>
      text.replaceAll(`${name}=${value}`, (found, at: number, whole: string) =>
        /^($|\s)/.test(whole.charAt(at + found.length)) ? name : found,
      ),
    step,
  );
}

function secretsIn(variables: readonly [string, string][]): Secret[] {
  // Together, since an AWS key and its secret stand in two variables.
  const known = findSecret('', Buffer.from(variables.map((pair) => pair.join('=')).join('\n')));
  return known ? [known] : variables.flatMap(([name, value]) => named(name, value));
}

function secretsInText(text: string): Secret[] {
  const known = findSecret('', Buffer.from(text));
  if (known) return [known];
  const assigned = [...text.matchAll(/(?<!\w)([A-Za-z_]\w*)=("[^"]*"|'[^']*'|\S+)/g)];
  const found = assigned.flatMap(([, name = '', value = '']) => named(name, value));
  if (found.length > 0) return found;
  return hasLogin(text) ? [{ rule: 'secret-in-config', what: 'a password in a URL' }] : [];
}

function named(name: string, value: string): Secret[] {
  const plain = value.replace(/^(["'])(.*)\1$/s, '$2');
  const isNamed = isSecretName(name) && !HARMLESS_NAME.test(name) && looksSecret(plain);
  if (!isNamed && !hasLogin(plain)) return [];
  const what = isNamed ? 'what looks like a secret' : 'a password in a URL';
  return [{ rule: 'secret-in-config', what: `${what}, in ${oneLine(name)}` }];
}

function hasLogin(text: string): boolean {
  return [...text.matchAll(/:\/\/([^/\s:@]*):([^\s@/]+)@/g)].some(
    ([, user = '', password = '']) => user !== password && looksSecret(password),
  );
}

/** Whether a value is made up by a machine, or by someone who took care: no word, place, date, version or template. */
export function looksSecret(value: string): boolean {
  if (value.length < 8 || isPlaceholder(value) || WORDS.test(value) || ELSEWHERE.test(value)) return false;
  const runs = value.match(/[a-z]+|[A-Z]+|\d+|[^a-zA-Z\d]+/g)?.length ?? 0;
  const often = runs / value.length;
  if (runs < 5 || !/[a-z]/i.test(value)) return false;
  return /\d/.test(value) ? often > 0.34 : value.length >= 16 && often > 0.5;
}

/** `RUN npm`, `ARG NPM_TOKEN`: as much as says where it stands, and nothing that could be the secret. */
function instructionOf(step: string): string {
  const text = step.replace(/^\/bin\/sh -c #\(nop\)\s+/, '').trim();
  const ran = /^(?:RUN )?(?:\|\d+ .*? )?\/\S*sh (?:-\S+ |pipefail )*-c ([\w./-]+)(?=\s|$)/s.exec(text)?.[1];
  if (ran !== undefined) return /^[a-z./-]{1,20}$/.test(ran) ? `RUN ${ran}` : 'RUN';
  const [, keyword = 'RUN', name] = /^([A-Z]{3,11})\b(?:\s+([A-Za-z_]\w*)(?==))?/.exec(text) ?? [];
  return name !== undefined && ['ENV', 'ARG'].includes(keyword) ? `${keyword} ${name}` : keyword;
}
