export const id = 202;
export const ids = [202];
export const modules = {

/***/ 1202:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   functionArchitecture: () => (/* binding */ functionArchitecture)
/* harmony export */ });
/* harmony import */ var _aws_sdk_client_lambda__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(5008);
/* harmony import */ var _aws_sdk_client_lambda__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6985);
/* harmony import */ var _request_limit_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(7242);


/**
 * The platform that a function runs.
 * @param limit milliseconds that one request may take; the SDK sends it three times at most
 * @returns undefined, with a warning, where it cannot be read: the build then takes its default
 */
async function functionArchitecture(config, functionName, log, limit = 10_000) {
    const lambda = new _aws_sdk_client_lambda__WEBPACK_IMPORTED_MODULE_0__/* .LambdaClient */ .N({ ...config, maxAttempts: 3, requestHandler: (0,_request_limit_js__WEBPACK_IMPORTED_MODULE_1__/* .requestLimit */ .b)(limit) });
    try {
        const { Architectures } = await lambda.send(new _aws_sdk_client_lambda__WEBPACK_IMPORTED_MODULE_2__/* .GetFunctionConfigurationCommand */ .q({ FunctionName: functionName }));
        return Architectures?.[0] === 'arm64' ? 'linux/arm64' : 'linux/amd64';
    }
    catch (error) {
        log.warning(`Cannot read the architecture of ${functionName} (${(0,_request_limit_js__WEBPACK_IMPORTED_MODULE_1__/* .failureReason */ .H)(error)}); building for linux/amd64.`);
        return undefined;
    }
    finally {
        lambda.destroy();
    }
}


/***/ })

};
