import { describe, expect, it } from 'vitest';
import { readOptions } from '../../bench/pipeline/options.ts';

const read = (...args: string[]) => readOptions(args, '/root');

describe('options of the bench', () => {
  it('are all arms and scenarios, seven times, by default', () => {
    const { rounds, arms, scenarios, output } = read();
    expect({ rounds, output }).toEqual({ rounds: 7, output: '/root/docs' });
    expect(arms).toEqual(['plain', 'chain', 'ours', 'again', 'recommended', 'bare']);
    expect(scenarios).toEqual(['cold', 'nothing', 'ignored', 'source', 'dependency', 'lockfile', 'base']);
  });

  it('are few, and write nothing, with --quick', () => {
    const { rounds, arms, scenarios, output } = read('--quick');
    expect({ rounds, output }).toEqual({ rounds: 1, output: '' });
    expect([arms.length, scenarios.length]).toEqual([3, 3]);
  });

  it('are the rules that the app has, with --rules', () => {
    const { arms, scenarios, starts, name } = read('--rules');
    expect({ starts, name }).toEqual({ starts: 5, name: 'rules' });
    expect(arms).toEqual(
      'recommended repeated unordered unlinked pruned unmounted uncompiled example'.split(' '),
    );
    expect(scenarios).toEqual(['cold', 'source', 'dependency', 'base']);
    expect(read('--rules', '--quick')).toMatchObject({ rounds: 1, arms, scenarios, output: '' });
    const python = read('--rules', '--app', 'fastapi');
    expect(python.name).toBe('rules-fastapi');
    expect(python.arms).toEqual(
      'recommended repeated unordered unlinked single unmounted uncompiled'.split(' '),
    );
  });

  it('keep the order of scenarios, as each builds on those before', () => {
    expect(read('--scenarios', 'source,cold').scenarios).toEqual(['cold', 'source']);
  });

  it('set the distance of each service', () => {
    const { distances } = read('--latency', 'cache=80,ecr=1.5', '--bandwidth', 'ecr=10:40,hub=5');
    expect(distances.cache.roundTrip).toBe(80);
    expect(distances.ecr).toEqual({ roundTrip: 1.5, up: 10, down: 40 });
    expect(distances.hub).toMatchObject({ up: 5, down: 5 });
  });

  it.each([
    ['--rounds', '0', '--rounds: 0'],
    ['--arms', 'theirs', '--arms: there is no theirs'],
    ['--app', 'rails', '--app: there is no rails'],
    ['--arms', 'single', '--arms: the app node has no single'],
    ['--latency', 'moon=1', '--latency: there is no service moon'],
    ['--latency', 'ecr=far', '--latency: far'],
    ['--bandwidth', 'ecr=0', '--bandwidth: 0'],
    ['--bandwidth', 'ecr=', '--bandwidth: '],
  ])('refuse %s %s', (name, value, message) => {
    expect(() => read(name, value)).toThrow(message);
  });
});
