export const id = 156;
export const ids = [156];
export const modules = {

/***/ 1156:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  scanImage: () => (/* binding */ scanImage)
});

// EXTERNAL MODULE: ./lib/docker/engine-store.js
var engine_store = __webpack_require__(8716);
// EXTERNAL MODULE: ./lib/build/image-scan/findings.js + 3 modules
var image_scan_findings = __webpack_require__(2704);
// EXTERNAL MODULE: external "node:stream"
var external_node_stream_ = __webpack_require__(7075);
// EXTERNAL MODULE: external "node:stream/promises"
var promises_ = __webpack_require__(6466);
// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __webpack_require__(8522);
// EXTERNAL MODULE: ./node_modules/tar-stream/index.js
var tar_stream = __webpack_require__(6118);
;// CONCATENATED MODULE: ./lib/build/image-scan/elf.js
const HEADER = 64;
const MOST_PROGRAM_HEADERS = 64;
const PT_INTERP = 3;
/**
 * Reads the beginning of a file. Never throws.
 * @param head its first bytes; 4 KB hold the program headers of what linkers make
 * @returns undefined where it is no ELF file of 64 bits, little endian or any other machine's
 */
function readElf(head) {
    if (head.length < HEADER || head.readUInt32BE(0) !== 0x7f454c46)
        return undefined;
    // 64 bits, little endian: all else is surely for another machine.
    if (head[4] !== 2 || head[5] !== 1)
        return { architecture: '', interpreter: '' };
    const machine = head.readUInt16LE(18);
    const architecture = machine === 62 ? 'amd64' : machine === 183 ? 'arm64' : '';
    const start = Number(head.readBigUInt64LE(32));
    const [size, count] = [head.readUInt16LE(54), Math.min(head.readUInt16LE(56), MOST_PROGRAM_HEADERS)];
    for (let index = 0; index < count; index += 1) {
        const at = start + index * size;
        if (size < 56 || at + 56 > head.length)
            break;
        if (head.readUInt32LE(at) !== PT_INTERP)
            continue;
        const [from, length] = [Number(head.readBigUInt64LE(at + 8)), Number(head.readBigUInt64LE(at + 32))];
        if (length > 4_096 || from + length > head.length)
            break;
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
function readShebang(head) {
    if (head.length < 3 || head[0] !== 0x23 || head[1] !== 0x21)
        return undefined;
    const line = head.toString('latin1', 2, 256).split('\n', 1)[0] ?? '';
    return /^[ \t]*([^ \t]+)/.exec(line)?.[1] ?? '';
}

// EXTERNAL MODULE: ./lib/build/image-scan/secrets.js
var secrets = __webpack_require__(1193);
;// CONCATENATED MODULE: ./lib/build/image-scan/layer.js






/** More paths than this are counted and not remembered. */
const MOST_ENTRIES = 200_000;
const HEAD_BYTES = 4_096;
/**
 * Reads a layer as a stream: never more of it is in memory than one piece and the heads of the files of interest.
 * Whiteouts: github.com/opencontainers/image-spec, layer.md.
 * @param layer the gzip stream
 * @throws Error where it is no gzip or no tar, or `signal` ends it
 */
async function readLayer(digest, layer, signal) {
    const report = {
        digest,
        bytes: 0,
        folders: new Map(),
        entries: new Map(),
        removed: [],
        secrets: [],
    };
    const reader = (0,tar_stream.extract)();
    reader.on('entry', (header, stream, next) => {
        // The reader tells of it, too; without a listener here it would end the process.
        stream.on('error', () => { });
        const path = cleanPath(header.name);
        const wanted = wantedBytes(header, path);
        if (wanted === 0) {
            note(report, path, header);
            stream.on('end', next);
            stream.resume();
            return;
        }
        const pieces = [];
        let held = 0;
        stream.on('data', (piece) => {
            if (held >= wanted || !(piece instanceof Uint8Array))
                return;
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
    const sink = new external_node_stream_.Writable({
        write: (piece, _, done) => {
            if (reader.write(piece))
                done();
            else
                reader.once('drain', () => done());
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
    await (0,promises_.pipeline)(layer, (0,external_node_zlib_.createGunzip)({ chunkSize: 256 * 1024 }), sink, { signal });
    return report;
}
/** As it stands in the file system, without a leading `/` or `./`. */
function cleanPath(name) {
    return name.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
}
/** How much of a file's beginning is looked at. */
function wantedBytes({ type, mode, size }, path) {
    if (type !== 'file' || !size)
        return 0;
    if ((0,secrets/* mayHoldSecret */.dV)(path, size))
        return secrets/* SECRET_BYTES */.tS;
    return (mode ?? 0) & 0o111 || path.startsWith('opt/extensions/') ? HEAD_BYTES : 0;
}
function note(report, path, header, head) {
    const name = path.split('/').at(-1) ?? '';
    const folder = path.slice(0, -name.length);
    if (name === '.wh..wh..opq')
        return void report.removed.push(folder);
    if (name.startsWith('.wh.'))
        return void report.removed.push(`${folder}${name.slice(4)}`);
    const size = header.size ?? 0;
    if (header.type === 'file') {
        report.bytes += size;
        const top = path.split('/').slice(0, 2).join('/');
        report.folders.set(top, (report.folders.get(top) ?? 0) + size);
    }
    if (report.entries.size < MOST_ENTRIES)
        report.entries.set(path, entryOf(header, size, head));
    if (!head || !(0,secrets/* mayHoldSecret */.dV)(path, size))
        return;
    const secret = (0,secrets/* findSecret */.mt)(path, head);
    if (secret)
        report.secrets.push({ ...secret, path });
}
function entryOf(header, size, head) {
    const mode = header.mode ?? 0;
    if (header.type === 'directory')
        return { type: 'directory', mode, size: 0 };
    if (header.type === 'symlink')
        return { type: 'symlink', mode, size: 0, target: header.linkname ?? '' };
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

;// CONCATENATED MODULE: ./lib/build/image-scan/run.js



/** A scan that takes longer is given up: it is there to help, not to hold up a deploy. */
const LIMIT_MS = 20_000;
/** Layers read at once; decompression has threads of its own. */
const AT_ONCE = 3;
/**
 * Reads the layers of an image that are not known yet and says what is wrong with them.
 * @param known digests of layers that an earlier scan found without a secret
 * @throws Error where a layer cannot be read, or it takes too long
 */
async function scanImage(image, config, known, sources) {
    const seen = new Set(known);
    const wanted = image.layers.flatMap((layer, index) => seen.has(layer.digest) ? [] : [{ ...layer, index }]);
    const { reports, downloaded } = await readAll(wanted, sources);
    const findings = (0,image_scan_findings/* imageFindings */.Q)({
        config,
        layers: reports,
        instructions: wanted.map(({ createdBy }) => createdBy ?? ''),
        whole: wanted.length === image.layers.length,
    });
    return {
        findings,
        clean: reports.filter(({ secrets }) => secrets.length === 0).map(({ digest }) => digest),
        read: wanted.length,
        bytes: wanted.reduce((sum, { bytes }) => sum + bytes, 0),
        downloaded,
    };
}
async function readAll(wanted, { registry, repository, store }) {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const reports = [];
    let downloaded = 0;
    // The large ones first, so that none is left over in the end.
    const queue = wanted.map((layer, place) => ({ ...layer, place })).sort((a, b) => b.bytes - a.bytes);
    const worker = async () => {
        for (let next = queue.shift(); next; next = queue.shift()) {
            const { digest, place } = next;
            const local = store && (await (0,engine_store/* openBlob */.Ym)(store, digest));
            if (!local)
                downloaded += 1;
            reports[place] = await readLayer(digest, local ?? (await registry.blob(repository, digest)), signal);
        }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return { reports, downloaded };
}


/***/ })

};
