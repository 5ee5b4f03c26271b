export const id = 256;
export const ids = [256];
export const modules = {

/***/ 2256:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   parseRecord: () => (/* binding */ parseRecord)
/* harmony export */ });
/* unused harmony export parseHandedOn */
/* harmony import */ var zod_mini__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8395);
/* harmony import */ var zod_mini__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3305);

/*
 * The run record as a schema, for records that do not come from a step of the same job: a pull request's artifact and
 * a cache entry can hold anything. What is not named here is dropped, and every text, list and number has its bounds.
 */
const text = (most) => zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().check(zod_mini__WEBPACK_IMPORTED_MODULE_1__/* ._maxLength */ .Eb(most));
const amount = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig().check(zod_mini__WEBPACK_IMPORTED_MODULE_1__/* ._gte */ .qm(0), zod_mini__WEBPACK_IMPORTED_MODULE_1__/* ._lte */ .Zm(1e15));
const list = (entry, most) => zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .array */ .YOg(entry).check(zod_mini__WEBPACK_IMPORTED_MODULE_1__/* ._maxLength */ .Eb(most));
const moment = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().check(zod_mini__WEBPACK_IMPORTED_MODULE_1__/* ._regex */ .Fk(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/));
const sentence = text(2_000);
const name = text(1_000);
const optional = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .optional */ .lqM;
const vertex = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    name,
    kind: zod_mini__WEBPACK_IMPORTED_MODULE_0__/* ["enum"] */ .k5n(['from', 'run', 'copy', 'add', 'context', 'export', 'cache-import', 'cache-export', 'other']),
    cached: zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY(),
    ms: amount,
    startMs: optional(amount),
});
const miss = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    vertex: name,
    line: amount,
    ms: amount,
    because: sentence,
    files: list(name, 100),
    changedFiles: amount,
});
const finding = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    rule: text(100),
    level: zod_mini__WEBPACK_IMPORTED_MODULE_0__/* ["enum"] */ .k5n(['error', 'warning', 'notice']),
    file: name,
    line: amount,
    why: sentence,
    instead: sentence,
});
const digest = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().check(zod_mini__WEBPACK_IMPORTED_MODULE_1__/* ._regex */ .Fk(/^(sha256:[0-9a-f]{64})?$/));
const image = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    uri: name,
    digest,
    mediaType: text(200),
    architecture: text(50),
    bytes: amount,
    layers: list(zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ digest, bytes: amount, createdBy: optional(text(4_000)) }), 200),
});
const build = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    result: zod_mini__WEBPACK_IMPORTED_MODULE_0__/* ["enum"] */ .k5n(['built', 'reused', 'planned', 'failed']),
    reason: sentence,
    tags: list(text(200), 100),
    vertices: list(vertex, 1_000),
    misses: optional(list(miss, 200)),
});
const cost = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ ms: amount, bytes: amount });
const cacheMounts = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    mode: zod_mini__WEBPACK_IMPORTED_MODULE_0__/* ["enum"] */ .k5n(['auto', 'true', 'false']),
    reason: sentence,
    mounts: list(name, 100),
    lockfiles: list(name, 100),
    restore: optional(cost),
    save: optional(cost),
    installMs: optional(amount),
    known: zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
        coldMs: optional(amount),
        warmMs: optional(amount),
        restoreMs: optional(amount),
        saveMs: optional(amount),
    }),
    gainMs: optional(zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig()),
});
const smoke = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    qualifier: text(200),
    path: name,
    status: amount,
    body: sentence,
    ok: zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY(),
    problem: sentence,
    ms: amount,
    initMs: optional(amount),
});
const deployResult = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* ["enum"] */ .k5n(['deployed', 'unchanged', 'planned', 'rolled-back', 'failed']);
const fn = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    function: text(300),
    arn: text(300),
    alias: text(200),
    result: deployResult,
    version: text(50),
    previousVersion: text(50),
    waits: list(zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ for: text(200), ms: amount }), 100),
    smoke: list(smoke, 50),
    initMs: optional(amount),
    durationMs: optional(amount),
    memoryMb: optional(amount),
    maxMemoryMb: optional(amount),
    url: optional(zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().check(zod_mini__WEBPACK_IMPORTED_MODULE_1__/* ._maxLength */ .Eb(500), zod_mini__WEBPACK_IMPORTED_MODULE_1__/* ._regex */ .Fk(/^https?:\/\/[\w.:/-]*$/))),
    diagnosis: optional(zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ cause: text(100), sentence, cure: sentence })),
    reasons: list(sentence, 50),
});
const record = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    schema: zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .literal */ .euz(1),
    steps: list(zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ name, start: moment, end: moment }), 200),
    build: optional(build),
    image: optional(image),
    cache: optional(zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ kind: zod_mini__WEBPACK_IMPORTED_MODULE_0__/* ["enum"] */ .k5n(['gha', 'registry', 'off']), hits: amount, total: amount, ms: amount })),
    cacheMounts: optional(cacheMounts),
    deploy: optional(list(fn, 50)),
    findings: optional(list(finding, 200)),
    result: optional(zod_mini__WEBPACK_IMPORTED_MODULE_0__/* ["enum"] */ .k5n([...deployResult.options, ...build.shape.result.options])),
    reasons: list(sentence, 50),
});
/** A record from outside; undefined where it is none, or holds more than one of ours ever does. */
function parseRecord(value) {
    const parsed = record.safeParse(value);
    return parsed.success ? parsed.data : undefined;
}
const handedOn = zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    schema: zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .literal */ .euz(1),
    pullRequest: zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .int */ .Whr().check(zod_mini__WEBPACK_IMPORTED_MODULE_1__/* ._gte */ .qm(1), zod_mini__WEBPACK_IMPORTED_MODULE_1__/* ._lte */ .Zm(2 ** 31)),
    key: text(2_000),
    commit: zod_mini__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().check(zod_mini__WEBPACK_IMPORTED_MODULE_1__/* ._regex */ .Fk(/^[0-9a-f]{40}$/)),
    record,
});
/**
 * What an artifact of ours says.
 * @param json text from outside
 * @throws Error one line that says where it is not what it should be
 */
function parseHandedOn(json) {
    const parsed = handedOn.safeParse(JSON.parse(json));
    if (parsed.success)
        return parsed.data;
    const [issue] = parsed.error.issues;
    throw new Error(`it is no run record: ${issue?.path.join('.').slice(0, 200)} ${issue?.code ?? ''}`.trim());
}


/***/ })

};
