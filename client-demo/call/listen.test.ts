import { scriptedCall, settle, type ScriptedOptions } from '@vis-a-vis/client/testing';
import { TurnLog } from '../core/turn-log.js';
import { translate } from '../text/language.js';
import { listen } from './listen.js';
import type { Shown } from './shown.js';

// Real: the SDK's call, and what the page makes of it. Made up: gateway, network and time, by the SDK's script; the page's document.

/** A call, and a line for each thing that the page would show of it. */
async function open(options: ScriptedOptions = {}, held = false) {
  const scripted = await scriptedCall(options);
  const told: string[] = [];
  const note =
    (what: string) =>
    (...about: unknown[]): void =>
      void told.push([what, ...about.filter((one) => typeof one !== 'object' || one === null)].join(' '));
  const shown: Shown = {
    conversation: {
      spoken: note('spoken'),
      transcribed: note('transcribed'),
      dismissed: note('dismissed'),
      delta: ({ text }) => told.push(`delta ${text}`),
      done: ({ text, status }) => told.push(`done ${status} ${text}`),
      timing: note('timing'),
    },
    film: { attended: note('attended'), forget: note('forget') },
    inspector: { push: () => undefined },
    quality: { show: ({ level }) => told.push(`quality ${level}`) },
    state: { show: note('state'), announce: note('announce') },
    turns: new TurnLog(),
    words: { say: (key, params) => translate('en', key, params) },
    hear: note('hear'),
    lookInto: note('look into'),
    refresh: note('refresh'),
    lookAtNow: note('look at now'),
    notice: note('notice'),
    showEmpty: () => undefined,
    showRecorded: note('recorded'),
  };
  listen(scripted.call, {
    shown,
    said: () => null,
    held: () => held,
    complain: ({ code }) => told.push(`complain ${code}`),
  });
  told.length = 0;
  return { ...scripted, told };
}

describe('the page', () => {
  it('shows a spoken turn from its first sound to its figures, and what was said once it is written down', async () => {
    const { person, told } = await open({
      script: () => ['It is ', 'red.'],
      session: { audio: { input: { transcription: {} } } },
    });
    person.says('what color is the star');
    await settle();
    expect(told).toEqual([
      'spoken speech_1 ',
      'notice ',
      'hear true',
      'look at now',
      'state listening',
      'hear false',
      'state thinking',
      'spoken speech_1 ',
      'notice ',
      'state answering',
      'delta It is ',
      'state answering',
      'delta red.',
      'done completed It is red.',
      'announce Answer: It is red.',
      'state ready',
      expect.stringMatching(/^timing/),
      expect.stringMatching(/^look into resp_/),
      'transcribed speech_1 what color is the star',
    ]);
  });

  it('shows what was heard and is not answered as that, but for what came before a button was held', async () => {
    const { person, told } = await open();
    person.hums();
    await settle();
    expect(told.slice(-2)).toEqual(['dismissed', 'state ready']);
    const holding = await open({}, true);
    holding.gateway().dismiss();
    await settle();
    expect(holding.told).toEqual([]);
  });

  it.each([
    ['connected', 'notice tell.kept'],
    ['kept', 'notice tell.kept'],
    ['forgotten', 'notice tell.anew'],
  ] as const)(
    'tells of a network that was lost and came back (the call was %s)',
    async (meanwhile, notice) => {
      const { network, clock, told } = await open();
      network.drops(meanwhile);
      await settle();
      expect(told).toEqual(['state reconnecting', 'notice tell.reconnecting']);
      network.returns();
      await clock.advance(2000);
      await settle();
      expect(told).toContain('state ready');
      expect(told).toContain(notice);
    },
  );

  it('shows pictures, tells of errors, and measures the connection', async () => {
    const { told, gateway, clock } = await open({
      camera: { kind: 'video', id: 'c', enabled: true, stop: () => undefined },
    });
    await settle();
    expect(told).toContain('attended');
    gateway().emit({
      type: 'error',
      error: {
        type: 'server_error',
        code: 'part_lost',
        message: 'No hearing.',
        param: 'hearing',
        event_id: null,
      },
    });
    await clock.advance(2500);
    await settle();
    expect(told).toContain('complain part_lost');
    expect(told).toContain('quality good');
  });
});
