import { loadConfig } from '../../config/config.js';
import { shareOf } from './share.js';

const sharesOf = (settings: Record<string, string>, count = 3) => {
  const config = loadConfig({ ...settings, VISAVIS_GATEWAYS: String(count) });
  return Array.from({ length: count }, (_, number) => shareOf(config, number));
};

describe('shareOf', () => {
  it('divides what is of the machine, to the last one', () => {
    const shares = sharesOf({
      VISAVIS_MAX_CALLS: '10',
      VISAVIS_MAX_KV_TOKENS: '10000',
      VISAVIS_MAX_MEMORY_MB: '100',
    });
    expect(shares.map(({ budgets }) => budgets.maxCalls)).toEqual([4, 3, 3]);
    expect(shares.map(({ budgets }) => budgets.maxKvTokens)).toEqual([3334, 3333, 3333]);
    const bytes = shares.map(({ budgets }) => budgets.maxMemoryBytes ?? 0);
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBe(100 * 1024 * 1024);
    expect(sharesOf({}).map(({ budgets }) => budgets.maxCalls)).toEqual([null, null, null]);
  });

  it("divides the sessions of servers, not those of an engine of one's own", () => {
    const remote = { VISAVIS_ENGINE: 'remote', VISAVIS_ENGINE_URL: 'http://a', VISAVIS_ENGINE_SESSIONS: '8' };
    const shares = sharesOf(remote);
    expect(shares.map(({ remoteEngine }) => remoteEngine?.maxSessions)).toEqual([3, 3, 2]);
    expect(shares.map(({ engineSessions }) => engineSessions)).toEqual([3, 3, 2]);
    expect(sharesOf({ VISAVIS_ENGINE_SESSIONS: '8' })[2]?.engineSessions).toBe(8);
  });

  it('gives each ports of its own', () => {
    expect(sharesOf({ VISAVIS_ICE_UDP_PORT: '5000' }).map(({ iceUdpPort }) => iceUdpPort)).toEqual([
      5000, 5001, 5002,
    ]);
    const range = { VISAVIS_ICE_PORT_MIN: '5000', VISAVIS_ICE_PORT_MAX: '5010' };
    expect(sharesOf(range).map(({ icePortRange }) => icePortRange)).toEqual([
      [5000, 5002],
      [5003, 5005],
      [5006, 5010],
    ]);
    expect(sharesOf({ VISAVIS_PORT: '8080' }).map(({ port }) => port)).toEqual([0, 0, 0]);
  });

  it('keeps recordings and traces apart', () => {
    const [, second] = sharesOf({
      VISAVIS_CAPTURE_DIR: '/captures',
      VISAVIS_CAPTURE_FOLDER_MB: '3',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
      OTEL_RESOURCE_ATTRIBUTES: 'a=b',
    });
    expect(second?.capture).toMatchObject({ dir: '/captures/gateway-1', folderBytes: 1024 * 1024 });
    expect(second?.tracing?.resource).toEqual({ a: 'b', 'service.instance.id': 'gateway-1' });
  });
});
