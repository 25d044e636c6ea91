import { LiveKitPerson } from '../../tools/call-bot/demo/livekit-person.js';
import { DEFAULT_MANNERS } from '../../tools/call-bot/core/manners-config.js';
import { Bots } from '../../tools/call-bot/bots.js';
import { BotMetrics } from '../../tools/call-bot/metrics.js';
import { LiveKitWorker } from '../../tools/call-bot/rooms/livekit/worker.js';
import { FakeDoor } from '../../tools/call-bot/testing/fake-door.js';
import { LiveKitServer } from '../../tools/support/rooms/livekit-server.js';

// Real: the LiveKit server, WebSocket, WebRTC. Not real: the gateway.

const TEXT_MS = 20_000;
const key = LiveKitServer.KEY;

describe('a worker of a LiveKit server', () => {
  let server: LiveKitServer;
  let told: string[];
  let registered = Promise.withResolvers<void>();
  let bots: Bots;
  let running: Promise<void>;
  const leaving = new AbortController();
  const enter = (room: string) => LiveKitPerson.read({ url: server.url, key, room, name: 'Anna' });
  const greets = async (anna: LiveKitPerson) =>
    void (await anna.text(({ text }) => text.startsWith('Vis is here'), TEXT_MS));

  beforeAll(async () => {
    server = await LiveKitServer.start();
    const log = { info: () => undefined, warn: () => undefined };
    bots = new Bots({ door: new FakeDoor(), config: DEFAULT_MANNERS, metrics: new BotMetrics(), log });
    told = [];
    const worker = new LiveKitWorker(
      { url: server.url, key, agentName: '', name: 'Vis' },
      {
        hasPlace: () => bots.hasPlace,
        onRoom: (room) => {
          told.push(room.address.split(' ').at(-1) ?? '');
          return bots.sit(room);
        },
        onRegistered: () => registered.resolve(),
        onLost: () => undefined,
      },
    );
    running = worker.run(leaving.signal);
    await registered.promise;
  });
  afterAll(async () => {
    leaving.abort();
    await running;
    await bots.drain();
    await server.stop();
  });

  it('is sent to each room that somebody opens, and back to them behind a restart of the server', async () => {
    const people = [await enter('one'), await enter('two')];
    await Promise.all(people.map(greets));
    expect(told.toSorted()).toEqual(['one', 'two']);
    registered = Promise.withResolvers();
    await server.restart();
    // Rooms that are opened before it is back do without it.
    await registered.promise;
    for (const person of people) await person.leave();
    const anna = await enter('one');
    await greets(anna);
    await anna.leave();
  });

  it('is refused where its key is not known', async () => {
    const stranger = { id: key.id, secret: 'another' };
    const worker = new LiveKitWorker(
      { url: server.url, key: stranger, agentName: '', name: 'Vis' },
      { hasPlace: () => true, onRoom: () => null, onRegistered: () => undefined, onLost: () => undefined },
    );
    await expect(worker.run(leaving.signal)).rejects.toMatchObject({ code: 'refused' });
  });
});
