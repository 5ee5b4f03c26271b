import type { Style } from '../app.ts';
import { replaced } from '../app-files.ts';

const MOUNT = '--mount=type=cache,target=/root/.cache/uv \\\n    ';
const RUN_STAGE = '# Run stage: ';
const VENV = 'COPY --link --from=builder /app/.venv ./.venv\n';

/** How each rule of the example's Dockerfile is broken. */
const BROKEN: Partial<Record<Style, (example: string) => string>> = {
  recommended: (example) => example,
  unordered: (example) => replaced(example, [['COPY --link pyproject.toml uv.lock ./', 'COPY --link . .']]),
  unlinked: (example) => replaced(example, [['COPY --link ', 'COPY ']]),
  single: (example) => {
    const start = example.indexOf(RUN_STAGE);
    const [before, after] = [example.slice(0, start), example.slice(start)];
    // The second FROM and the WORKDIR after it go; what follows stands on the stage before.
    const rest = after.replace(/FROM .*\nWORKDIR \/app\n/, '');
    if (start < 0 || rest === after)
      throw new Error(`the Dockerfile does not hold: ${RUN_STAGE}, FROM, WORKDIR`);
    return before + replaced(rest, [[VENV, '']]);
  },
  uncompiled: (example) => {
    const settings = 'UV_COMPILE_BYTECODE=1 \\\n    PYC_INVALIDATION_MODE=UNCHECKED_HASH \\\n    ';
    const line = /^RUN python -c "import .*\n/m.exec(example)?.[0] ?? 'RUN python -c "import';
    return replaced(example, [
      [settings, ''],
      [line, ''],
    ]);
  },
  unmounted: (example) => replaced(example, [[MOUNT, '']]),
};

/**
 * The Dockerfile of the app.
 * @param example that of examples/fastapi
 * @param imports what the app imports beside FastAPI, which its library's bytecode is made for
 * @throws Error where the example does not hold a line that is to be changed
 */
export function dockerfile(style: Style, example: string, imports: readonly string[]): string {
  if (style === 'usual') return usual(example);
  const own = replaced(example, [['import fastapi, ', `import ${imports.join(', ')}, fastapi, `]]);
  const broken = BROKEN[style];
  if (!broken) throw new Error(`the FastAPI app has no Dockerfile ${style}`);
  return broken(own);
}

/** What uv's own guide and many others show: two stages, no mount, no bytecode. */
function usual(example: string): string {
  const base = /^FROM (\S+) AS builder/m.exec(example)?.[1];
  const uv = /--from=(\S*\/uv:\S+)/.exec(example)?.[1];
  if (!base || !uv) throw new Error('the Dockerfile of the example names no base image or no uv');
  return `FROM ${base} AS builder
COPY --from=${uv} /uv /usr/local/bin/uv
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-install-project --no-dev

FROM ${base}
WORKDIR /app
COPY --from=builder /app/.venv ./.venv
COPY src/ ./src/
ENV PATH="/app/.venv/bin:$PATH"
CMD ["uvicorn", "src.main:app", "--host", "0.0.0.0", "--port", "8080"]
`;
}
