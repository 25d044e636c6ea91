import type { CallError } from '../errors.js';
import type { Turn } from '../core/turns.js';
import type { Utterance } from '../call/options.js';
import { scriptedCall, settle, type ScriptedCall, type ScriptedOptions } from './index.js';

// Real: the call, with all of its logic. Made up: the gateway, by a script, held to the real one by test/e2e/client.test.ts; network, devices, time.

async function open(options: ScriptedOptions = {}) {
  const scripted = await scriptedCall(options);
  const told: string[] = [];
  const { call } = scripted;
  call.on('state', (state) => told.push(state));
  call.on('reconnecting', ({ way, afterMs }) => told.push(`${way} in ${afterMs}`));
  call.on('resumed', ({ kept, awayMs }) => told.push(`resumed ${kept ? 'kept' : 'anew'} ${awayMs}`));
  call.on('error', ({ code }) => told.push(`error ${code}`));
  call.on('closed', ({ reason, error }) => told.push(`closed: ${reason} ${error?.code ?? ''}`.trim()));
  return { ...scripted, told };
}

const echo = ({ text }: { text: string }) => `You said ${text}.`;
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: CallError) => `${error.code} ${error.retryable}`,
  );
async function all(source: AsyncIterable<string>): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of source) pieces.push(piece);
  return pieces;
}

describe('turns', () => {
  it('come one by one, spoken and typed, each with its text and its answer', async () => {
    const { call, person } = await open({
      script: ({ text, spoken }) => [spoken ? 'Heard ' : 'Read ', text, '.'],
      session: { audio: { input: { transcription: {} } } },
    });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const turn of call.turns()) {
        seen.push([turn.kind, await all(turn.text()), (await turn.done).status]);
      }
    })();
    person.says('what is this');
    await settle();
    const typed = call.say('hello');
    expect((await typed.done).text).toBe('Read hello.');
    expect((await typed.timing)?.commit_to_first_token_ms).toBe(0);
    await settle();
    call.close();
    await reading;
    expect(seen).toEqual([
      ['spoken', ['Heard ', 'what is this', '.'], 'completed'],
      ['typed', ['Read ', 'hello', '.'], 'completed'],
    ]);
  });

  it('know their questions: as typed, and as written down', async () => {
    const { call, person } = await open({ session: { audio: { input: { transcription: {} } } } });
    const turn = call.once('turn');
    const transcript = call.once('transcript');
    person.says('is it red');
    expect((await transcript).turn).toBe(await turn);
    expect((await turn).question).toBe('is it red');
    expect(call.say('and now').question).toBe('and now');
  });

  it('are read late from their beginning, and by several', async () => {
    const { call } = await open({ script: () => ['a', 'b'] });
    const turn = call.say('x');
    await turn.done;
    expect([await all(turn.text()), await all(turn.text())]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('fail with the code of the answer', async () => {
    const { call } = await open({ script: () => ({ error: 'engine_restarting' }) });
    const turn = call.say('x');
    expect(await codeOf(turn.done)).toBe('engine_restarting true');
    expect(await codeOf(all(turn.text()))).toBe('engine_restarting true');
    expect(await turn.timing).toBeNull();
  });

  it('end with the call', async () => {
    const { call } = await open({ script: () => new Promise(() => undefined) });
    const turn = call.say('x');
    const turns = all(
      (async function* () {
        for await (const { id } of call.turns()) yield id;
      })(),
    );
    await settle();
    call.close();
    expect(await codeOf(turn.done)).toBe('session_closed false');
    expect(await turns).toEqual([turn.id]);
    expect(() => call.say('y')).toThrow('The call is closed.');
  });

  it('stop to be read at a signal', async () => {
    const { call } = await open();
    const reading = all(
      (async function* () {
        for await (const { id } of call.turns({ signal: AbortSignal.abort(new Error('enough')) })) yield id;
      })(),
    );
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('say', () => {
  it('interrupts the answer before it', async () => {
    const { call } = await open({
      script: ({ text }) => (text === 'long' ? endless() : 'Short.'),
    });
    const long = call.say('long');
    await call.once('delta');
    const short = call.say('short');
    expect([(await long.done).status, (await short.done).text]).toEqual(['cancelled', 'Short.']);
  });

  it('withdraws a question that is not answered yet, and tells of no error', async () => {
    const { call, told } = await open({ script: echo });
    const [first, second] = [call.say('a'), call.say('b')];
    expect(await codeOf(first.done)).toBe('aborted true');
    expect((await second.done).text).toBe('You said b.');
    expect(told).toEqual([]);
  });

  it('is withdrawn by a signal', async () => {
    const { call } = await open({ script: ({ text }) => (text === 'x' ? endless() : 'y.') });
    const asked = new AbortController();
    const turn = call.say('x', { signal: asked.signal });
    await call.once('delta');
    asked.abort('no more');
    expect(await codeOf(turn.done)).toBe('aborted true');
    expect((await call.say('y', { signal: new AbortController().signal }).done).text).toBe('y.');
  });

  it('refuses an empty question', async () => {
    const { call } = await open();
    expect(() => call.say('')).toThrow('An empty question is none.');
  });
});

async function* endless(): AsyncGenerator<string> {
  for (let n = 1; ; n += 1) {
    yield `${n} `;
    await settle();
  }
}

describe('show', () => {
  it('puts a picture before the next question', async () => {
    const { call } = await open({ script: ({ pictures }) => `I see ${pictures}.` });
    const png = new Uint8Array(100);
    png.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    expect(await call.show(png)).toMatch(/^img_/);
    expect((await call.say('what').done).text).toBe('I see 1.');
  });

  it.each([
    ['no picture', new Uint8Array([1, 2, 3]), 'bad_image false'],
    ['an address', 'https://host/a.png', 'bad_image false'],
    ['a file that cannot be decoded', 'data:image/png;base64,AAAA', 'bad_image false'],
  ])('refuses %s', async (_name, image, code) => {
    const { call } = await open();
    expect(await codeOf(call.show(image))).toBe(code);
  });

  it('gives up at a signal', async () => {
    const { call } = await open();
    await expect(
      call.show('data:image/png;base64,', { signal: AbortSignal.abort(new Error('no')) }),
    ).rejects.toThrow('no');
  });
});

describe('tools', () => {
  const weather = {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
    run: ({ city }: { city: string }) => {
      if (city === 'Nowhere') throw new Error('no such city');
      return { city, sky: 'grey' };
    },
  };
  const script: NonNullable<ScriptedOptions['script']> = ({ text, results, tools }) => {
    if (results.length > 0) return results.join();
    return { calls: text.split(' ').map((city) => ({ tool: tools[0] ?? 'none', args: { city } })) };
  };

  it('are plain functions, and their turn goes on with what they give', async () => {
    const { call } = await open({ script, tools: [weather] });
    const runs: string[] = [];
    call.on('tool', ({ name, args, error }) =>
      runs.push(`${name} ${String(args?.['city'])} ${error?.message}`),
    );
    const turns: Turn[] = [];
    call.on('turn', (turn) => turns.push(turn));
    const turn = call.say('Ghent Nowhere');
    expect((await turn.done).text).toBe('{"city":"Ghent","sky":"grey"},{"error":"no such city"}');
    expect(runs).toEqual(['weather Ghent undefined', 'weather Nowhere no such city']);
    expect(turns).toEqual([turn]);
  });

  it('come and go while the call runs', async () => {
    const { call, gateway } = await open({ script: ({ tools }) => tools.join() });
    const remove = call.tool<{ city: string }>(weather);
    expect((await call.say('x').done).text).toBe('weather');
    remove();
    expect((await call.say('x').done).text).toBe('');
    expect(gateway()).toBeDefined();
  });

  it('are told where their answer is interrupted', async () => {
    const reasons: boolean[] = [];
    const { call } = await open({ script });
    call.tool({
      name: 'slow',
      run: (_args, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(reasons.push(signal.aborted)));
        }),
    });
    const turn = call.say('Ghent');
    await settle();
    call.interrupt();
    expect(await codeOf(turn.done)).toBe('aborted true');
    expect(reasons).toEqual([true]);
  });
});

describe('a connection that is lost', () => {
  it('is restarted, and the conversation is the same', async () => {
    const { call, network, clock, told } = await open({ script: echo });
    network.drops();
    await clock.advance(600);
    network.returns();
    await clock.advance(2000);
    expect((await call.say('hello').done).text).toBe('You said hello.');
    expect(told).toEqual([
      'reconnecting',
      'restart in 500',
      'restart in 1000',
      'connected',
      'resumed kept 1500',
    ]);
  });

  it('is dialled again where the gateway has forgotten the call; what is said meanwhile is sent then', async () => {
    const { call, network, clock, told, media } = await open({ script: echo, camera: true });
    const before = call.say('before');
    await before.done;
    call.update({ instructions: 'be brief' });
    network.drops('forgotten');
    network.returns();
    const frame = call.once('frame');
    await clock.advance(1500);
    await frame;
    expect(told.slice(1)).toEqual([
      'restart in 500',
      'resume in 500',
      'dial in 500',
      'connected',
      'resumed anew 1500',
    ]);
    expect((await call.say('after').done).text).toBe('You said after.');
    expect(media.cameraOn).toBe(true);
  });

  it('fails what was being answered, so that it can be asked again', async () => {
    const { call, network, clock } = await open({ script: () => new Promise(() => undefined) });
    const turn = call.say('x');
    network.drops('forgotten');
    network.returns();
    await clock.advance(1600);
    expect(await codeOf(turn.done)).toBe('connection_lost true');
  });

  it('is gone on with over another where the gateway keeps the call: what was under way goes on, each event once', async () => {
    let more = (): void => undefined;
    const pieces = async function* () {
      yield 'one ';
      await new Promise<void>((resolve) => (more = resolve));
      yield 'two ';
      yield 'three';
    };
    const script = ({ text }: { text: string }) => (text === 'count' ? pieces() : echo({ text }));
    const { call, network, clock, told, sent, person } = await open({ script, microphone: true });
    const ids: string[] = [];
    call.on('event', ({ event_id }) => ids.push(event_id));
    const turn = call.say('count');
    const text = all(turn.text());
    await call.once('delta');
    await settle();
    network.drops('kept');
    // The answer is made to its end, and somebody speaks, when nobody hears it.
    more();
    const spoken = call.once('turn');
    await settle();
    expect(turn.answerSoFar).toBe('one ');
    person.says('hello');
    call.interrupt();
    await clock.advance(600);
    network.returns();
    await clock.advance(2000);
    expect(await text).toEqual(['one ', 'two ', 'three']);
    expect((await (await spoken).done).text).toBe('You said hello.');
    expect(new Set(ids).size).toBe(ids.length);
    expect(sent.map(({ type }) => type)).toEqual([
      'conversation.item.create',
      'response.create',
      'response.cancel',
    ]);
    expect(told).toEqual([
      'reconnecting',
      'restart in 500',
      'restart in 1000',
      'resume in 500',
      'connected',
      'resumed kept 2000',
    ]);
    expect((await call.say('again').done).text).toBe('You said again.');
  });

  it('tells the gateway what was said while it was away, once', async () => {
    const { call, network, clock, sent } = await open({ script: echo });
    network.drops('kept');
    const turn = call.say('hello');
    expect(sent).toEqual([]);
    network.returns();
    await clock.advance(1000);
    expect((await turn.done).text).toBe('You said hello.');
    expect(sent.map(({ type }) => type)).toEqual(['conversation.item.create', 'response.create']);
    network.drops('kept');
    network.returns();
    await clock.advance(1000);
    expect(sent).toHaveLength(2);
    expect((await call.say('you').done).text).toBe('You said you.');
  });

  it.each([
    ['where it is not wanted', { reconnect: { resume: false } }],
    ['where the session says no', { session: { visavis: { resume: false } } }],
  ])('is not gone on with %s', async (_, options) => {
    const { call, network, clock, told } = await open(options);
    expect((await call.say('hello').done).status).toBe('completed');
    network.drops('kept');
    network.returns();
    await clock.advance(1000);
    expect(told.slice(1, 3)).toEqual(['restart in 500', 'dial in 500']);
    expect(told.at(-1)).toBe('resumed anew 1000');
  });

  it('is waited for as long as the gateway says, and at once when the page is back', async () => {
    const { network, clock, told, person } = await open();
    network.refuse('rate_limit_exceeded', 5000);
    network.drops();
    network.returns();
    await clock.advance(500);
    expect(told.at(-1)).toBe('restart in 5000');
    person.comesBack();
    await settle();
    expect(told.slice(-2)).toEqual(['connected', 'resumed kept 500']);
  });

  it('is given up after a while, and at once where trying is no use', async () => {
    const patient = await open({ reconnect: { forMs: 3000 } });
    patient.network.drops();
    await patient.clock.advance(4000);
    expect(patient.told.at(-1)).toBe('closed: The network is gone. connect_failed');
    const refused = await open();
    refused.network.refuse('expired_api_key');
    refused.network.drops();
    await refused.clock.advance(500);
    expect(refused.told.at(-1)).toBe('closed: Refused: expired_api_key. expired_api_key');
  });

  it('ends the call at once where reconnecting is off, and where the gateway has hung up', async () => {
    const { network, told } = await open();
    network.hangsUp();
    expect(told).toEqual(['closed', 'closed: the gateway hung up']);
  });

  it('is dialled again where the gateway hung up by a fault of its own', async () => {
    const { call, network, told, gateway, clock } = await open();
    gateway().emit({
      type: 'error',
      error: { type: 'server_error', code: 'internal_error', message: '', param: null, event_id: null },
    });
    network.hangsUp();
    const waiting = call.say('hello');
    await clock.advance(500);
    expect(told.at(-1)).toBe('resumed anew 500');
    expect((await waiting.done).text).toBe('Yes.');
  });
});

describe('read aloud', () => {
  /** Says each sentence until it is told to go on; tells the characters that it is told to. */
  function voice() {
    const said: string[] = [];
    let now: { utterance: Utterance; end: () => void } | null = null;
    return {
      said,
      speak: (utterance: Utterance) =>
        new Promise<void>((end) => {
          said.push(utterance.text);
          now = { utterance, end };
          utterance.signal.addEventListener('abort', () => end());
        }),
      hear: (characters: number) => now?.utterance.heard(characters),
      end: async () => {
        now?.end();
        await settle();
      },
    };
  }
  const script = () => ['It is red. The', ' other one is blue.'];
  const truncated = ({ sent }: Pick<ScriptedCall, 'sent'>) =>
    sent.flatMap((event) => (event.type === 'conversation.item.truncate' ? [event.visavis?.characters] : []));

  it('goes sentence by sentence, gates the microphone meanwhile, and says what was heard', async () => {
    const speaking = voice();
    const scripted = await open({ script, speak: { voice: speaking } });
    const { call, media } = scripted;
    const heard: unknown[] = [];
    call.on('heard', ({ text, whole }) => heard.push([text, whole]));
    await call.say('x').done;
    expect([speaking.said, media.gated]).toEqual([['It is red.'], true]);
    await speaking.end();
    expect(speaking.said).toEqual(['It is red.', ' The other one is blue.']);
    await speaking.end();
    expect([heard, media.gated, truncated(scripted)]).toEqual([
      [['It is red. The other one is blue.', true]],
      false,
      [],
    ]);
  });

  it('stops where somebody interrupts it, and tells the gateway how far it was', async () => {
    const speaking = voice();
    const scripted = await open({ script, speak: { voice: speaking } });
    const { call, person } = scripted;
    await call.say('x').done;
    await speaking.end();
    speaking.hear(5);
    const heard = call.once('heard');
    const cut = call.once('event');
    person.says('stop');
    expect(await heard).toMatchObject({ text: 'It is red. The ', characters: 15, whole: false });
    expect((await cut).type).toBe('input_audio_buffer.speech_started');
    await settle();
    expect(truncated(scripted)).toEqual([15]);
  });

  it('pauses for what turns out to be noise, and goes on with the rest', async () => {
    const speaking = voice();
    const scripted = await open({ script, speak: { voice: speaking } });
    await scripted.call.say('x').done;
    speaking.hear(6);
    scripted.person.hums();
    await settle();
    expect([speaking.said, truncated(scripted)]).toEqual([['It is red.', 'red.'], []]);
  });

  it('stops where speech goes on for long enough, before it is known whose turn it is', async () => {
    const speaking = voice();
    const scripted = await open({ script, speak: { voice: speaking, bargeInMs: 300 } });
    await scripted.call.say('x').done;
    scripted.person.startsToSpeak();
    await scripted.clock.advance(299);
    expect(truncated(scripted)).toEqual([]);
    await scripted.clock.advance(1);
    expect(truncated(scripted)).toEqual([0]);
  });

  it('does not read the rest of an answer that is interrupted while it is made', async () => {
    const speaking = voice();
    const scripted = await open({ script: endless2, speak: { voice: speaking } });
    const turn = scripted.call.say('x');
    await scripted.call.once('reading');
    scripted.call.interrupt();
    expect((await turn.done).status).toBe('cancelled');
    await settle();
    expect(speaking.said).toHaveLength(1);
  });

  it('tells of a voice that fails, and takes nothing of the answer back', async () => {
    const scripted = await open({
      script,
      speak: { voice: { speak: () => Promise.reject(new Error('hoarse')) } },
    });
    await scripted.call.say('x').done;
    await settle();
    expect([scripted.told, truncated(scripted)]).toEqual([['error voice_failed'], []]);
  });
});

async function* endless2(): AsyncGenerator<string> {
  for (;;) {
    yield 'One. ';
    await settle();
  }
}

describe('devices', () => {
  it('are muted, and nobody is heard then', async () => {
    const { call, person } = await open({ microphone: true });
    call.mute();
    const types: string[] = [];
    call.on('event', ({ type }) => types.push(type));
    person.says('x');
    call.mute(false);
    expect([types, call.muted]).toEqual([[], false]);
  });

  it('camera off: the gateway is told first, and forgets where it is asked to', async () => {
    const { call, sent } = await open({ camera: true });
    const redacted = call.once('redacted');
    await call.cameraOff({ redact: true });
    await redacted;
    expect(sent.at(-1)).toMatchObject({ session: { visavis: { video: false, camera_off: 'redact' } } });
    const frame = call.once('frame');
    await call.cameraOn();
    await frame;
    expect([call.isCameraOn, sent.at(-1)]).toMatchObject([true, { session: { visavis: { video: true } } }]);
  });

  it('a page that is not looked at shows nothing, where that is wanted', async () => {
    const { call, person, media } = await open({ camera: 'user', whenHidden: 'camera-off' });
    person.leavesPage();
    await settle();
    expect(call.isCameraOn).toBe(false);
    person.comesBack();
    await settle();
    expect(media.camera).toBe('user');
  });

  it('a page that is closed hangs up', async () => {
    const { person, told, media } = await open({ camera: true });
    person.closesPage();
    expect([told, media.closed]).toEqual([['closed', 'closed: closed'], true]);
  });

  it('that are pulled out: the default microphone takes over, the camera is off', async () => {
    const { call, person, media, told } = await open({ microphone: 'usb', camera: true });
    person.unplugs('microphone');
    person.unplugs('camera');
    await settle();
    expect([media.microphone, call.isCameraOn, told]).toEqual([
      true,
      false,
      ['error track_ended', 'error track_ended'],
    ]);
  });

  it('level and quality are measured while somebody listens', async () => {
    const { call, clock, media } = await open({ microphone: true });
    media.loudness = 0.5;
    const levels: number[] = [];
    const off = call.on('level', (level) => levels.push(level));
    const quality = call.once('quality');
    await clock.advance(100);
    off();
    await clock.advance(2000);
    expect([levels, (await quality).level]).toEqual([[0.5, 0.5], 'good']);
  });
});

describe('signals and errors', () => {
  it('connect gives up at its signal, and an open call is closed by it', async () => {
    await expect(scriptedCall({ signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    const life = new AbortController();
    const { call } = await open({ signal: life.signal });
    life.abort();
    expect(call.state).toBe('closed');
  });

  it('errors of the gateway come by the event, with what they are about', async () => {
    const { call, gateway } = await open();
    const error = call.once('error');
    gateway().emit({
      type: 'error',
      error: { type: 'x', code: 'unknown_parameter', message: 'm', param: 'session.x', event_id: null },
    });
    expect(await error).toMatchObject({ code: 'unknown_parameter', param: 'session.x', retryable: false });
  });
});
