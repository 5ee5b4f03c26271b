/** A secret in a file: which kind, in words that do not repeat it. */
export interface SecretKind {
  rule: 'secret-private-key' | 'secret-aws-key' | 'secret-token' | 'secret-env-file' | 'secret-credentials';
  /** `an AWS access key` */
  what: string;
}

/** Folders of other people's packages: keys in them are for their tests, and public. */
const PACKAGES =
  /(^|\/)(node_modules|site-packages|dist-packages|vendor\/bundle|gems|pkg\/mod|\.cargo|rustlib)\/|^(usr|lib|lib64|etc\/ssl|etc\/pki|etc\/ca-certificates|var\/lib|var\/task\/node_modules|proc|sys)\//;

const NAMED =
  /(^|\/)(\.env(\.[\w-]+)*|\.npmrc|\.yarnrc(\.yml)?|\.pypirc|pip\.conf|\.netrc|\.git-credentials|id_(rsa|dsa|ecdsa|ed25519)|credentials|\.aws\/(credentials|config)|\.docker\/config\.json|\.dockercfg|[^/]+\.(pem|key|p8|ppk))$/;
const HARMLESS =
  /\.(example|sample|template|dist|defaults?|test|schema)$|(^|\/)\.env\.(example|sample|template|dist|defaults?|test)/;

const BINARY = /\.(map|css|png|jpe?g|gif|webp|ico|svg|woff2?|so|node|pyc|class|jar|gz|zip|wasm)$/;

/** Most bytes of one file that are looked at. */
export const SECRET_BYTES = 64 * 1024;

/** Whether the content of a file is to be looked at, by its path (no leading `/`) and size. */
export function mayHoldSecret(path: string, size: number): boolean {
  if (size === 0 || HARMLESS.test(path)) return false;
  if (PACKAGES.test(path)) return false;
  if (NAMED.test(path)) return true;
  return size <= SECRET_BYTES && !BINARY.test(path);
}

const PLACEHOLDER =
  /^(["']?)(|\$\{?.*|<.*>|x+|\*+|\.+|change.?me.*|your.*|example.*|dummy.*|test.*|secret|password|todo|null|none|undefined|true|false|\d{1,6})\1$/i;
const SECRET_NAME = /(SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?)(_\w+)?$/i;

/** Whether a value stands for one that is not there: empty, a variable, or a word such as `changeme`. */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value);
}

/** Whether a variable of this name may hold a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/**
 * In every text that holds a token, and in few others. The whole patterns take seven times as long: they try at each
 * letter, this one only at `_` and `xox`.
 */
const TOKEN_PREFIX = /_(?<=gh[pousr]_|github_pat_|npm_|sk_live_)|xox[bap]-/;

/** The secret in a file's content, the worst first; undefined where none is seen. Never throws. */
export function findSecret(path: string, content: Buffer): SecretKind | undefined {
  const text = content.toString('latin1');
  if (
    text.includes('-----BEGIN') &&
    /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*(?:\\n)?[A-Za-z0-9+/=:,\s\\-]{64}/.test(text)
  )
    return { rule: 'secret-private-key', what: 'a private key' };
  // The keys of AWS's own documentation hold the word EXAMPLE.
  const real = (pattern: RegExp): boolean =>
    [...text.matchAll(pattern)].some(([key]) => !key.includes('EXAMPLE'));
  if (
    (text.includes('AKIA') || text.includes('ASIA')) &&
    real(/(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])/g) &&
    real(/(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g)
  )
    return { rule: 'secret-aws-key', what: 'an AWS access key with its secret' };
  if (
    TOKEN_PREFIX.test(text) &&
    /\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{22,}|\bnpm_[A-Za-z0-9]{36}\b|\bxox[bap]-\d+-[\w-]{20,}|\bsk_live_\w{20,}/.test(
      text,
    )
  )
    return { rule: 'secret-token', what: 'an access token' };
  return fromName(path, text);
}

function fromName(path: string, text: string): SecretKind | undefined {
  const name = path.split('/').at(-1) ?? '';
  const value = (pattern: RegExp): boolean =>
    [...text.matchAll(pattern)].some((found) => !PLACEHOLDER.test((found[1] ?? '').trim()));
  if (name === '.npmrc' || name.startsWith('.yarnrc'))
    return value(/(?:_authToken|_auth|_password|npmAuthToken)["']?\s*[=:]\s*(\S+)/g)
      ? { rule: 'secret-token', what: "a package registry's token" }
      : undefined;
  if (/^(\.pypirc|pip\.conf|\.netrc|\.git-credentials)$/.test(name))
    return value(/(?:\bpassword\s*[=:]?\s*|:\/\/[^/\s:@]+:)([^\s@]+)/g)
      ? { rule: 'secret-credentials', what: 'a password' }
      : undefined;
  if (/\.docker\/config\.json$|\.dockercfg$/.test(path))
    return value(/"(?:auth|identitytoken|registrytoken)"\s*:\s*"([^"]{4,})"/g)
      ? { rule: 'secret-credentials', what: "a registry's login" }
      : undefined;
  return /^\.env(\.|$)/.test(name) ? inEnvFile(text) : undefined;
}

function inEnvFile(text: string): SecretKind | undefined {
  for (const [, variable = '', given = ''] of text.matchAll(
    /^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*([^\r\n]*)$/gm,
  )) {
    const login = /:\/\/[^/\s:@]+:([^\s@]+)@/.exec(given)?.[1];
    if (login && !PLACEHOLDER.test(login))
      return { rule: 'secret-env-file', what: `a password in ${variable}` };
    if (SECRET_NAME.test(variable) && given.length >= 8 && !PLACEHOLDER.test(given))
      return { rule: 'secret-env-file', what: `a value of ${variable}` };
  }
  return undefined;
}
