import { z } from 'zod';
import { validationError } from './aws-error.ts';
import { parseInput } from './request.ts';

/** Alarms by name, as the owner of the local AWS has set them. */
export type Alarms = Map<string, 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'>;

const describeInput = z.object({
  AlarmNames: z.array(z.string()).max(100, 'Member must have length less than or equal to 100').optional(),
  AlarmTypes: z.array(z.string()).optional(),
});

/**
 * Operations of CloudWatch by name, in JSON 1.0 as the SDK speaks it. DescribeAlarms tells of metric alarms alone
 * and leaves out, without an error, names that it does not know.
 */
export const cloudwatchOperations: Record<string, (alarms: Alarms, body: unknown) => Promise<unknown>> = {
  async DescribeAlarms(alarms, body) {
    const { AlarmNames, AlarmTypes } = parseInput(describeInput, body);
    const wanted = AlarmTypes ?? ['MetricAlarm'];
    const bad = wanted.find((type) => !['MetricAlarm', 'CompositeAlarm', 'LogAlarm'].includes(type));
    if (bad !== undefined) throw validationError(bad, 'alarmTypes', 'Member must satisfy enum value set');
    const found = [...alarms].filter(([name]) => AlarmNames === undefined || AlarmNames.includes(name));
    const shown = wanted.includes('MetricAlarm') ? found : [];
    return {
      MetricAlarms: shown.map(([name, state]) => ({
        AlarmName: name,
        StateValue: state,
        StateReason: `It was set to ${state}.`,
      })),
      CompositeAlarms: [],
    };
  },
};
