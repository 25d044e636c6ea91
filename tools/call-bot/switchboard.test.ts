import type { MediaPacket, RoomTrack } from './rooms/room.js';
import { Switchboard } from './switchboard.js';

class ScriptedTrack implements RoomTrack {
  readonly participantId = 'anna';
  asked = 0;
  listener: ((packet: MediaPacket) => void) | null = null;

  constructor(
    readonly id: string,
    readonly codec: RoomTrack['codec'],
    readonly source: RoomTrack['source'],
  ) {}

  listen(listener: ((packet: MediaPacket) => void) | null): void {
    this.listener = listener;
  }

  requestKeyFrame(): void {
    this.asked += 1;
  }

  /** @param first byte of the picture: even, a key frame */
  send(sequenceNumber: number, first = 0): void {
    this.listener?.({
      sequenceNumber,
      timestamp: sequenceNumber,
      marker: true,
      payload: Uint8Array.of(0x10, first),
    });
  }
}

function board() {
  let nowMs = 0;
  const switchboard = new Switchboard(() => nowMs);
  const tracks = {
    mic: new ScriptedTrack('mic', 'opus', 'microphone'),
    cam: new ScriptedTrack('cam', 'vp8', 'camera'),
    screen: new ScriptedTrack('screen', 'vp8', 'screen'),
  };
  for (const track of Object.values(tracks)) switchboard.addTrack(track);
  const outlet = () => {
    const got = { audio: [] as number[], video: [] as number[] };
    return {
      got,
      audio: (packet: MediaPacket) => void got.audio.push(packet.sequenceNumber),
      video: (packet: MediaPacket) => void got.video.push(packet.sequenceNumber),
    };
  };
  return { switchboard, ...tracks, outlet, at: (ms: number) => void (nowMs = ms) };
}

it('leads packets to a session, pictures from a key frame on, and goes on with another source', () => {
  const { switchboard, mic, cam, screen, outlet } = board();
  const one = outlet();
  switchboard.addLine('one', one);
  mic.send(1);
  switchboard.route('one', 'mic', 'cam');
  expect(cam.asked).toBe(1);
  mic.send(2);
  cam.send(10, 1);
  cam.send(11, 0);
  cam.send(12, 1);
  switchboard.route('one', 'mic', 'screen');
  cam.send(13, 1);
  screen.send(500, 1);
  screen.send(501, 0);
  expect(one.got).toEqual({ audio: [2], video: [11, 12, 13] });
  expect([cam.listener, screen.asked]).toEqual([null, 1]);
});

it('leads one track to several, and asks for key frames once for all', () => {
  const { switchboard, screen, outlet, at } = board();
  const outlets = [outlet(), outlet()];
  outlets.forEach((each, i) => switchboard.addLine(`${i}`, each));
  switchboard.route('0', null, 'screen');
  screen.send(1);
  switchboard.route('1', null, 'screen');
  expect(screen.asked).toBe(1);
  screen.send(2, 1);
  at(400);
  switchboard.wantKeyFrame('1');
  switchboard.wantKeyFrame('0');
  expect(screen.asked).toBe(2);
  screen.send(3);
  expect(outlets.map(({ got }) => got.video)).toEqual([[1, 2, 3], [3]]);
  switchboard.removeLine('0');
  screen.send(4, 1);
  expect(outlets.map(({ got }) => got.video.length)).toEqual([3, 2]);
  switchboard.removeLine('1');
  expect(screen.listener).toBeNull();
});

it('asks again for a key frame while others come', () => {
  const { switchboard, cam, outlet, at } = board();
  switchboard.addLine('one', outlet());
  switchboard.route('one', null, 'cam');
  const asked = [100, 400, 500, 800].map((ms) => {
    at(ms);
    cam.send(ms, 1);
    return cam.asked;
  });
  cam.send(900, 0);
  at(2000);
  cam.send(901, 1);
  expect([asked, cam.asked]).toEqual([[1, 2, 2, 3], 3]);
});

it('stands tracks and sessions that are gone', () => {
  const { switchboard, mic, outlet } = board();
  switchboard.addLine('one', outlet());
  switchboard.route('one', 'mic', 'nothing');
  switchboard.removeTrack('mic');
  expect(mic.listener).toBeNull();
  switchboard.removeTrack('mic');
  switchboard.removeLine('one');
  switchboard.removeLine('one');
  switchboard.route('one', 'mic', null);
  switchboard.wantKeyFrame('one');
});
