import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
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
      keysFile: null,
      jwt: null,
      allowAnonymous: false,
      corsOrigins: [],
      trustedProxies: [],
      basePath: null,
      model: resolve('models/visavis-pocket'),
      hub: {
        endpoint: 'https://huggingface.co',
        tokenFile: null,
        cache: join(homedir(), '.cache/vis-a-vis'),
      },
      frameIntervalMs: 1000,
      videoKbps: 300,
      audioDtx: false,
      maxFrames: 48,
      remoteEngine: null,
      engineWorkers: 1,
      engineSessions: 32,
      engineStallMs: 5000,
      gateways: 1,
      drainMs: 10_000,
      maxCallMs: 86_400_000,
      audioAheadMs: 60_000,
      budgets: {
        maxCalls: null,
        maxKvTokens: null,
        maxMemoryBytes: null,
        maxFrameLagMs: 2000,
        maxAnswerLagMs: null,
        recoverMs: 10_000,
        frameIntervalMs: 1000,
        maxFrames: 48,
      },
      resumeWindowMs: 60_000,
      logLevel: 'info',
      iceUdpPort: null,
      icePortRange: null,
      iceHosts: [],
      iceServers: [],
      turnSecretFile: null,
      turnTtlS: 3600,
      vadModel: 'v6',
      turnModel: 'auto',
      judgeFolder: resolve('models/turns'),
      tentativePauseMs: 100,
      capture: null,
      tracing: null,
    });
  });

  it('reads where calls are recorded, and how much of them', () => {
    expect(loadConfig({ VISAVIS_CAPTURE_DIR: 'x', VISAVIS_CAPTURE_CALL_MB: '2' }).capture).toEqual({
      dir: resolve('x'),
      callMs: 600_000,
      callBytes: 2 * 1024 * 1024,
      folderBytes: 1024 * 1024 * 1024,
    });
  });

  it('reads numbers, ranges and lists', () => {
    const config = loadConfig({
      VISAVIS_PORT: '0',
      VISAVIS_ICE_PORT_MIN: '50000',
      VISAVIS_ICE_PORT_MAX: '50100',
      VISAVIS_ICE_HOSTS: '127.0.0.1, 10.0.0.2,2001:db8::7',
    });
    expect(config).toMatchObject({
      port: 0,
      icePortRange: [50_000, 50_100],
      iceHosts: ['127.0.0.1', '10.0.0.2', '2001:db8::7'],
    });
  });

  it('takes settings of inference servers that are left empty, and those of both engines', () => {
    const env = { VISAVIS_ENGINE: 'local', VISAVIS_ENGINE_URL: '', VISAVIS_ENGINE_SESSIONS: '8' };
    expect(loadConfig(env)).toMatchObject({ remoteEngine: null, engineSessions: 8 });
  });

  it('reads the engine that others run', () => {
    const remote = {
      VISAVIS_ENGINE: 'remote',
      VISAVIS_ENGINE_URL: 'http://a.example:8000/v1, http://b.example:8000',
      VISAVIS_ENGINE_MAX_FRAMES: '8',
      VISAVIS_ENGINE_IMAGE: '640x480@60',
      VISAVIS_ENGINE_KEY_FILE: 'key',
    };
    const { remoteEngine, maxFrames } = loadConfig(remote);
    expect(maxFrames).toBe(8);
    expect(remoteEngine).toMatchObject({
      urls: ['http://a.example:8000/v1', 'http://b.example:8000'],
      flavour: 'auto',
      image: { width: 640, height: 480, quality: 60 },
      keyFile: resolve('key'),
      localEar: true,
    });
  });

  it.each([
    [{ VISAVIS_ENGINE: 'remote' }, 'VISAVIS_ENGINE_URL: must be set'],
    [{ VISAVIS_ENGINE_URL: 'http://a' }, 'VISAVIS_ENGINE_URL: is for VISAVIS_ENGINE=remote alone'],
    [
      { VISAVIS_ENGINE: 'local', VISAVIS_ENGINE_SILENCE_MS: '9000' },
      'VISAVIS_ENGINE_SILENCE_MS: is for VISAVIS_ENGINE=remote alone',
    ],
    [{ VISAVIS_ENGINE_URL: 'ftp://a' }, 'VISAVIS_ENGINE_URL: must be a comma-separated list'],
    [{ VISAVIS_ENGINE_URL: 'http://user:secret@a' }, 'must hold no credentials'],
    [{ VISAVIS_ENGINE_IMAGE: '447x336' }, 'must have even sides'],
    [{ VISAVIS_ENGINE_IMAGE: 'large' }, 'must be none, or a size'],
    [{ VISAVIS_ENGINE_SESSION_HEADER: 'a b' }, 'must be the name of a header'],
    [{ VISAVIS_ENGINE_SESSION_HEADER: 'Authorization' }, 'nothing else uses'],
  ])('refuses %o', (env, message) => {
    expect(problem(env as Record<string, string>)).toContain(message);
    expect(problem(env as Record<string, string>)).not.toContain('secret');
  });

  it('traces where a collector is named, by the names of the standard', () => {
    const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/' };
    expect(loadConfig(collector).tracing).toEqual({
      url: 'http://127.0.0.1:4318/v1/traces',
      headers: {},
      serviceName: 'vis-a-vis',
      resource: {},
      sampler: 'parentbased_always_on',
      ratio: 1,
      scheduleDelayMs: 5000,
    });
    const more = {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x, x-tenant=a',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
    };
    expect(loadConfig({ ...collector, ...more }).tracing).toMatchObject({
      url: 'https://traces.example/in',
      headers: { authorization: 'Bearer x', 'x-tenant': 'a' },
      resource: { 'deployment.environment': 'test' },
      ratio: 0.1,
    });
    expect(loadConfig({ ...collector, OTEL_SDK_DISABLED: 'true' }).tracing).toBeNull();
    const grpc = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    expect(problem(grpc)).toBe('');
    expect(problem({ ...grpc, ...collector })).toMatch(/^OTEL_EXPORTER_OTLP_PROTOCOL: must be http\/json/);
    expect(problem({ OTEL_EXPORTER_OTLP_HEADERS: 'x' })).toMatch(/^OTEL_EXPORTER_OTLP_HEADERS: must be/);
  });

  it('reads servers for ICE as WebRTC writes them', () => {
    const turn = { urls: 'turn:turn.example.net?transport=udp', username: 'u', credential: 'a,b "c"' };
    const read = (servers: unknown) =>
      loadConfig({ VISAVIS_ICE_SERVERS: JSON.stringify(servers) }).iceServers;
    expect(read([turn, { urls: ['stun:a.example', 'stun:b.example:3478'] }])).toEqual([
      { ...turn, urls: [turn.urls] },
      { urls: ['stun:a.example', 'stun:b.example:3478'] },
    ]);
    const bad = [
      {},
      [{}],
      [{ urls: [] }],
      [{ urls: 'http://a' }],
      [{ urls: 'turn:a>b' }],
      [{ ...turn, username: 'a\r\nb' }],
    ];
    for (const servers of bad) {
      expect(problem({ VISAVIS_ICE_SERVERS: JSON.stringify(servers) })).toMatch(
        /^VISAVIS_ICE_SERVERS: must be JSON/,
      );
    }
    expect(problem({ VISAVIS_ICE_SERVERS: 'turn:a' })).toMatch(/^VISAVIS_ICE_SERVERS: must be JSON/);
  });

  it('reads where models come from', () => {
    const { model, hub } = loadConfig({
      VISAVIS_MODEL: 'hf:org/name@v1',
      VISAVIS_HUB_URL: 'http://127.0.0.1:8000/hub/',
      VISAVIS_HUB_TOKEN_FILE: 'token',
      XDG_CACHE_HOME: '/var/cache',
    });
    expect(model).toBe('hf:org/name@v1');
    const endpoint = 'http://127.0.0.1:8000/hub';
    expect(hub).toEqual({ endpoint, tokenFile: resolve('token'), cache: '/var/cache/vis-a-vis' });
    expect(loadConfig({ VISAVIS_CACHE: 'here', XDG_CACHE_HOME: '/x' }).hub.cache).toBe(resolve('here'));
  });

  it('takes an empty value for the default', () => {
    expect(loadConfig({ VISAVIS_PORT: '' }).port).toBe(8080);
  });

  it('ignores what is not its own', () => {
    expect(problem({ PATH: '/bin', VISAVIS_PYTHON: '/opt/venv/bin/python' })).toBe('');
  });

  /** What Kubernetes injects for a service, with one port that has a name. */
  const kubernetes = (service: string, host: string, port: number) => ({
    [`${service}_SERVICE_HOST`]: host,
    [`${service}_SERVICE_PORT`]: `${port}`,
    [`${service}_SERVICE_PORT_HTTP_WEB`]: `${port}`,
    [`${service}_PORT`]: `tcp://${host}:${port}`,
    [`${service}_PORT_${port}_TCP`]: `tcp://${host}:${port}`,
    [`${service}_PORT_${port}_TCP_ADDR`]: host,
    [`${service}_PORT_${port}_TCP_PORT`]: `${port}`,
    [`${service}_PORT_${port}_TCP_PROTO`]: 'tcp',
    [`${service}_PORT_50000_UDP`]: `udp://${host}:50000`,
    [`${service}_PORT_50000_UDP_PROTO`]: 'udp',
  });

  it.each([
    ['the gateway', kubernetes('VISAVIS', '10.0.0.1', 8080)],
    ['one beside it', kubernetes('VISAVIS_METRICS', '10.0.0.2', 9090)],
    ['one in IPv6', kubernetes('VISAVIS', '[fd00::1]', 80)],
    [
      'a linked container',
      {
        VISAVIS_NAME: '/page/visavis',
        VISAVIS_ENV_NODE_VERSION: '24.17.0',
        VISAVIS_PORT: 'tcp://172.17.0.5:8080',
        VISAVIS_PORT_8080_TCP: 'tcp://172.17.0.5:8080',
        VISAVIS_PORT_50000_UDP_START: 'udp://172.17.0.5:50000',
        VISAVIS_PORT_50000_UDP_PORT_END: '50199',
      },
    ],
  ])('passes over what an orchestrator injects about %s', (_name, env: Record<string, string>) => {
    expect(loadConfig(env)).toEqual(loadConfig({}));
  });

  it('obeys a setting beside what is injected', () => {
    const injected = kubernetes('VISAVIS', '10.0.0.1', 8080);
    expect(loadConfig({ ...injected, VISAVIS_PORT: '9000' }).port).toBe(9000);
    expect(problem({ ...injected, VISAVIS_PROT: '9000' })).toBe('VISAVIS_PROT: there is no such setting');
  });

  it.each([
    ['VISAVIS_PORT', '70000'],
    ['VISAVIS_PORT', 'http://10.0.0.1:8080'],
    ['VISAVIS_PORT', 'tcp://10.0.0.1'],
    ['VISAVIS_HTTP_PORT', '8080'],
    ['VISAVIS_ICE_PORT', '8080'],
    ['VISAVIS_PORT_8080', '8080'],
    ['VISAVIS_SERVICE_PORT', 'eighty'],
    ['VISAVIS_NAME', 'visavis'],
    ['VISAVIS_ENV_DRAIN_MS', '1000'],
    ['VISAVIS_PORT', 'eighty'],
    ['VISAVIS_HUB_URL', 'huggingface.co'],
    ['VISAVIS_FRAME_INTERVAL_MS', '5'],
    ['VISAVIS_MAX_FRAMES', '0'],
    ['VISAVIS_ENGINE_WORKERS', '1.5'],
    ['VISAVIS_ENGINE_STALL_MS', '10'],
    ['VISAVIS_DRAIN_MS', '-1'],
    ['VISAVIS_LOG_LEVEL', 'loud'],
    ['VISAVIS_ICE_HOSTS', 'example.org'],
    ['VISAVIS_ICE_PORT_MIN', '50000'],
    ['VISAVIS_ICE_UDP_PORT', '0'],
    ['VISAVIS_ICE_UDP_PORT', '70000'],
    ['VISAVIS_VAD_MODEL', 'v5'],
    ['VISAVIS_TURN_MODEL', 'pocket'],
    ['VISAVIS_PROT', '80'],
    ['VISAVIS_HOST', '0.0.0.0'],
    ['VISAVIS_HOST', '::'],
    ['VISAVIS_HOST', '10.0.0.1'],
    ['VISAVIS_HOST', 'gateway.example'],
    ['VISAVIS_ALLOW_ANONYMOUS', 'yes'],
    ['VISAVIS_CORS_ORIGINS', 'app.example'],
    ['VISAVIS_CORS_ORIGINS', 'https://app.example/'],
    ['VISAVIS_BASE_PATH', 'visavis'],
    ['VISAVIS_BASE_PATH', '/a/../b'],
    ['VISAVIS_BASE_PATH', '//host'],
    ['VISAVIS_JWT_JWKS_URL', 'https://id.example/keys'],
  ])('says in one line what is wrong with %s=%s', (key, value) => {
    const message = problem({ [key]: value });
    expect(message.split('\n')).toHaveLength(1);
    expect(message).toMatch(new RegExp(`^${key}: .+`));
  });

  it('says everything that is wrong at once', () => {
    expect(problem({ VISAVIS_PORT: 'x', VISAVIS_MAX_FRAMES: 'y' }).split('\n')).toHaveLength(2);
  });

  it.each([
    [{ VISAVIS_API_KEYS_FILE: 'keys.json' }],
    [{ VISAVIS_ALLOW_ANONYMOUS: '1' }],
    [
      {
        VISAVIS_JWT_JWKS_URL: 'https://id.example/keys',
        VISAVIS_JWT_ISSUER: 'https://id.example',
        VISAVIS_JWT_AUDIENCE: 'visavis',
      },
    ],
  ])('serves others than this machine with %j', (settings: Record<string, string>) => {
    expect(loadConfig({ VISAVIS_HOST: '0.0.0.0', ...settings }).host).toBe('0.0.0.0');
    expect(problem({ VISAVIS_HOST: '0.0.0.0', VISAVIS_ALLOW_ANONYMOUS: '0' })).toMatch(/^VISAVIS_HOST: /);
  });

  it('does not let everybody in beside keys', () => {
    const both = { VISAVIS_API_KEYS_FILE: 'keys.json', VISAVIS_ALLOW_ANONYMOUS: '1' };
    expect(problem(both)).toMatch(/^VISAVIS_ALLOW_ANONYMOUS: /);
  });

  it('reads paths, origins and proxies', () => {
    const config = loadConfig({
      VISAVIS_BASE_PATH: '/a/b/',
      VISAVIS_CORS_ORIGINS: 'https://app.example, http://localhost:5173',
      VISAVIS_TRUSTED_PROXIES: 'loopback,10.0.0.0/8',
      VISAVIS_API_KEYS_FILE: 'keys.json',
    });
    expect(config).toMatchObject({
      basePath: '/a/b',
      corsOrigins: ['https://app.example', 'http://localhost:5173'],
      trustedProxies: ['loopback', '10.0.0.0/8'],
      keysFile: resolve('keys.json'),
    });
    expect(loadConfig({ VISAVIS_BASE_PATH: '/' }).basePath).toBe('');
  });

  it('has one port for all calls, or one a call', () => {
    expect(loadConfig({ VISAVIS_ICE_UDP_PORT: '3478' }).iceUdpPort).toBe(3478);
    const both = {
      VISAVIS_ICE_UDP_PORT: '3478',
      VISAVIS_ICE_PORT_MIN: '50000',
      VISAVIS_ICE_PORT_MAX: '50100',
    };
    expect(problem(both)).toMatch(/^VISAVIS_ICE_UDP_PORT: /);
  });

  it.each([
    ['VISAVIS_ICE_UDP_PORT', { VISAVIS_ICE_UDP_PORT: '65535' }],
    ['VISAVIS_ICE_PORT_MIN', { VISAVIS_ICE_PORT_MIN: '50000', VISAVIS_ICE_PORT_MAX: '50000' }],
    ['VISAVIS_MAX_CALLS', { VISAVIS_MAX_CALLS: '1' }],
    [
      'VISAVIS_ENGINE_SESSIONS',
      { VISAVIS_ENGINE: 'remote', VISAVIS_ENGINE_URL: 'http://a', VISAVIS_ENGINE_SESSIONS: '1' },
    ],
  ])('has something of %s for each gateway', (name, settings: Record<string, string>) => {
    expect(problem({ ...settings, VISAVIS_GATEWAYS: '1' })).toBe('');
    expect(problem({ ...settings, VISAVIS_GATEWAYS: '2' })).toMatch(
      new RegExp(`^${name}: .*VISAVIS_GATEWAYS`),
    );
  });

  it('refuses an empty port range', () => {
    expect(problem({ VISAVIS_ICE_PORT_MIN: '50100', VISAVIS_ICE_PORT_MAX: '50000' })).toMatch(
      /^VISAVIS_ICE_PORT_MIN: /,
    );
  });
});
