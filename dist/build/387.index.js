export const id = 387;
export const ids = [387];
export const modules = {

/***/ 7387:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   checkProject: () => (/* binding */ checkProject),
/* harmony export */   covers: () => (/* binding */ covers),
/* harmony export */   exempted: () => (/* binding */ exempted),
/* harmony export */   exemptionsIn: () => (/* binding */ exemptionsIn),
/* harmony export */   sorted: () => (/* binding */ sorted)
/* harmony export */ });
const levels = ['error', 'warning', 'notice'];
/**
 * Holds all rules against a project.
 * @returns the worst first, then in the order of their lines
 */
function checkProject(project, rules) {
    const exemptions = exemptionsIn(project);
    const findings = rules.flatMap((rule) => rule
        .find(project)
        .filter((hit) => !exemptions.some((one) => covers(one, rule.id, hit)))
        .map((hit) => findingOf(rule, hit, project.file)));
    const known = new Set(rules.map(({ id }) => id));
    const unknown = exemptions.flatMap((one) => one.rules
        .filter((rule) => !known.has(rule) && !rule.includes(':'))
        .map((rule) => unknownRule(rule, one.line, project.file)));
    return sorted([...findings, ...unknown]);
}
/** Findings of another tool without those that the Dockerfile's comments leave out. */
function exempted(findings, project) {
    const exemptions = exemptionsIn(project);
    return findings.filter((finding) => !exemptions.some((one) => covers(one, finding.rule, finding)));
}
/** The worst first, then by file and line. */
function sorted(findings) {
    return [...findings].sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level) || a.file.localeCompare(b.file) || a.line - b.line);
}
function findingOf(rule, hit, file) {
    return {
        rule: rule.id,
        level: hit.level ?? rule.level,
        file: hit.file ?? file,
        line: hit.line,
        why: hit.why ?? rule.why,
        instead: hit.instead ?? rule.instead,
    };
}
function unknownRule(rule, line, file) {
    return {
        rule: 'ignore-unknown',
        level: 'notice',
        file,
        line,
        why: `No rule is called ${JSON.stringify(rule)}, so this comment leaves nothing out.`,
        instead: 'See docs/doctor.md for the names of the rules.',
    };
}
/** The exemptions that a Dockerfile's comments make. */
function exemptionsIn({ dockerfile }) {
    const instructions = dockerfile.stages.flatMap((stage) => [
        { line: stage.line, endLine: stage.line },
        ...stage.instructions,
    ]);
    return dockerfile.comments.flatMap(({ line, text }) => {
        const [, names] = /^dlc-ignore\s*=\s*([\w:,-]+)/.exec(text) ?? [];
        if (names === undefined)
            return [];
        const rules = names.split(',').filter((name) => name !== '');
        if (line < dockerfile.firstLine)
            return [{ rules, line, from: 0, to: Number.POSITIVE_INFINITY }];
        // One among the lines of an instruction is about that, any other about the next.
        const about = instructions.find(({ endLine }) => endLine >= line);
        return about ? [{ rules, line, from: about.line, to: about.endLine }] : [];
    });
}
/** Whether an exemption covers a finding at this line. */
function covers({ rules, from, to }, rule, { line }) {
    return rules.includes(rule) && line >= from && line <= to;
}


/***/ })

};
