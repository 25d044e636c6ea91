import { Roster, screenOf, type RosterChange } from './roster.js';
import { wantedStreams } from './subscription.js';

const names = (changes: readonly RosterChange[]) =>
  changes.map((change) => (change.type === 'joined' ? `+${change.participant.name}` : `-${change.id}`));

describe('Roster', () => {
  it.each([
    ['by name', 'anna-1', 'Anna'],
    ['by the user name', 'Anna', ''],
    ['by the id', '7', 'somebody'],
  ])('takes a publisher and a user of the text room for one, %s', (_, username, shown) => {
    const [feed, display] = [7, 'Anna'];
    for (const textFirst of [false, true]) {
      const roster = new Roster();
      const steps = [() => roster.feedJoined(feed, display), () => roster.memberJoined(username, shown)];
      if (textFirst) steps.reverse();
      expect(steps.map((step) => step().length)).toEqual([1, 0]);
      expect(roster.ofFeed(feed)).toBe(roster.ofUsername(username));
      expect(roster.usernameOf(roster.ofFeed(feed) ?? '')).toBe(username);
      expect(names(roster.feedLeft(feed))).toEqual([]);
      expect(names(roster.memberLeft(username))).toEqual(['-p1']);
    }
  });

  it('keeps apart who only has the same name', () => {
    const roster = new Roster();
    expect(names([...roster.feedJoined(1, 'Anna'), ...roster.feedJoined(2, 'Anna')])).toEqual([
      '+Anna',
      '+Anna',
    ]);
    roster.memberJoined('x', 'Anna');
    expect(names(roster.memberJoined('y', 'Anna'))).toEqual([]);
    expect(names(roster.memberJoined('z', 'Anna'))).toEqual(['+Anna']);
  });

  it.each([false, true])('gives a screen to whose it is, whoever comes first (screen: %s)', (screenFirst) => {
    const roster = new Roster();
    const steps = [() => roster.feedJoined(1, 'Anna'), () => roster.feedJoined(2, 'Anna (screen)')];
    if (screenFirst) steps.reverse();
    expect(names(steps.flatMap((step) => step()))).toEqual(['+Anna']);
    expect(roster.ofFeed(1)).toBe(roster.ofFeed(2));
    expect(roster.feedLeft(2)).toEqual([]);
    expect(names(roster.feedLeft(1))).toEqual(['-p1']);
  });

  it('calls guests something, and forgets who was never there', () => {
    const roster = new Roster();
    expect(names(roster.feedJoined(5, ''))).toEqual(['+guest 5']);
    expect(roster.feedJoined(5, '')).toEqual([]);
    expect([...roster.feedLeft(6), ...roster.memberLeft('nobody')]).toEqual([]);
    expect([roster.ofFeed(6), roster.ofUsername('x'), roster.usernameOf('p9')]).toEqual([null, null, null]);
  });

  it.each([
    ['Anna (screen)', 'Anna'],
    ['Anna - Screen', 'Anna'],
    ['screen', ''],
    ['Anna', null],
    ['screenwriter', null],
  ])('screenOf(%j) is %j', (display, owner) => {
    expect(screenOf(display)).toBe(owner);
  });
});

describe('wantedStreams', () => {
  const audio = { type: 'audio', mid: '0', codec: 'opus' };
  const video = { type: 'video', mid: '1', codec: 'vp8' };
  const second = { type: 'video', mid: '2', codec: 'h264' };
  const sources = (streams: Parameters<typeof wantedStreams>[0], isScreen = false) =>
    wantedStreams(streams, isScreen).map(({ mid, source }) => `${mid} ${source}`);

  it('takes a microphone, a camera and a screen', () => {
    expect(sources([audio, video, second])).toEqual(['0 microphone', '1 camera', '2 screen']);
    expect(sources([{ ...video, description: 'My Screen' }, second])).toEqual(['1 screen', '2 camera']);
    expect(sources([audio, video], true)).toEqual(['1 screen']);
  });

  it('leaves what it cannot take', () => {
    expect(
      sources([
        { ...audio, codec: 'pcmu' },
        { ...video, codec: 'av1' },
        { type: 'data', mid: '3' },
      ]),
    ).toEqual([]);
    expect(sources([{ ...audio, disabled: true }, audio, audio])).toEqual(['0 microphone']);
  });
});
