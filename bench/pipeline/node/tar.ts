/** A file of an archive. */
export interface TarFile {
  /** Under 100 characters, as the plain ustar header has it. */
  path: string;
  content: Buffer;
  executable?: boolean;
}

const BLOCK = 512;

/**
 * A tar archive (POSIX ustar) with a fixed time, owner and mode, so that it is the same at each call.
 * @throws RangeError where a path is too long
 */
export function tarArchive(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap(({ path, content, executable }) => [
    header(path, content.length, executable ? 0o755 : 0o644),
    content,
    Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(path: string, size: number, mode: number): Buffer {
  if (path.length > 100) throw new RangeError(`too long for a tar header: ${path}`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  block.write(path, 0, 'utf8');
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  // 26 October 1985, as npm packs.
  block.write(octal(499_162_500, 12), 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
