import type { TrackSource } from '../rooms/room.js';
import type { MannersCommand, MannersEvent } from './events.js';
import { Manners } from './manners.js';
import { DEFAULT_MANNERS, type MannersConfig } from './manners-config.js';

/** A room in which Anna is already, and the bot just came. */
function present(config: Partial<MannersConfig> = {}) {
  const manners = new Manners({ ...DEFAULT_MANNERS, ...config });
  let nowMs = 0;
  const give = (...events: MannersEvent[]): MannersCommand[] =>
    events.flatMap((event) => manners.handle(event, nowMs));
  const at = (ms: number) => void (nowMs = ms);
  give({ type: 'participant_joined', id: 'anna', name: 'Anna' }, { type: 'room_joined' });
  return { manners, give, at };
}

const track = (id: string, participantId: string, source: TrackSource): MannersEvent => ({
  type: 'track',
  track: { id, participantId, source, codec: source === 'microphone' ? 'opus' : 'vp8' },
});
const joined = (id: string): MannersEvent => ({ type: 'participant_joined', id, name: id });
const open = (id: string, transcribes = true): MannersEvent => ({ type: 'session_open', id, transcribes });
const text = (id: string, words: string): MannersEvent => ({ type: 'text', id, text: words });
const answer = (
  id: string,
  turn: string | null,
  words: string,
  status: 'completed' | 'failed' = 'completed',
): MannersEvent => ({
  type: 'answer',
  id,
  answer: { text: words, status, turn },
});
const said = (commands: readonly MannersCommand[]) =>
  commands.flatMap((command) => (command.type === 'say' ? command.text : []));
const types = (commands: readonly MannersCommand[]) => commands.map(({ type }) => type);

/** Anna has a microphone and a session. */
function listening(config: Partial<MannersConfig> = {}, transcribes = true) {
  const room = present(config);
  room.give(track('mic', 'anna', 'microphone'), open('anna', transcribes));
  return room;
}

describe('coming', () => {
  it('says who it is, to all there and to each who comes later', () => {
    const manners = new Manners(DEFAULT_MANNERS);
    expect(manners.handle({ type: 'participant_joined', id: 'anna', name: 'Anna' }, 0)).toEqual([]);
    const [notice, ...none] = manners.handle({ type: 'room_joined' }, 0);
    expect(notice).toMatchObject({ type: 'say', to: null, text: expect.stringContaining('Vis is here') });
    expect(none).toEqual([]);
    expect(manners.handle(joined('ben'), 0)).toMatchObject([{ type: 'say', to: 'ben' }]);
  });

  it('does not greet a crowd one by one for ever', () => {
    const { give } = present();
    const greeted = Array.from({ length: 100 }, (_, i) =>
      give(joined(`${i}`), { type: 'participant_left', id: `${i}` }),
    );
    expect(said(greeted.flat()).length).toBeLessThan(12);
  });
});

describe('who is heard', () => {
  it('opens a session for each who has a microphone, and closes it when they leave', () => {
    const { give } = present();
    expect(give(track('cam', 'anna', 'camera'))).toEqual([]);
    expect(give(track('mic', 'anna', 'microphone'))).toEqual([
      { type: 'open', id: 'anna', videoCodec: 'vp8' },
    ]);
    expect(give(open('anna'))).toEqual([{ type: 'route', id: 'anna', audio: 'mic', video: 'cam' }]);
    expect(give({ type: 'participant_left', id: 'anna' })).toContainEqual({ type: 'close', id: 'anna' });
  });

  it('hears as many as it may, tells the others once, and hears them when there is room', () => {
    const { give } = listening({ maxSpeakers: 1 });
    expect(said(give(joined('ben'), track('mic2', 'ben', 'microphone'), { type: 'tick' })).slice(1)).toEqual([
      '@ben I am listening to 1 people already, and do not hear you yet.',
    ]);
    expect(types(give({ type: 'participant_left', id: 'anna' })).slice(-2)).toEqual(['close', 'open']);
  });

  it('tries again where a session fails, later and later, unless that is for good', () => {
    const { give, at } = present();
    give(track('mic', 'anna', 'microphone'));
    const over: MannersEvent = { type: 'session_over', id: 'anna', retry: true };
    expect(give(over, { type: 'tick' })).toEqual([]);
    at(1000);
    expect(types(give({ type: 'tick' }))).toEqual(['open']);
    expect(give(over)).toEqual([]);
    at(2999);
    expect(give({ type: 'tick' })).toEqual([]);
    at(3000);
    expect(types(give({ type: 'tick' }))).toEqual(['open']);
    give({ type: 'session_over', id: 'anna', retry: false });
    at(1e9);
    expect(types(give({ type: 'tick' }))).not.toContain('open');
  });

  it('keeps the session of who sends nothing for a while, and gives the place up when that lasts', () => {
    const { give, at } = listening();
    expect(types(give({ type: 'track_ended', trackId: 'mic' }, { type: 'tick' }))).toEqual(['route']);
    at(60_000);
    expect(give({ type: 'tick' }, track('mic2', 'anna', 'microphone'))).toEqual([
      { type: 'route', id: 'anna', audio: 'mic2', video: null },
    ]);
    give({ type: 'tick' }, { type: 'track_ended', trackId: 'mic2' });
    at(360_000);
    expect(give({ type: 'tick' })).toEqual([{ type: 'close', id: 'anna' }]);
  });

  it('does not open a hundred sessions for somebody who comes and goes a hundred times', () => {
    const { give } = present();
    const commands = Array.from({ length: 100 }, (_, i) =>
      give(joined(`${i}`), track(`t${i}`, `${i}`, 'microphone'), { type: 'participant_left', id: `${i}` }),
    ).flat();
    const opened = commands.filter(({ type }) => type === 'open').length;
    expect(opened).toBe(10);
    expect(commands.filter(({ type }) => type === 'close')).toHaveLength(opened);
  });
});

describe('pictures', () => {
  it('shows a shared screen to all in place of their cameras, and the cameras again behind it', () => {
    const { give } = listening();
    give(track('cam', 'anna', 'camera'), joined('ben'), track('mic2', 'ben', 'microphone'), open('ben'));
    expect(give(track('screen', 'ben', 'screen'))).toEqual([
      { type: 'route', id: 'anna', audio: 'mic', video: 'screen' },
      { type: 'route', id: 'ben', audio: 'mic2', video: 'screen' },
    ]);
    expect(give({ type: 'track_ended', trackId: 'screen' })).toEqual([
      { type: 'route', id: 'anna', audio: 'mic', video: 'cam' },
      { type: 'route', id: 'ben', audio: 'mic2', video: null },
    ]);
  });

  it('has a camera that goes off forgotten, and takes one that comes back', () => {
    const { give } = listening();
    give(track('cam', 'anna', 'camera'));
    expect(give({ type: 'track_ended', trackId: 'cam' })).toEqual([
      { type: 'camera', id: 'anna', on: false },
      { type: 'route', id: 'anna', audio: 'mic', video: null },
    ]);
    expect(give(track('cam2', 'anna', 'camera'))).toEqual([
      { type: 'route', id: 'anna', audio: 'mic', video: 'cam2' },
      { type: 'camera', id: 'anna', on: true },
    ]);
  });

  it('has it forgotten behind a screen, too, which stays', () => {
    const { give } = listening();
    give(track('cam', 'anna', 'camera'), track('screen', 'anna', 'screen'));
    expect(give({ type: 'track_ended', trackId: 'cam' })).toEqual([
      { type: 'camera', id: 'anna', on: false },
      { type: 'camera', id: 'anna', on: true },
    ]);
  });

  it('does not route what a session was not opened for', () => {
    const { give } = listening();
    const camera: MannersEvent = {
      type: 'track',
      track: { id: 'cam', participantId: 'anna', source: 'camera', codec: 'h264' },
    };
    expect(give(camera)).toEqual([]);
  });
});

describe('by push', () => {
  it('answers what is said behind its name in writing, once, and has everything else forgotten', () => {
    const { give } = listening();
    expect(give({ type: 'utterance', id: 'anna', item: 'a' })).toEqual([
      { type: 'forget', id: 'anna', item: 'a' },
    ]);
    expect(give(text('anna', 'Vis'))).toEqual([]);
    expect(give({ type: 'utterance', id: 'anna', item: 'b' })).toEqual([
      { type: 'respond', id: 'anna', turn: 'b' },
    ]);
    expect(said(give(answer('anna', 'b', 'The star is red.')))).toEqual(['@Anna: The star is red.']);
    expect(give({ type: 'utterance', id: 'anna', item: 'c' })).toEqual([
      { type: 'forget', id: 'anna', item: 'c' },
    ]);
  });

  it('is for who pushed alone, and not for ever', () => {
    const { give, at } = listening();
    give(joined('ben'), track('mic2', 'ben', 'microphone'), open('ben'), text('ben', 'vis?'));
    expect(types(give({ type: 'utterance', id: 'anna', item: 'a' }))).toEqual(['forget']);
    at(30_001);
    expect(types(give({ type: 'utterance', id: 'ben', item: 'b' }))).toEqual(['forget']);
  });

  it('keeps what it overhears where it is told to', () => {
    const { give } = listening({ overhears: true });
    expect(give({ type: 'utterance', id: 'anna', item: 'a' })).toEqual([]);
  });
});

describe('by name', () => {
  it('waits until it is written down', () => {
    const { give } = listening({ addressing: 'name' });
    expect(give({ type: 'utterance', id: 'anna', item: 'a' })).toEqual([]);
    expect(give({ type: 'transcript', id: 'anna', item: 'a', text: 'Vis, what color is the star?' })).toEqual(
      [{ type: 'respond', id: 'anna', turn: 'a' }],
    );
    expect(said(give(answer('anna', 'a', 'Red.')))).toEqual(['@Anna “what color is the star?” – Red.']);
  });

  it.each(['what color is the star', null])('forgets %j', (words) => {
    const { give } = listening({ addressing: 'name' });
    give({ type: 'utterance', id: 'anna', item: 'a' });
    expect(give({ type: 'transcript', id: 'anna', item: 'a', text: words })).toEqual([
      { type: 'forget', id: 'anna', item: 'a' },
    ]);
  });

  it('can be pushed, too', () => {
    const { give } = listening({ addressing: 'name' });
    give(text('anna', 'Vis'));
    expect(types(give({ type: 'utterance', id: 'anna', item: 'a' }))).toEqual(['respond']);
    expect(give({ type: 'transcript', id: 'anna', item: 'a', text: 'what color is the star' })).toEqual([]);
    expect(said(give(answer('anna', 'a', 'Red.')))).toEqual(['@Anna “what color is the star” – Red.']);
  });

  it('says once where the model writes nothing down', () => {
    const room = present({ addressing: 'name' });
    room.give(track('mic', 'anna', 'microphone'));
    expect(said(room.give(open('anna', false)))).toEqual([expect.stringContaining('write “Vis”')]);
    expect(types(room.give({ type: 'utterance', id: 'anna', item: 'a' }))).toEqual(['forget']);
  });

  it('writes down who said what where it is asked to', () => {
    const { give } = listening({ addressing: 'push', captions: true });
    give({ type: 'utterance', id: 'anna', item: 'a' });
    expect(said(give({ type: 'transcript', id: 'anna', item: 'a', text: 'hello' }))).toEqual(['Anna: hello']);
  });
});

describe('always', () => {
  it('leaves it to the session, and tells all that it says', () => {
    const { give } = listening({ addressing: 'always' });
    expect(give({ type: 'utterance', id: 'anna', item: 'a' })).toEqual([]);
    expect(said(give(answer('anna', null, 'Red.')))).toEqual(['@Anna: Red.']);
  });
});

describe('in writing', () => {
  it('answers what is addressed to it, about what that person shows', () => {
    const { give } = listening();
    expect(give(text('anna', 'what is that?'))).toEqual([]);
    const [command] = give(text('anna', 'Vis, what is that?'));
    expect(command).toEqual({ type: 'ask', id: 'anna', text: 'what is that?', turn: 'asked-1' });
    expect(said(give(answer('anna', 'asked-1', 'A star.')))).toEqual(['@Anna “what is that?” – A star.']);
  });

  it('opens a session for who has no microphone', () => {
    const { give } = present();
    expect(give(text('anna', 'Vis, what is that?'))).toEqual([
      { type: 'open', id: 'anna', videoCodec: 'vp8' },
    ]);
    expect(types(give(open('anna')))).toEqual(['ask']);
  });

  it('takes a flood for what it is', () => {
    const { give } = listening();
    const asked = Array.from({ length: 500 }, () => give(text('anna', 'Vis, what is that?'))).flat();
    expect(asked).toHaveLength(10);
    expect(give(text('anna', `Vis, ${'x'.repeat(3000)}`))).toEqual([]);
    give(joined('ben'), track('mic2', 'ben', 'microphone'), open('ben'));
    expect(types(give(text('ben', 'Vis, what is that?')))).toEqual(['ask']);
  });

  it('asks again once where an answer failed', () => {
    const { give } = listening();
    give(text('anna', 'Vis, what is that?'));
    expect(give(answer('anna', 'asked-1', '', 'failed'))).toEqual([
      { type: 'respond', id: 'anna', turn: 'asked-1' },
    ]);
    expect(said(give(answer('anna', 'asked-1', '', 'failed')))).toEqual([
      '@Anna I could not answer that. Please ask again.',
    ]);
  });

  it('forgets by a new session', () => {
    const { give } = listening();
    expect(types(give(text('anna', 'Vis, forget me')))).toEqual(['close', 'say', 'open']);
  });

  it('does not trust a name', () => {
    const { give } = present();
    give({ type: 'participant_joined', id: 'eve', name: 'Eve\n@Anna: I am\u202E the bot'.repeat(9) });
    give(text('eve', 'Vis, who are you'), open('eve'));
    const [line = ''] = said(give(answer('eve', 'asked-1', 'Vis.')));
    expect(line).toMatch(/^@Eve @Anna: I am the bot/);
    expect(line.length).toBeLessThan(120);
    expect(line).not.toMatch(/[\n\u202E]/);
  });
});

describe('going', () => {
  it('goes when it is told to, with all its sessions', () => {
    const { give } = listening();
    expect(give(text('anna', 'Vis, leave'))).toEqual([
      { type: 'close', id: 'anna' },
      { type: 'leave', reason: 'told_to' },
    ]);
    expect(give({ type: 'tick' }, text('anna', 'Vis, hello?'))).toEqual([]);
  });

  it('goes when it has been alone for a while', () => {
    const { give, at } = present();
    at(5000);
    give({ type: 'participant_left', id: 'anna' });
    at(64_999);
    expect(give({ type: 'tick' })).toEqual([]);
    give(joined('ben'));
    at(200_000);
    expect(give({ type: 'tick' })).toEqual([]);
    give({ type: 'participant_left', id: 'ben' });
    at(260_000);
    expect(give({ type: 'tick' })).toEqual([{ type: 'leave', reason: 'alone' }]);
  });

  it('goes when its time is up', () => {
    const { give, at } = present({ maxMinutes: 5 });
    at(300_000);
    expect(types(give({ type: 'tick' }))).toEqual(['say', 'leave']);
  });

  it('goes when it is stopped', () => {
    expect(present().give({ type: 'stop' })).toEqual([{ type: 'leave', reason: 'stopped' }]);
  });
});

describe('where the room is lost', () => {
  it('closes the sessions, does not take it for being alone, and begins anew', () => {
    const { give, at } = listening();
    expect(give({ type: 'room_lost' })).toEqual([{ type: 'close', id: 'anna' }]);
    at(100_000);
    expect(give({ type: 'tick' })).toEqual([]);
    give({ type: 'participant_joined', id: 'a2', name: 'Anna' }, track('m2', 'a2', 'microphone'));
    expect(types(give({ type: 'room_joined' }))).toEqual(['say', 'open']);
  });

  it('knows whether it owes an answer', () => {
    const { manners, give } = listening();
    give({ type: 'utterance', id: 'anna', item: 'a' });
    expect(manners.busy).toBe(false);
    give(text('anna', 'Vis, what is that?'));
    expect(manners.busy).toBe(true);
    give(answer('anna', 'asked-1', 'A star.'));
    expect(manners.busy).toBe(false);
  });
});
