import { describe, expect, it } from 'vitest';
import { engineBridge, engineConfig, engineFolder, engineHost } from '../../src/docker/engine.ts';

describe('a private Engine', () => {
  it("lies in the job's temporary folder, or in a shorter one where a socket could not be there", () => {
    expect(engineFolder('/home/runner/work/_temp', '0a1b2c3d')).toBe(
      '/home/runner/work/_temp/engine-0a1b2c3d',
    );
    const long = engineFolder(`/home/${'x'.repeat(80)}`, '0a1b2c3d');
    expect(long).toMatch(/^.{1,76}\/engine-0a1b2c3d$/);
    expect(engineHost(long)).toBe(`unix://${long}/docker.sock`);
  });
  it('has a bridge whose name is not too long for Linux (15 characters)', () => {
    expect(engineBridge('/tmp/engine-0a1b2c3d')).toBe('dlc-0a1b2c3d');
  });
  it('takes over where images come from, and nothing else', () => {
    const machine = { 'registry-mirrors': ['https://mirror.example'], bridge: 'none', 'data-root': '/data' };
    expect(JSON.parse(engineConfig(JSON.stringify(machine)))).toEqual({
      'registry-mirrors': ['https://mirror.example'],
    });
    expect(engineConfig('not JSON')).toBe('{}');
  });
});
