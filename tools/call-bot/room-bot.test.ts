import { CallError } from '@vis-a-vis/client';
import { Bots } from './bots.js';
import { DEFAULT_MANNERS, type MannersConfig } from './core/manners-config.js';
import { BotMetrics } from './metrics.js';
import { RoomBot } from './room-bot.js';
import { RoomError, type RoomAdapter } from './rooms/room.js';
import { FakeDoor } from './testing/fake-door.js';
import { FakeRoom } from './testing/fake-room.js';

const log = { info: () => undefined, warn: () => undefined };

function sitting(config: Partial<MannersConfig> = {}) {
  const room = new FakeRoom();
  const door = new FakeDoor();
  const metrics = new BotMetrics();
  const parts = { door, config: { ...DEFAULT_MANNERS, ...config }, metrics, log, haste: 100 };
  const bot = new RoomBot({ ...parts, adapter: room.adapter('Vis') });
  return { room, door, metrics, parts, bot };
}

const notice = (text: string) => text.startsWith('Vis is here');

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

describe('the bot in a room', () => {
  it('hears who is there, answers in writing, and takes all along when it goes', async () => {
    const { room, door, metrics, bot } = sitting();
    const anna = room.enter('Anna', ['microphone', 'camera']);
    const run = bot.run();
    await anna.text(notice);
    await until(() => door.sessions.length === 1);
    const [session] = door.sessions;
    await until(() => session!.sound.length > 0 && session!.pictures.length > 0);
    anna.say('Vis');
    session!.hear('what color is the star');
    expect(await anna.text((text) => text.startsWith('@Anna'))).toBe(
      '@Anna “what color is the star” – answer to what color is the star',
    );
    session!.hear();
    anna.say('Vis, leave');
    expect(await run).toBe('told_to');
    expect(session!.open).toBe(false);
    expect(session!.did).toEqual(['respond item-1', 'forget item-2']);
    const text = await metrics.registry.metrics();
    for (const line of ['rooms 0', 'participants 0', 'sessions 0', 'overheard_total 1', 'joins_total 1']) {
      expect(text).toContain(`visavis_bot_${line}\n`);
    }
  });

  it('reads answers aloud where it has a voice, until somebody speaks', async () => {
    const { room, door, parts } = sitting({ speaks: true });
    const said: string[] = [];
    const synthesiser = {
      speak: async (text: string) => {
        said.push(text);
        await Promise.resolve();
        return {
          packets: Array<Uint8Array>(500).fill(Uint8Array.of(7)),
          ticks: Array(500).fill(960),
          durationMs: 10_000,
        };
      },
    };
    const bot = new RoomBot({ ...parts, adapter: room.adapter('Vis'), synthesiser });
    const run = bot.run();
    const anna = room.enter('Anna', ['microphone']);
    expect(await anna.text(notice)).toContain('aloud and in writing');
    await until(() => door.sessions.length === 1);
    anna.say('Vis, hello?');
    await anna.text((text) => text.startsWith('@Anna'));
    const words = () => room.spoken.filter(({ payload }) => payload[0] === 7).length;
    await until(() => words() > 0);
    expect(said).toEqual(['answer to hello?']);
    expect(room.shown).toEqual(['listening', 'thinking', 'speaking']);
    door.sessions[0]!.hear('Oh.');
    const heard = words();
    await until(() => room.shown.at(-1) === 'listening');
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    expect(words()).toBe(heard);
    bot.stop();
    await run;
  });

  it('ends the session of who leaves, also one that is only being opened', async () => {
    const { room, door, bot } = sitting();
    const run = bot.run();
    const anna = room.enter('Anna', ['microphone']);
    const ben = room.enter('Ben');
    await ben.text(notice);
    await until(() => door.sessions.length === 1);
    anna.leave();
    await until(() => !door.sessions[0]!.open);
    const eve = room.enter('Eve', ['microphone']);
    eve.leave();
    await until(() => door.sessions.length === 2 && !door.sessions[1]!.open);
    bot.stop();
    expect(await run).toBe('stopped');
  });

  it('comes back where the room was gone, with sessions that know nothing of before', async () => {
    const { room, door, metrics, bot } = sitting();
    const run = bot.run();
    room.enter('Anna', ['microphone']);
    await until(() => door.sessions.length === 1);
    room.interrupt();
    await until(() => !door.sessions[0]!.open);
    room.resume();
    const anna = room.enter('Anna', ['microphone']);
    await anna.text(notice);
    await until(() => door.sessions.length === 2);
    bot.stop();
    await run;
    expect(await metrics.registry.metrics()).toContain('visavis_bot_joins_total 2\n');
  });

  it('goes on where the gateway refuses, and answers when it does not any more', async () => {
    const { room, door, metrics, bot } = sitting();
    door.refusal = new CallError('capacity', 'full');
    const anna = room.enter('Anna', ['microphone']);
    const run = bot.run();
    await anna.text(notice);
    anna.say('Vis, hello?');
    await until(() => bot.sessions === 0);
    door.refusal = null;
    expect(await anna.text((text) => text.startsWith('@Anna'))).toContain('answer to hello?');
    bot.stop();
    await run;
    expect(await metrics.registry.metrics()).toContain('visavis_bot_failures_total{what="open"} 1\n');
  });

  it('opens another session where one is lost', async () => {
    const { room, door, bot } = sitting();
    room.enter('Anna', ['microphone']);
    const run = bot.run();
    await until(() => door.sessions.length === 1);
    door.sessions[0]!.listener.onOver('the connection failed');
    await until(() => door.sessions.length === 2);
    bot.stop();
    await run;
  });
});

describe('bots', () => {
  const refusing: RoomAdapter = {
    address: 'closed',
    join: () => Promise.reject(new RoomError('refused', 'no such room')),
  };

  it('are not concerned by each other, and drain', async () => {
    const { room, door, parts } = sitting();
    const other = new FakeRoom();
    const bots = new Bots(parts);
    for (const adapter of [room.adapter('Vis'), other.adapter('Vis'), refusing])
      expect(bots.sit(adapter)).not.toBeNull();
    const all = bots.ended();
    const anna = other.enter('Anna', ['microphone']);
    room.interrupt();
    await until(() => door.sessions.length === 1);
    anna.say('Vis, hello?');
    const drained = bots.drain();
    expect(bots.sit(other.adapter('Vis'))).toBeNull();
    expect(await anna.text((text) => text.startsWith('@Anna'))).toContain('answer to hello?');
    await drained;
    expect(await all).toEqual(['stopped', 'stopped', 'not_joined']);
    expect(door.sessions.every(({ open }) => !open)).toBe(true);
  });

  it('are so many and no more', async () => {
    const { room, parts } = sitting();
    const bots = new Bots(parts);
    const added = Array.from({ length: 70 }, () => bots.sit(room.adapter('Vis')));
    expect(added.filter(Boolean)).toHaveLength(64);
    await bots.drain();
  });
});
