import type {
  Call,
  CallError,
  CameraSource,
  ConnectOptions,
  MicrophoneSource,
  Turn,
  Utterance,
} from '@vis-a-vis/client';

/**
 * What every kind of call does: the same in Chromium, in Node, and by a script. They run where the call runs, so what they return is
 * JSON; what it has to be is in `expected`. The gateway's model is the script of scripted-gateway.mjs.
 */
export interface Stage {
  readonly connect: (options: ConnectOptions) => Promise<Call>;
  readonly microphone: MicrophoneSource;
  readonly camera: CameraSource;
  /** Asks something aloud, and resolves when it has been said. */
  readonly speak: () => Promise<unknown>;
  /** The connection of the call is lost, and the gateway has given it up; the network is there. */
  readonly lose: () => unknown;
  /** Where no gateway is. */
  readonly nowhere: Pick<ConnectOptions, 'url'>;
}

const PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mO4oKBAEmIY1TCqYfhqAABLfxAQegypMgAAAABJRU5ErkJggg==';
const WEATHER = {
  name: 'weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  run: ({ city }: { city: string }) => `${city} is wet.`,
};

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: CallError) => `${error.code}, ${error.retryable ? 'again' : 'never'}`,
  );

async function textOf(turn: Turn): Promise<string> {
  let text = '';
  for await (const piece of turn.text()) text += piece;
  return text;
}

export const SCENARIOS = {
  async typed({ connect }: Stage) {
    const call = await connect({});
    const types: string[] = [];
    call.on('event', ({ type }) => types.push(type));
    const turns = call.turns();
    const turn = call.say('what is called');
    const { value } = await turns.next();
    const text = await textOf(turn);
    const answer = await turn.done;
    const timing = await turn.timing;
    call.close();
    return {
      same: value === turn,
      kind: turn.kind,
      texts: [text, answer.text, turn.answerSoFar],
      status: answer.status,
      timed: timing?.response_id === answer.responseId,
      state: call.state,
      ended: (await turns.next()).done,
      types: types.filter((type, i) => /^(response|conversation)\./.test(type) && type !== types[i - 1]),
    };
  },

  async spoken({ connect, microphone, speak }: Stage) {
    const call = await connect({ microphone });
    const states: string[] = [];
    call.on('speech', ({ state }) => states.push(state));
    const began = call.once('turn');
    // It is not heard where the call is muted.
    call.mute();
    await speak();
    call.mute(false);
    await speak();
    const turn = await began;
    const { status, text } = await turn.done;
    call.close();
    return { kind: turn.kind, asked: typeof turn.questionItemId, status, text, states };
  },

  async camera({ connect, camera }: Stage) {
    const call = await connect({ camera });
    await call.once('frame');
    const redacted = call.once('redacted');
    await call.cameraOff({ redact: true });
    await redacted;
    const off = call.isCameraOn;
    const frame = call.once('frame');
    await call.cameraOn(camera);
    const { tokens } = await frame;
    const on = call.isCameraOn;
    call.close();
    return { off, on, tokens: tokens > 0 };
  },

  async later({ connect, camera, microphone, speak }: Stage) {
    const call = await connect({});
    const before = call.isCameraOn;
    const frame = call.once('frame');
    await call.cameraOn(camera);
    await frame;
    await call.useMicrophone(microphone);
    const began = call.once('turn');
    await speak();
    const { kind } = await began;
    call.close();
    return { before, kind };
  },

  async shown({ connect }: Stage) {
    const call = await connect({});
    const errors: string[] = [];
    call.on('error', ({ code }) => errors.push(code));
    const id = await call.show(PNG);
    const bad = await codeOf(call.show('data:image/png;base64,aGVsbG8='));
    const { status } = await call.say('what is called').done;
    call.close();
    return { id: typeof id, bad, status, errors };
  },

  async tools({ connect }: Stage) {
    const call = await connect({ tools: [WEATHER] });
    const runs: unknown[] = [];
    const turns: Turn[] = [];
    call.on('tool', ({ name, args, output, error }) => runs.push({ name, args, output, error }));
    call.on('turn', (turn) => turns.push(turn));
    const turn = call.say('what is the weather in Ghent and Lier');
    const text = await textOf(turn);
    call.close();
    return { runs, text, oneTurn: turns.length === 1 && turns[0] === turn, tools: call.caps?.tools };
  },

  async interrupted({ connect }: Stage) {
    const call = await connect({});
    const errors: string[] = [];
    call.on('error', ({ code }) => errors.push(code));
    const [first, second] = [call.say('one'), call.say('two')];
    const [before, { status, text }] = [await codeOf(first.done), await second.done];
    // Nothing is being answered any more.
    call.interrupt();
    const { status: third } = await call.say('three').done;
    call.close();
    return { before, status, text, third, errors };
  },

  async heard({ connect }: Stage) {
    const said: string[] = [];
    const voice = {
      speak: ({ text, signal, heard }: Utterance) =>
        new Promise<void>((resolve) => {
          said.push(text);
          heard(7);
          signal.addEventListener('abort', () => resolve());
        }),
    };
    const call = await connect({ speak: { voice } });
    const truncated = new Promise((resolve) => {
      call.on('event', ({ type }) => type === 'conversation.item.truncated' && resolve(true));
    });
    await call.say('what is called').done;
    const heard = call.once('heard');
    call.interrupt();
    const { text, characters, whole } = await heard;
    const told = await truncated;
    call.close();
    return { said, text, characters, whole, told };
  },

  async restarted({ connect }: Stage) {
    const call = await connect({});
    await call.say('one').done;
    await call.restartIce();
    const { status } = await call.say('two').done;
    const { state } = call;
    const { rttMs } = await call.stats();
    call.close();
    return { status, state, measured: rttMs === null || rttMs >= 0 };
  },

  async resumed({ connect, lose }: Stage) {
    const call = await connect({ reconnect: { firstMs: 20 } });
    const ids: string[] = [];
    const sessions = new Set<string>();
    const [states, ways]: [string[], string[]] = [[], []];
    call.on('event', (event) => {
      ids.push(event.event_id);
      if (event.type === 'session.created') sessions.add(event.session.id);
    });
    call.on('state', (state) => states.push(state));
    call.on('reconnecting', ({ way }) => ways.push(way));
    const first = call.say('one');
    await first.done;
    const resumed = call.once('resumed');
    const losing = lose();
    const turn = call.say('two');
    const text = textOf(turn);
    await losing;
    const { kept } = await resumed;
    const { status } = await turn.done;
    const { text: third } = await call.say('three').done;
    const seen = states.slice();
    call.close();
    const doubled = ids.length - new Set(ids).size;
    return { ways, states: seen, kept, text: await text, status, third, doubled, sessions: sessions.size };
  },

  async refused({ connect, nowhere }: Stage) {
    const late = new AbortController();
    const aborted = connect({ signal: late.signal }).then(
      () => 'none',
      (error: Error) => error.message,
    );
    late.abort(new TypeError('no more'));
    return {
      nowhere: await codeOf(connect(nowhere)),
      twoKeys: await codeOf(connect({ key: 'a', secret: 'b' })),
      session: await codeOf(connect({ session: { tool_choice: 'odd' as never } })),
      aborted: await aborted,
    };
  },

  async closed({ connect }: Stage) {
    const call = await connect({});
    const ends: unknown[] = [];
    call.on('closed', ({ reason, error }) => ends.push({ reason, error }));
    call.close();
    call.close();
    const thrown: string[] = [];
    try {
      call.say('hello');
    } catch (error) {
      thrown.push((error as CallError).code);
    }
    return { ends, thrown, stats: await codeOf(call.stats()) };
  },
};

export type ScenarioName = keyof typeof SCENARIOS;

/** What each of them returns, whatever kind of call it is. */
export const EXPECTED: { [Name in ScenarioName]: Awaited<ReturnType<(typeof SCENARIOS)[Name]>> } = {
  typed: {
    same: true,
    kind: 'typed',
    texts: ['Nothing is called.', 'Nothing is called.', 'Nothing is called.'],
    status: 'completed',
    timed: true,
    state: 'closed',
    ended: true,
    types: [
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'conversation.item.done',
      'response.output_item.done',
      'response.done',
    ],
  },
  spoken: {
    kind: 'spoken',
    asked: 'string',
    status: 'completed',
    text: 'Nothing is called.',
    states: ['started', 'stopped'],
  },
  camera: { off: false, on: true, tokens: true },
  later: { before: false, kind: 'spoken' },
  shown: { id: 'string', bad: 'bad_image, never', status: 'completed', errors: ['bad_image'] },
  tools: {
    runs: ['Ghent', 'Lier'].map((city) => ({
      name: 'weather',
      args: { city },
      output: `${city} is wet.`,
      error: null,
    })),
    text: 'It says: Ghent is wet. Lier is wet. so far.',
    oneTurn: true,
    tools: true,
  },
  interrupted: {
    before: 'aborted, again',
    status: 'completed',
    text: 'Nothing is called.',
    third: 'completed',
    errors: [],
  },
  heard: { said: ['Nothing is called.'], text: 'Nothing', characters: 7, whole: false, told: true },
  restarted: { status: 'completed', state: 'connected', measured: true },
  resumed: {
    ways: ['restart', 'resume'],
    states: ['reconnecting', 'connected'],
    kept: true,
    text: 'Nothing is called.',
    status: 'completed',
    third: 'Nothing is called.',
    doubled: 0,
    sessions: 1,
  },
  refused: {
    nowhere: 'connect_failed, again',
    twoKeys: 'bad_option, never',
    session: 'bad_request, never',
    aborted: 'no more',
  },
  closed: {
    ends: [{ reason: 'closed', error: null }],
    thrown: ['session_closed'],
    stats: 'session_closed, never',
  },
};
