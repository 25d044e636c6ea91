import { coresBetween, readMetrics } from './server.js';

describe('readMetrics', () => {
  it('takes processor time and memory', () => {
    const text = '# HELP x\nprocess_cpu_seconds_total 12.5\nprocess_resident_memory_bytes 104857600\n';
    expect(readMetrics(text, 7)).toEqual({ atMs: 7, cpuSeconds: 12.5, rssMb: 100 });
  });

  it('takes nothing of a server that does not tell both', () => {
    expect(readMetrics('process_cpu_seconds_total 12.5\n', 7)).toBeNull();
  });
});

describe('coresBetween', () => {
  it('is processor time by time', () => {
    const sample = (atMs: number, cpuSeconds: number) => ({ atMs, cpuSeconds, rssMb: 1 });
    expect(coresBetween([sample(1000, 5), sample(2000, 5.1), sample(3000, 6)])).toBe(0.5);
    expect(coresBetween([sample(1000, 5)])).toBeNull();
  });
});
