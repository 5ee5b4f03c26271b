/** What the header of a program says; source: Tool Interface Standard, "Executable and Linking Format". */
export interface ElfFacts {
  /** As Go names it; '' for a machine that Lambda does not have. */
  architecture: 'amd64' | 'arm64' | '';
  /** Path of the dynamic loader, which belongs to a libc; '' for a static program. */
  interpreter: string;
}

const HEADER = 64;
const MOST_PROGRAM_HEADERS = 64;
const PT_INTERP = 3;

/**
 * Reads the beginning of a file. Never throws.
 * @param head its first bytes; 4 KB hold the program headers of what linkers make
 * @returns undefined where it is no ELF file of 64 bits, little endian or any other machine's
 */
export function readElf(head: Buffer): ElfFacts | undefined {
  if (head.length < HEADER || head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  // 64 bits, little endian: all else is surely for another machine.
  if (head[4] !== 2 || head[5] !== 1) return { architecture: '', interpreter: '' };
  const machine = head.readUInt16LE(18);
  const architecture = machine === 62 ? 'amd64' : machine === 183 ? 'arm64' : '';
  const start = Number(head.readBigUInt64LE(32));
  const [size, count] = [head.readUInt16LE(54), Math.min(head.readUInt16LE(56), MOST_PROGRAM_HEADERS)];
  for (let index = 0; index < count; index += 1) {
    const at = start + index * size;
    if (size < 56 || at + 56 > head.length) break;
    if (head.readUInt32LE(at) !== PT_INTERP) continue;
    const [from, length] = [Number(head.readBigUInt64LE(at + 8)), Number(head.readBigUInt64LE(at + 32))];
    if (length > 4_096 || from + length > head.length) break;
    const interpreter = head.toString('latin1', from, from + length).replace(/\0.*$/s, '');
    return { architecture, interpreter };
  }
  return { architecture, interpreter: '' };
}

/**
 * The program that a script's first line names, with a carriage return where there is one: the kernel takes it for
 * part of the name.
 * @returns undefined where it is no script
 */
export function readShebang(head: Buffer): string | undefined {
  if (head.length < 3 || head[0] !== 0x23 || head[1] !== 0x21) return undefined;
  const line = head.toString('latin1', 2, 256).split('\n', 1)[0] ?? '';
  return /^[ \t]*([^ \t]+)/.exec(line)?.[1] ?? '';
}
