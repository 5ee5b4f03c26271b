import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { Budget } from './budget.ts';
import type { AwsConfig } from './credentials.ts';
import { read } from './requests.ts';

/** How a CloudWatch alarm stands. */
export interface AlarmState {
  /** `OK`, `ALARM` or `INSUFFICIENT_DATA`. */
  state: string;
  /** CloudWatch's own words for it. */
  reason: string;
}

/** CloudWatch alarms, read only. */
export interface AlarmApi {
  /**
   * States by name, metric and composite alarms alike; a name without an alarm is not in the answer.
   * @param names 100 at most, as DescribeAlarms takes them
   * @throws ApiError, OutOfTime, the reason of the budget's signal
   */
  states(names: readonly string[], budget: Budget): Promise<Map<string, AlarmState>>;
  close(): void;
}

/** A client of CloudWatch. Endpoints follow the SDK's own AWS_ENDPOINT_URL variables. */
export function alarmApi(config: AwsConfig): AlarmApi {
  const client = new CloudWatchClient({ ...config, maxAttempts: 1 });
  return {
    async states(names, budget) {
      const input = {
        AlarmNames: [...names],
        // Left out, composite alarms would be missing.
        AlarmTypes: ['MetricAlarm' as const, 'CompositeAlarm' as const],
        MaxRecords: 100,
      };
      const answer = await read('cloudwatch:DescribeAlarms', budget, (abortSignal) =>
        client.send(new DescribeAlarmsCommand(input), { abortSignal }),
      );
      const alarms = [...(answer?.MetricAlarms ?? []), ...(answer?.CompositeAlarms ?? [])];
      return new Map(
        alarms.map(({ AlarmName, StateValue, StateReason }) => [
          AlarmName ?? '',
          { state: StateValue ?? '', reason: StateReason ?? '' },
        ]),
      );
    },
    close: () => client.destroy(),
  };
}
