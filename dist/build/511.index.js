export const id = 511;
export const ids = [511];
export const modules = {

/***/ 2511:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  scanImage: () => (/* binding */ scanImage)
});

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./lib/build/image-scan/findings.js + 3 modules
var image_scan_findings = __webpack_require__(2704);
// EXTERNAL MODULE: external "node:stream"
var external_node_stream_ = __webpack_require__(7075);
// EXTERNAL MODULE: external "node:stream/promises"
var external_node_stream_promises_ = __webpack_require__(6466);
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

;// CONCATENATED MODULE: ./lib/build/image-scan/secrets.js
/** Folders of other people's packages: keys in them are for their tests, and public. */
const PACKAGES = /(^|\/)(node_modules|site-packages|dist-packages|vendor\/bundle|gems|pkg\/mod|\.cargo|rustlib)\/|^(usr|lib|lib64|etc\/ssl|etc\/pki|etc\/ca-certificates|var\/lib|var\/task\/node_modules|proc|sys)\//;
const NAMED = /(^|\/)(\.env(\.[\w-]+)*|\.npmrc|\.yarnrc(\.yml)?|\.pypirc|pip\.conf|\.netrc|\.git-credentials|id_(rsa|dsa|ecdsa|ed25519)|credentials|\.aws\/(credentials|config)|\.docker\/config\.json|\.dockercfg|[^/]+\.(pem|key|p8|ppk))$/;
const HARMLESS = /\.(example|sample|template|dist|defaults?|test|schema)$|(^|\/)\.env\.(example|sample|template|dist|defaults?|test)/;
const BINARY = /\.(map|css|png|jpe?g|gif|webp|ico|svg|woff2?|so|node|pyc|class|jar|gz|zip|wasm)$/;
/** Most bytes of one file that are looked at. */
const SECRET_BYTES = 64 * 1024;
/** Whether the content of a file is to be looked at, by its path (no leading `/`) and size. */
function mayHoldSecret(path, size) {
    if (size === 0 || HARMLESS.test(path))
        return false;
    if (PACKAGES.test(path))
        return false;
    if (NAMED.test(path))
        return true;
    return size <= SECRET_BYTES && !BINARY.test(path);
}
const PLACEHOLDER = /^(["']?)(|\$\{?.*|<.*>|x+|\*+|\.+|change.?me.*|your.*|example.*|dummy.*|test.*|secret|password|todo|null|none|undefined|true|false|\d{1,6})\1$/i;
const SECRET_NAME = /(SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?)(_\w+)?$/i;
/** The secret in a file's content, the worst first; undefined where none is seen. Never throws. */
function findSecret(path, content) {
    const text = content.toString('latin1');
    if (text.includes('-----BEGIN') &&
        /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*(?:\\n)?[A-Za-z0-9+/=:,\s\\-]{64}/.test(text))
        return { rule: 'secret-private-key', what: 'a private key' };
    // The keys of AWS's own documentation hold the word EXAMPLE.
    const real = (pattern) => [...text.matchAll(pattern)].some(([key]) => !key.includes('EXAMPLE'));
    if (real(/(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])/g) &&
        real(/(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g))
        return { rule: 'secret-aws-key', what: 'an AWS access key with its secret' };
    if (/\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{22,}|\bnpm_[A-Za-z0-9]{36}\b|\bxox[bap]-\d+-[\w-]{20,}|\bsk_live_\w{20,}/.test(text))
        return { rule: 'secret-token', what: 'an access token' };
    return fromName(path, text);
}
function fromName(path, text) {
    const name = path.split('/').at(-1) ?? '';
    const value = (pattern) => [...text.matchAll(pattern)].some((found) => !PLACEHOLDER.test((found[1] ?? '').trim()));
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
function inEnvFile(text) {
    for (const [, variable = '', given = ''] of text.matchAll(/^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*([^\r\n]*)$/gm)) {
        const login = /:\/\/[^/\s:@]+:([^\s@]+)@/.exec(given)?.[1];
        if (login && !PLACEHOLDER.test(login))
            return { rule: 'secret-env-file', what: `a password in ${variable}` };
        if (SECRET_NAME.test(variable) && given.length >= 8 && !PLACEHOLDER.test(given))
            return { rule: 'secret-env-file', what: `a value of ${variable}` };
    }
    return undefined;
}

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
    await (0,external_node_stream_promises_.pipeline)(layer, (0,external_node_zlib_.createGunzip)({ chunkSize: 256 * 1024 }), sink, { signal });
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
    if (mayHoldSecret(path, size))
        return SECRET_BYTES;
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
    if (!head || !mayHoldSecret(path, size))
        return;
    const secret = findSecret(path, head);
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
    const reports = await readAll(wanted, sources);
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
    };
}
async function readAll(wanted, sources) {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const reports = [];
    // The large ones first, so that none is left over in the end.
    const queue = wanted.map((layer, place) => ({ ...layer, place })).sort((a, b) => b.bytes - a.bytes);
    const worker = async () => {
        for (let next = queue.shift(); next; next = queue.shift())
            reports[next.place] = await readLayer(next.digest, await openLayer(next.digest, sources), signal);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return reports;
}
/** From the disk where the builder has the layer there, else from the registry. */
async function openLayer(digest, { registry, repository, engineHost }) {
    const socket = engineHost.replace(/^unix:\/\//, '');
    const path = (0,external_node_path_.join)((0,external_node_path_.dirname)(socket), 'containerd/io.containerd.content.v1.content/blobs', digest.replace(':', '/'));
    const onDisk = socket !== engineHost &&
        (await (0,promises_.access)(path, promises_.constants.R_OK).then(() => true, () => false));
    return onDisk
        ? (0,external_node_fs_.createReadStream)(path, { highWaterMark: 256 * 1024 })
        : await registry.blob(repository, digest);
}


/***/ })

};
