import { resolve } from 'node:path';
import { VisavisError } from '#modules/contracts';
import { loadConfig } from './config.js';

const problem = (env: Record<string, string>): string => {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof VisavisError && error.code === 'bad_config') return error.message;
    throw error;
  }
  return '';
};

describe('loadConfig', () => {
  it('has a default for every setting', () => {
    expect(loadConfig({})).toEqual({
      port: 8080,
      host: '127.0.0.1',
      modelFolder: resolve('models/visavis-pocket'),
      frameIntervalMs: 1000,
      maxFrames: 48,
      engineWorkers: 1,
      engineStallMs: 5000,
      drainMs: 10_000,
      logLevel: 'info',
      icePortRange: null,
      iceHosts: [],
      vadModel: 'v6',
      tentativePauseMs: 100,
    });
  });

  it('reads numbers, ranges and lists', () => {
    const config = loadConfig({
      VISAVIS_PORT: '0',
      VISAVIS_ICE_PORT_MIN: '50000',
      VISAVIS_ICE_PORT_MAX: '50100',
      VISAVIS_ICE_HOSTS: '127.0.0.1, 10.0.0.2',
    });
    expect(config).toMatchObject({
      port: 0,
      icePortRange: [50_000, 50_100],
      iceHosts: ['127.0.0.1', '10.0.0.2'],
    });
  });

  it('takes an empty value for the default', () => {
    expect(loadConfig({ VISAVIS_PORT: '' }).port).toBe(8080);
  });

  it('ignores what is not its own', () => {
    expect(problem({ PATH: '/bin', VISAVIS_PYTHON: '/opt/venv/bin/python' })).toBe('');
  });

  it.each([
    ['VISAVIS_PORT', '70000'],
    ['VISAVIS_PORT', 'eighty'],
    ['VISAVIS_FRAME_INTERVAL_MS', '5'],
    ['VISAVIS_MAX_FRAMES', '0'],
    ['VISAVIS_ENGINE_WORKERS', '1.5'],
    ['VISAVIS_ENGINE_STALL_MS', '10'],
    ['VISAVIS_DRAIN_MS', '-1'],
    ['VISAVIS_LOG_LEVEL', 'loud'],
    ['VISAVIS_ICE_HOSTS', 'example.org'],
    ['VISAVIS_ICE_PORT_MIN', '50000'],
    ['VISAVIS_VAD_MODEL', 'v5'],
    ['VISAVIS_PROT', '80'],
  ])('says in one line what is wrong with %s=%s', (key, value) => {
    const message = problem({ [key]: value });
    expect(message.split('\n')).toHaveLength(1);
    expect(message).toMatch(new RegExp(`^${key}: .+`));
  });

  it('says everything that is wrong at once', () => {
    expect(problem({ VISAVIS_PORT: 'x', VISAVIS_MAX_FRAMES: 'y' }).split('\n')).toHaveLength(2);
  });

  it('refuses an empty port range', () => {
    expect(problem({ VISAVIS_ICE_PORT_MIN: '50100', VISAVIS_ICE_PORT_MAX: '50000' })).toMatch(
      /^VISAVIS_ICE_PORT_MIN: /,
    );
  });
});
