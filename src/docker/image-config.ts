/** What an image says of how it is run. */
export interface ImageConfig {
  /** As Go names it (`amd64`, `arm64`); '' where it does not say. */
  architecture: string;
  environment: Readonly<Record<string, string>>;
  entryPoint: readonly string[];
  command: readonly string[];
  workingDirectory: string;
  /** The instructions that made it, lowest layer first, as the image's history has them. */
  history: readonly string[];
}

/**
 * Reads an image's config; what is not there, or is none, counts as empty.
 * Source: github.com/opencontainers/image-spec, config.md.
 */
export function imageConfig(parsed: unknown): ImageConfig {
  const whole = objectOf(parsed);
  const config = objectOf(whole.config);
  return {
    architecture: textOf(whole.architecture),
    environment: Object.fromEntries(
      textsOf(config.Env).map((line) => {
        const [name = ''] = line.split('=', 1);
        return [name, line.slice(name.length + 1)];
      }),
    ),
    entryPoint: textsOf(config.Entrypoint),
    command: textsOf(config.Cmd),
    workingDirectory: textOf(config.WorkingDir) || '/',
    history: Array.isArray(whole.history)
      ? whole.history.map((step) => textOf(objectOf(step).created_by)).filter((step) => step !== '')
      : [],
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
