/** An entry of `history` in an image's config. Source: github.com/opencontainers/image-spec, config.md. */
export interface HistoryEntry {
  created_by?: string;
  empty_layer?: boolean;
}

/** Characters of an instruction that are kept: enough to know it by. */
const longest = 200;

/**
 * The instruction that made each layer, lowest first: `RUN npm ci`.
 * Values of build arguments, which stand in the history in front of the command, are left out: they may be private.
 * @param layers how many layers the image has
 * @returns as many texts as layers, each '' where the history does not fit the layers or does not say
 */
export function layerInstructions(history: readonly HistoryEntry[] | undefined, layers: number): string[] {
  const made = (history ?? []).filter((entry) => entry.empty_layer !== true);
  if (made.length !== layers) return Array.from({ length: layers }, () => '');
  return made.map((entry) => instruction(entry.created_by ?? ''));
}

/** What BuildKit or the Engine's old builder put in front of a command, and what stands for build arguments. */
const shell = String.raw`\/\S*sh(?: -\S+| pipefail)* -c `;

function instruction(createdBy: string): string {
  const text = createdBy
    .replace(/\s+/g, ' ')
    .replace(/ # buildkit$/, '')
    .trim();
  const old = /^\/bin\/sh -c #\(nop\) (.*)$/.exec(text)?.[1];
  if (old) return old.trim().slice(0, longest);
  const [, command] = new RegExp(`^(?:RUN )?(?:\\|\\d+ .*?)?${shell}(.*)$`).exec(text) ?? [];
  if (command !== undefined) return `RUN ${command}`.slice(0, longest);
  // Without a shell nothing tells where the arguments end.
  return /^(RUN )?\|\d/.test(text) ? 'RUN' : text.slice(0, longest);
}
