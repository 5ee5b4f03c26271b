export const id = 209;
export const ids = [209];
export const modules = {

/***/ 7209:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   chainOf: () => (/* binding */ chainOf),
/* harmony export */   fillIn: () => (/* binding */ fillIn),
/* harmony export */   readDockerfile: () => (/* binding */ readDockerfile),
/* harmony export */   setArguments: () => (/* binding */ setArguments),
/* harmony export */   stageNamed: () => (/* binding */ stageNamed)
/* harmony export */ });
/* harmony import */ var _docker_shell_words_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(2930);

/**
 * Reads a Dockerfile. Tolerant: what makes no sense is left out, and BuildKit will say so. The parser is loaded by the
 * caller, since it costs start-up time.
 */
function readDockerfile(text, parser, { target, buildArgs }) {
    const plain = text.replace(/^\uFEFF/, '');
    const parsed = parser.parse(plain);
    const globals = new Map();
    const stages = [];
    const all = parsed.getInstructions().map(readInstruction);
    for (const instruction of all) {
        const stage = stages.at(-1);
        if (instruction.name === 'FROM')
            stages.push(stageOf(instruction, stages, globals));
        else if (stage)
            stage.instructions.push(instruction);
        else if (instruction.name === 'ARG')
            setArguments(instruction, globals, buildArgs);
    }
    const final = target === '' ? stages.at(-1) : stageNamed(stages, target);
    const lines = plain.split(/\r?\n/);
    // Up to the first line that is none, comments of the form `name=value` count as directives.
    const comments = [...parsed.getDirectives(), ...parsed.getComments()].map((comment) => {
        const line = comment.getRange().start.line + 1;
        return { line, text: (lines[line - 1] ?? '').replace(/^\s*#\s*/, '').trim() };
    });
    return { stages, ...(final ? { final } : {}), globals, comments, firstLine: all[0]?.line ?? 0 };
}
function readInstruction(parsed) {
    const name = parsed.getKeyword();
    const text = parsed.getArgumentsContent() ?? '';
    const strings = jsonStrings(text);
    const isRun = ['RUN', 'CMD', 'ENTRYPOINT'].includes(name);
    const { start, end } = parsed.getRange();
    return {
        name,
        line: start.line + 1,
        endLine: end.line + 1,
        text,
        flags: flagsOf(parsed),
        words: strings ?? text.split(/\s+/).filter((word) => word !== ''),
        isJson: strings !== undefined,
        pairs: ['ENV', 'ARG', 'LABEL'].includes(name) ? pairsOf(parsed) : [],
        commands: isRun ? commandsOf(text, strings) : [],
    };
}
/** Own reading, since the parser's loses blanks inside of the strings. */
function jsonStrings(text) {
    if (!text.startsWith('['))
        return undefined;
    try {
        const parsed = JSON.parse(text);
        return Array.isArray(parsed) && parsed.every((one) => typeof one === 'string') ? parsed : undefined;
    }
    catch {
        return undefined;
    }
}
function commandsOf(text, strings) {
    if (strings) {
        const [program = '', flag = '', script] = strings;
        const isShell = /sh$/.test(program) && /^-[a-z]*c$/.test(flag) && script !== undefined;
        return isShell ? (0,_docker_shell_words_js__WEBPACK_IMPORTED_MODULE_0__/* .shellCommands */ .hf)(script) : [strings];
    }
    // The lines of a heredoc are the script; its first and last line are not.
    const heredoc = /^<<-?\s*["']?([\w.-]+)["']?[^\n]*\n([\s\S]*?)\n?[\t ]*\1\s*$/.exec(text);
    return (0,_docker_shell_words_js__WEBPACK_IMPORTED_MODULE_0__/* .shellCommands */ .hf)(heredoc?.[2] ?? text);
}
function flagsOf(parsed) {
    if (!('getFlags' in parsed) || typeof parsed.getFlags !== 'function')
        return [];
    const flags = parsed.getFlags();
    return flags.map((flag) => ({ name: flag.getName().toLowerCase(), value: flag.getValue() ?? '' }));
}
function pairsOf(parsed) {
    if (!('getProperties' in parsed) || typeof parsed.getProperties !== 'function')
        return [];
    const properties = parsed.getProperties();
    return properties.map((property) => [property.getName(), property.getValue() ?? undefined]);
}
function stageOf(from, stages, globals) {
    const [image = '', as = '', name = ''] = from.words;
    const named = fillIn(image, globals);
    const parent = stageNamed(stages, named);
    return {
        index: stages.length,
        name: as.toLowerCase() === 'as' ? name.toLowerCase() : '',
        from: named,
        platform: from.flags.find((flag) => flag.name === 'platform')?.value ?? '',
        line: from.line,
        instructions: [],
        ...(parent ? { parent } : {}),
    };
}
/** Adds the values of an ARG; one that is handed to the build stands before its default. */
function setArguments({ pairs }, values, buildArgs) {
    for (const [name, fallback] of pairs) {
        const given = Object.hasOwn(buildArgs, name) ? buildArgs[name] : undefined;
        const value = given ?? (fallback === undefined ? undefined : fillIn(fallback, values));
        if (value !== undefined)
            values.set(name, value);
    }
}
/** The stage that a name or a number means among these; undefined where it is an image. */
function stageNamed(stages, name) {
    const wanted = name.toLowerCase();
    return (stages.findLast((stage) => stage.name !== '' && stage.name === wanted) ??
        (/^\d+$/.test(wanted) ? stages[Number(wanted)] : undefined));
}
/** A stage and those that it starts from, the first of them first. */
function chainOf(stage) {
    const chain = [];
    for (let one = stage; one; one = one.parent)
        chain.unshift(one);
    return chain;
}
/** Fills in `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}`; what is not known stays as it is. */
function fillIn(text, values) {
    return text.replace(/\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-+])([^${}]*))?\})/g, (whole, short, long, operator = '', word = '') => {
        const value = values.get(short ?? long ?? '');
        if (operator.endsWith('+'))
            return value ? word : '';
        if (operator === '')
            return value ?? whole;
        return value || word;
    });
}


/***/ })

};
