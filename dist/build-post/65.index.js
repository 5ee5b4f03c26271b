export const id = 65;
export const ids = [65];
export const modules = {

/***/ 8065:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   leaveMemory: () => (/* binding */ leaveMemory)
/* harmony export */ });
/* unused harmony exports memoryPlace, openMemory, remember */
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6760);
/* harmony import */ var _github_cache_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(6484);




/** Another set of rules looks at every layer anew. */
const RULES = 1;
const FILE = 'layers.json';
const MOST = 2_000;
const RESTORE_MS = 5_000;
const SAVE_MS = 30_000;
/**
 * In GitHub's cache where the job is offered it, else in the user's cache folder, which lasts on a machine of one's own.
 * @param scope whose layers they are
 */
function memoryPlace(scope, env, runnerTemp) {
    if (!openCacheStore().isAvailable()) {
        const home = env.XDG_CACHE_HOME || (env.HOME ? join(env.HOME, '.cache') : runnerTemp);
        return { folder: join(home, 'deploy-lambda-container'), keyPrefix: '' };
    }
    const name = createHash('sha256').update(scope).digest('hex').slice(0, 12);
    return { folder: join(runnerTemp, `image-scan-${name}`), keyPrefix: `image-scan-${RULES}-${name}-` };
}
/** Reads what is remembered. Never throws: without it more is read. */
async function openMemory({ folder, keyPrefix }) {
    if (keyPrefix !== '')
        await restore(openCacheStore(), folder, keyPrefix);
    return { folder, keyPrefix, known: await readKnown(folder) };
}
async function restore(store, folder, keyPrefix) {
    try {
        await mkdir(folder, { recursive: true });
        await store.restore(folder, `${keyPrefix}none`, { restoreKeys: [keyPrefix], timeout: RESTORE_MS });
    }
    catch {
        // More is read.
    }
}
/** @returns the digests in a folder's memory; none where there is none or it is of other rules */
async function readKnown(folder) {
    try {
        const { rules, known } = Object(JSON.parse(await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.readFile)((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(folder, FILE), 'utf8')));
        if (rules !== RULES || !Array.isArray(known))
            return [];
        return known
            .filter((digest) => typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest))
            .slice(-MOST);
    }
    catch {
        return [];
    }
}
/** Writes the memory with more digests in it. Never throws. */
async function remember(memory, digests) {
    const known = [...new Set([...memory.known, ...digests])].slice(-MOST);
    const path = join(memory.folder, FILE);
    try {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(`${path}.${process.pid}`, JSON.stringify({ rules: RULES, known }));
        await rename(`${path}.${process.pid}`, path);
    }
    catch {
        // More is read the next time.
    }
}
/** Saves a memory to GitHub's cache where it has grown, and removes its folder, in the post step. Never throws. */
async function leaveMemory({ folder, keyPrefix, news }) {
    if (news) {
        const known = await readKnown(folder);
        const key = keyPrefix + (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(known.join()).digest('hex').slice(0, 16);
        await (0,_github_cache_js__WEBPACK_IMPORTED_MODULE_3__/* .openCacheStore */ .qb)()
            .save(folder, key, { timeout: SAVE_MS })
            .catch(() => { });
    }
    await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.rm)(folder, { recursive: true, force: true }).catch(() => { });
}


/***/ })

};
