import { type Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { type ElfFacts, readElf, readShebang } from './elf.ts';
import { findSecret, mayHoldSecret, SECRET_BYTES, type SecretKind } from './secrets.ts';

/** One path of a layer. */
export interface LayerEntry {
  type: 'file' | 'directory' | 'symlink';
  mode: number;
  size: number;
  /** Target of a symlink or hard link. */
  target?: string;
  elf?: ElfFacts;
  /** Program in the first line of a script. */
  shebang?: string;
}

/** What one layer holds. Paths have no leading `/`. */
export interface LayerReport {
  digest: string;
  /** Bytes of all files, unpacked. */
  bytes: number;
  /** The same by folder, the two uppermost levels. */
  folders: Map<string, number>;
  entries: Map<string, LayerEntry>;
  /** What it removes of the layers below; a folder with `/` at its end is emptied. */
  removed: string[];
  secrets: (SecretKind & { path: string })[];
}

/** More paths than this are counted and not remembered. */
const MOST_ENTRIES = 200_000;
const HEAD_BYTES = 4_096;

/**
 * Reads a layer as a stream: never more of it is in memory than one piece and the heads of the files of interest.
 * Whiteouts: github.com/opencontainers/image-spec, layer.md.
 * @param layer the gzip stream
 * @throws Error where it is no gzip or no tar, or `signal` ends it
 */
export async function readLayer(digest: string, layer: Readable, signal: AbortSignal): Promise<LayerReport> {
  const report: LayerReport = {
    digest,
    bytes: 0,
    folders: new Map(),
    entries: new Map(),
    removed: [],
    secrets: [],
  };
  const reader = extract();
  reader.on('entry', (header, stream, next) => {
    // The reader tells of it, too; without a listener here it would end the process.
    stream.on('error', () => {});
    const path = cleanPath(header.name);
    const wanted = wantedBytes(header, path);
    if (wanted === 0) {
      note(report, path, header);
      stream.on('end', next);
      stream.resume();
      return;
    }
    const pieces: Uint8Array[] = [];
    let held = 0;
    stream.on('data', (piece) => {
      if (held >= wanted || !(piece instanceof Uint8Array)) return;
      pieces.push(piece.subarray(0, wanted - held));
      held += piece.length;
    });
    stream.on('end', () => {
      note(report, path, header, Buffer.concat(pieces));
      next();
    });
    stream.resume();
  });
  // tar-stream has streams of its own kind: it is written to by hand, in step with what it takes.
  const sink = new Writable({
    write: (piece: Buffer, _, done) => {
      if (reader.write(piece)) done();
      else reader.once('drain', () => done());
    },
    final: (done) => {
      reader.once('finish', () => done());
      reader.end(null);
    },
    destroy: (error, done) => {
      reader.destroy(error);
      done(error);
    },
  });
  reader.on('error', (error) => sink.destroy(error));
  await pipeline(layer, createGunzip({ chunkSize: 256 * 1024 }), sink, { signal });
  return report;
}

/** As it stands in the file system, without a leading `/` or `./`. */
function cleanPath(name: string): string {
  return name.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
}

/** How much of a file's beginning is looked at. */
function wantedBytes({ type, mode, size }: Header, path: string): number {
  if (type !== 'file' || !size) return 0;
  if (mayHoldSecret(path, size)) return SECRET_BYTES;
  return (mode ?? 0) & 0o111 || path.startsWith('opt/extensions/') ? HEAD_BYTES : 0;
}

function note(report: LayerReport, path: string, header: Header, head?: Buffer): void {
  const name = path.split('/').at(-1) ?? '';
  const folder = path.slice(0, -name.length);
  if (name === '.wh..wh..opq') return void report.removed.push(folder);
  if (name.startsWith('.wh.')) return void report.removed.push(`${folder}${name.slice(4)}`);
  const size = header.size ?? 0;
  if (header.type === 'file') {
    report.bytes += size;
    const top = path.split('/').slice(0, 2).join('/');
    report.folders.set(top, (report.folders.get(top) ?? 0) + size);
  }
  if (report.entries.size < MOST_ENTRIES) report.entries.set(path, entryOf(header, size, head));
  if (!head || !mayHoldSecret(path, size)) return;
  const secret = findSecret(path, head);
  if (secret) report.secrets.push({ ...secret, path });
}

function entryOf(header: Header, size: number, head: Buffer | undefined): LayerEntry {
  const mode = header.mode ?? 0;
  if (header.type === 'directory') return { type: 'directory', mode, size: 0 };
  if (header.type === 'symlink') return { type: 'symlink', mode, size: 0, target: header.linkname ?? '' };
  const link = header.type === 'link' ? { target: `/${cleanPath(header.linkname ?? '')}` } : {};
  const elf = head && readElf(head);
  const shebang = head && readShebang(head);
  return {
    type: 'file',
    mode,
    size,
    ...link,
    ...(elf && { elf }),
    ...(shebang !== undefined && { shebang }),
  };
}
