export const id = 237;
export const ids = [237];
export const modules = {

/***/ 2237:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   alarmApi: () => (/* binding */ alarmApi)
/* harmony export */ });
/* harmony import */ var _aws_sdk_client_cloudwatch__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9659);
/* harmony import */ var _aws_sdk_client_cloudwatch__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(3171);
/* harmony import */ var _requests_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(9615);


/** A client of CloudWatch. Endpoints follow the SDK's own AWS_ENDPOINT_URL variables. */
function alarmApi(config) {
    const client = new _aws_sdk_client_cloudwatch__WEBPACK_IMPORTED_MODULE_1__/* .CloudWatchClient */ .W({ ...config, maxAttempts: 1 });
    return {
        async states(names, budget) {
            const input = {
                AlarmNames: [...names],
                // Left out, composite alarms would be missing.
                AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
                MaxRecords: 100,
            };
            const answer = await (0,_requests_js__WEBPACK_IMPORTED_MODULE_0__/* .read */ .LF)('cloudwatch:DescribeAlarms', budget, (abortSignal) => client.send(new _aws_sdk_client_cloudwatch__WEBPACK_IMPORTED_MODULE_2__/* .DescribeAlarmsCommand */ .z(input), { abortSignal }));
            const alarms = [...(answer?.MetricAlarms ?? []), ...(answer?.CompositeAlarms ?? [])];
            return new Map(alarms.map(({ AlarmName, StateValue, StateReason }) => [
                AlarmName ?? '',
                { state: StateValue ?? '', reason: StateReason ?? '' },
            ]));
        },
        close: () => client.destroy(),
    };
}


/***/ })

};
