import type { MediaPacket, RoomAdapter, RoomTrack } from '../../tools/call-bot/rooms/room.js';
import { beginsKeyFrame } from '../../tools/call-bot/core/key-frame.js';
import { RoomError } from '../../tools/call-bot/rooms/room.js';
import { Witness } from './room-witness.js';

/** Somebody in the room beside the bot. */
export interface StagePerson {
  say(text: string): Promise<void>;
  /** Resolves when they read this. */
  reads(text: string): Promise<void>;
  /** Switches camera and microphone off: their tracks end. */
  unpublish(): Promise<void>;
  leave(): Promise<void>;
}

/** A server with a room that the adapter is tried in. */
export interface RoomStage {
  readonly adapter: RoomAdapter;
  /** Of a room that is not there; null: rooms come to be by being joined. */
  readonly missing: RoomAdapter | null;
  readonly unreachable: RoomAdapter;
  /** Whether the bot can be heard there. */
  readonly speaks: boolean;
  /** Somebody who reads and writes, and sends `shows`. */
  enter(name: string, shows: readonly ('microphone' | 'camera' | 'screen')[]): Promise<StagePerson>;
  /** The server ends, and everybody is out of the room. */
  interrupt(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

const never = new AbortController().signal;
/** A packet of Opus: 20 ms of nothing. */
const SOUND = Uint8Array.of(0xf8, 0xff, 0xfe);

/** What docs/bot.md promises of a room, whatever serves it. */
export function roomContract(name: string, start: () => Promise<RoomStage>): void {
  describe(`a room: ${name}`, () => {
    let stage: RoomStage;
    const leaving: { leave(): Promise<void> }[] = [];
    const enter = async (...args: Parameters<RoomStage['enter']>) => {
      const person = await stage.enter(...args);
      leaving.push(person);
      return person;
    };
    const join = async () => {
      const witness = new Witness();
      const room = await stage.adapter.join(witness, never);
      leaving.push(room);
      return { witness, room };
    };

    beforeAll(async () => {
      stage = await start();
    }, 60_000);
    afterEach(async () => {
      for (const each of leaving.splice(0).toReversed()) await each.leave();
    });
    afterAll(() => stage?.stop());

    it('tells who is there, who comes and who goes, and not of the bot itself', async () => {
      await enter('Anna', ['microphone']);
      const { witness, room } = await join();
      await witness.until(() => witness.names.includes('Anna'));
      const ben = await enter('Ben', ['microphone']);
      await witness.until(() => witness.names.includes('Ben'));
      await ben.leave();
      await witness.until(() => !witness.names.includes('Ben'));
      expect(witness.names).toEqual(['Anna']);
      // Whoever has left has no track any more: the witness checks each step.
      expect(witness.breaches).toEqual([]);
      await room.leave();
      expect(witness.closed).toEqual([]);
    });

    it('brings sound and pictures as packets, and a key frame when one is asked for', async () => {
      await enter('Anna', ['microphone', 'camera']);
      const { witness } = await join();
      const sound = await packets(await witness.track('Anna', 'microphone'), 20);
      const steps = sound.map(
        ({ sequenceNumber }, i) => (sequenceNumber - sound[0]!.sequenceNumber - i) & 0xffff,
      );
      expect(steps).toEqual(steps.map(() => 0));
      // Packets of 20 ms at 48 kHz.
      expect((sound.at(-1)!.timestamp - sound[0]!.timestamp) >>> 0).toBe(960 * 19);

      const camera = await witness.track('Anna', 'camera');
      await packets(camera, 1);
      for (let asked = 0; asked < 2; asked += 1) {
        // Again and again: servers let through so many a second, and no more.
        const asking = setInterval(() => camera.requestKeyFrame(), 300);
        await packetWhere(camera, ({ payload }) => beginsKeyFrame('vp8', payload));
        clearInterval(asking);
      }
      expect(witness.breaches).toEqual([]);
    });

    it('tells a screen from a camera', async () => {
      await enter('Anna', ['microphone', 'screen']);
      const { witness } = await join();
      const screen = await witness.track('Anna', 'screen');
      await packets(screen, 1);
      expect(witness.names).toEqual(['Anna']);
    });

    it('tells when tracks end, while who sent them stays', async () => {
      const anna = await enter('Anna', ['microphone', 'camera']);
      const { witness } = await join();
      await witness.track('Anna', 'camera');
      await witness.track('Anna', 'microphone');
      await anna.unpublish();
      await witness.until(() => witness.tracks.length === 0);
      expect(witness.names).toEqual(['Anna']);
    });

    it('carries text both ways, and does not bring back the own', async () => {
      const anna = await enter('Anna', []);
      const { witness, room } = await join();
      await witness.until(() => witness.names.includes('Anna'));
      await anna.say('hello there');
      await witness.until(() => witness.texts.length > 0);
      await room.say('hello all');
      await anna.reads('hello all');
      await room.say('hello Anna', witness.idOf('Anna'));
      await anna.reads('hello Anna');
      // What came back would have come before the answer to this.
      await anna.say('goodbye');
      await witness.until(() => witness.texts.length > 1);
      expect(witness.texts).toEqual(['Anna: hello there', 'Anna: goodbye']);
      expect(witness.breaches).toEqual([]);
    });

    it('takes a long text of any letters', async () => {
      const anna = await enter('Anna', []);
      const { room } = await join();
      const long = 'Größe 龍 “…” \\ \n😀'.repeat(100);
      await room.say(long);
      await anna.reads(long);
    });

    it('says nothing any more once it was left', async () => {
      const anna = await enter('Anna', ['microphone']);
      const { witness, room } = await join();
      const track = await witness.track('Anna', 'microphone');
      await packets(track, 1);
      await room.leave();
      await room.leave();
      const told = witness.count;
      await expect(room.say('anybody there?')).rejects.toMatchObject({ name: 'RoomError', code: 'closed' });
      await anna.say('it has gone');
      await anna.unpublish();
      expect(witness.count).toBe(told);
      track.requestKeyFrame();
    });

    it('can be in a room twice', async () => {
      const [first, second] = [await join(), await join()];
      await first.room.say('one to the other');
      await second.witness.until(() =>
        second.witness.texts.some((text) => text.endsWith('one to the other')),
      );
      await second.room.leave();
      await first.witness.until(() => first.witness.names.length === 0);
    });

    it('is heard by who is there, where it can be', async () => {
      const [first, second] = [await join(), await join()];
      expect(first.room.speak !== undefined).toBe(stage.speaks);
      const voice = await first.room.speak?.();
      if (!voice) return;
      let sequenceNumber = 0;
      const speaking = setInterval(() => {
        const timestamp = sequenceNumber * 960;
        voice.send({ sequenceNumber, timestamp, marker: sequenceNumber === 0, payload: SOUND });
        sequenceNumber += 1;
      }, 20);
      try {
        const heard = await packets(await second.witness.track('Vis', 'microphone'), 5);
        expect(heard.map(({ payload }) => [...payload])).toEqual(Array(5).fill([...SOUND]));
      } finally {
        clearInterval(speaking);
      }
      await first.room.leave();
      await second.witness.until(() => second.witness.names.length === 0);
      expect(second.witness.breaches).toEqual([]);
    });

    it('is not harmed by somebody who comes and goes', async () => {
      await enter('Anna', ['microphone']);
      const { witness } = await join();
      const track = await witness.track('Anna', 'microphone');
      for (let i = 0; i < 5; i += 1) {
        const other = await stage.enter(`Guest ${i}`, ['microphone', 'camera']);
        if (i % 2) await other.unpublish();
        await other.leave();
      }
      await packets(track, 20);
      await witness.until(() => witness.names.length === 1);
      expect(witness.breaches).toEqual([]);
    });

    it('tells once that it is gone, and may be joined again', async () => {
      await enter('Anna', ['microphone']);
      const { witness, room } = await join();
      await witness.track('Anna', 'microphone');
      await stage.interrupt();
      await witness.until(() => witness.closed.length > 0);
      const told = witness.count;
      await expect(room.say('anybody there?')).rejects.toBeInstanceOf(RoomError);
      await stage.resume();
      const ben = await enter('Ben', []);
      const again = await join();
      await again.witness.until(() => again.witness.names.includes('Ben'));
      await again.room.say('back again');
      await ben.reads('back again');
      expect(witness.count).toBe(told);
      expect(witness.closed).toHaveLength(1);
    });

    it('refuses with a reason', async () => {
      const gone = new AbortController();
      gone.abort();
      const refusal = (adapter: RoomAdapter, signal: AbortSignal) =>
        adapter.join(new Witness(), signal).then(
          () => 'joined',
          (error: RoomError) => error.code,
        );
      expect(await refusal(stage.unreachable, never)).toBe('unreachable');
      expect(await refusal(stage.adapter, gone.signal)).toBe('aborted');
      if (stage.missing) expect(await refusal(stage.missing, never)).toBe('refused');
    });
  });
}

/** The next packets of a track. */
async function packets(track: RoomTrack, count: number): Promise<MediaPacket[]> {
  const found: MediaPacket[] = [];
  await packetWhere(track, (packet) => found.push(packet) === count);
  return found;
}

function packetWhere(track: RoomTrack, fits: (packet: MediaPacket) => boolean): Promise<void> {
  return new Promise((resolve) => {
    track.listen((packet) => {
      if (!fits(packet)) return;
      track.listen(null);
      resolve();
    });
  });
}
