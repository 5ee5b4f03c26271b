import { z } from 'zod';
import { AwsError } from './aws-error.ts';
import type { LogEvent, LogStore } from './log-store.ts';
import { parseInput } from './request.ts';

/**
 * CloudWatch Logs (JSON 1.1, target prefix `Logs_20140328`), for reading functions' logs: log group
 * `/aws/lambda/NAME`, a stream for each environment.
 */

const filterInput = z.object({
  logGroupName: z.string(),
  logStreamNames: z.array(z.string()).optional(),
  logStreamNamePrefix: z.string().optional(),
  startTime: z.number().optional(),
  endTime: z.number().optional(),
  filterPattern: z.string().optional(),
  limit: z.int().min(1).max(10_000).optional(),
  nextToken: z.string().optional(),
});
const getInput = z.object({
  logGroupName: z.string(),
  logStreamName: z.string(),
  startTime: z.number().optional(),
  endTime: z.number().optional(),
  limit: z.int().min(1).max(10_000).optional(),
  startFromHead: z.boolean().optional(),
  nextToken: z.string().optional(),
});
const streamsInput = z.object({ logGroupName: z.string(), logStreamNamePrefix: z.string().optional() });
const groupsInput = z.object({ logGroupNamePrefix: z.string().optional() });

type Operation = (logs: LogStore, body: unknown) => Promise<unknown>;

/** The operations by name. */
export const logsOperations: Record<string, Operation> = {
  FilterLogEvents: filterLogEvents,
  GetLogEvents: getLogEvents,
  DescribeLogStreams: describeLogStreams,
  DescribeLogGroups: describeLogGroups,
};

async function filterLogEvents(logs: LogStore, body: unknown) {
  const input = parseInput(filterInput, body);
  const all = numbered(await groupEvents(logs, input.logGroupName));
  const found = all.filter(
    (event) =>
      inTime(event, input) &&
      (input.logStreamNames?.includes(event.stream) ?? true) &&
      event.stream.startsWith(input.logStreamNamePrefix ?? '') &&
      matches(event.message, input.filterPattern ?? ''),
  );
  const start = offset(input.nextToken);
  const end = start + (input.limit ?? 10_000);
  return {
    events: found.slice(start, end).map((event) => ({
      eventId: String(event.id).padStart(56, '0'),
      timestamp: event.timestamp,
      ingestionTime: event.timestamp,
      logStreamName: event.stream,
      message: event.message,
    })),
    searchedLogStreams: [],
    nextToken: end < found.length ? String(end) : undefined,
  };
}

/** As in CloudWatch the end is known by a token that stays the same. */
async function getLogEvents(logs: LogStore, body: unknown) {
  const input = parseInput(getInput, body);
  const all = (await groupEvents(logs, input.logGroupName)).filter(
    ({ stream }) => stream === input.logStreamName,
  );
  if (all.length === 0) throw missing('The specified log stream does not exist.');
  const found = all.filter((event) => inTime(event, input));
  const limit = input.limit ?? 10_000;
  const tail = Math.max(0, found.length - limit);
  const first = input.startFromHead ? 0 : tail;
  const start = input.nextToken === undefined ? first : offset(input.nextToken.replace(/^[fb]\//, ''));
  const end = Math.min(found.length, start + limit);
  return {
    events: found
      .slice(start, end)
      .map(({ timestamp, message }) => ({ timestamp, message, ingestionTime: timestamp })),
    nextForwardToken: `f/${end}`,
    nextBackwardToken: `b/${Math.max(0, start - limit)}`,
  };
}

async function describeLogStreams(logs: LogStore, body: unknown) {
  const input = parseInput(streamsInput, body);
  const streams = new Map<string, { first: number; last: number }>();
  for (const { stream, timestamp } of await groupEvents(logs, input.logGroupName))
    streams.set(stream, { first: streams.get(stream)?.first ?? timestamp, last: timestamp });
  return {
    logStreams: [...streams]
      .filter(([name]) => name.startsWith(input.logStreamNamePrefix ?? ''))
      .map(([name, { first, last }]) => ({
        logStreamName: name,
        creationTime: first,
        firstEventTimestamp: first,
        lastEventTimestamp: last,
        lastIngestionTime: last,
      })),
  };
}

async function describeLogGroups(logs: LogStore, body: unknown) {
  const { logGroupNamePrefix = '' } = parseInput(groupsInput, body);
  const names = (await logs.functionNames()).map((name) => `/aws/lambda/${name}`);
  return {
    logGroups: names
      .filter((name) => name.startsWith(logGroupNamePrefix))
      .map((logGroupName) => ({ logGroupName })),
  };
}

async function groupEvents(logs: LogStore, group: string): Promise<LogEvent[]> {
  const name = /^\/aws\/lambda\/([a-zA-Z0-9-_]+)$/.exec(group)?.[1];
  const events = name === undefined ? undefined : await logs.events(name);
  if (!events) throw missing('The specified log group does not exist.');
  return events;
}

function numbered(events: LogEvent[]): (LogEvent & { id: number })[] {
  return events.map((event, id) => ({ ...event, id }));
}

/** Terms that must all occur, bare or in quotes; CloudWatch's other forms are refused. */
function matches(message: string, pattern: string): boolean {
  if (/^\s*[{[?%-]/.test(pattern))
    throw new AwsError(
      400,
      'InvalidParameterException',
      `The local AWS has no such filter pattern: ${pattern}`,
    );
  const terms = pattern.match(/"[^"]*"|\S+/g) ?? [];
  return terms.every((term) => message.includes(term.replace(/^"|"$/g, '')));
}

function inTime({ timestamp }: LogEvent, range: { startTime?: number; endTime?: number }): boolean {
  return timestamp >= (range.startTime ?? 0) && timestamp <= (range.endTime ?? Number.POSITIVE_INFINITY);
}

function offset(token: string | undefined): number {
  const value = Number(token ?? 0);
  if (!Number.isInteger(value) || value < 0)
    throw new AwsError(400, 'InvalidParameterException', `The specified nextToken is invalid: ${token}`);
  return value;
}

function missing(message: string): AwsError {
  return new AwsError(400, 'ResourceNotFoundException', message);
}
