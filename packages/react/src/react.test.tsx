import { Stage } from '../../../test/support/dom.js';
import type { ConnectOptions } from '@vis-a-vis/client';
import { scriptedCall, settle, type ScriptedCall, type ScriptedOptions } from '@vis-a-vis/client/testing';
import { act, StrictMode, type ReactNode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { CallView, useCall, useCallEvent, type UseCall, type UseCallOptions } from './index.js';

/** Real: React, its renderers, the SDK's call. Made up: the gateway, by a script; the document is no browser's. */

let roots: Root[] = [];
let calls: ScriptedCall[] = [];
let seen: UseCall | null = null;

/** What is at the other end of every call that is opened. */
const dial =
  (scripted: ScriptedOptions = {}) =>
  async (options: ConnectOptions) => {
    const opened = await scriptedCall({ ...scripted, ...options });
    calls.push(opened);
    return opened.call;
  };

function App(options: UseCallOptions): ReactNode {
  const call = useCall(options);
  const level = useCallEvent(call.call, 'level', 0);
  seen = call;
  return (
    <CallView call={call}>
      <meter value={level} />
    </CallView>
  );
}

/** Does something, and lets everything happen that follows from it. */
const after = (work: () => unknown) =>
  act(async () => {
    await work();
    await settle();
  });

async function render(node: ReactNode): Promise<Stage & { root: Root }> {
  const stage = new Stage();
  const root = createRoot(stage.element as unknown as Element);
  roots.push(root);
  await after(() => root.render(node));
  return Object.assign(stage, { root });
}

const last = (): ScriptedCall => {
  const call = calls.at(-1);
  if (!call) throw new Error('Nobody has called.');
  return call;
};

beforeEach(() => {
  calls = [];
  seen = null;
});
afterEach(async () => {
  for (const root of roots) await after(() => root.unmount());
  roots = [];
});

describe('on a server', () => {
  it('renders what there is before a call, and opens none', async () => {
    const html = renderToString(<App autoStart connect={dial()} />);
    await settle();
    expect(html).toContain('data-status="idle"');
    expect(html).toContain('Talk');
    expect(calls).toEqual([]);
  });
});

describe('useCall', () => {
  it('opens one call in Strict Mode, and ends it when the component goes', async () => {
    const { root } = await render(
      <StrictMode>
        <App autoStart connect={dial()} />
      </StrictMode>,
    );
    expect(calls).toHaveLength(1);
    expect(seen?.status).toBe('connected');
    await after(() => root.unmount());
    expect(calls).toHaveLength(1);
    expect(last().call.state).toBe('closed');
    expect(last().media.closed).toBe(true);
  });

  it('gives a call up that is being opened when the component goes', async () => {
    const waiting = Promise.withResolvers<void>();
    const opened: string[] = [];
    const late = async (options: ConnectOptions) => {
      await waiting.promise;
      // It does not look at the signal.
      const { call } = await scriptedCall({ ...options, signal: AbortSignal.any([]) });
      call.on('closed', () => opened.push('closed'));
      return call;
    };
    const { root } = await render(<App autoStart connect={late} />);
    expect(seen?.status).toBe('connecting');
    await after(() => root.unmount());
    await after(() => waiting.resolve());
    expect(opened).toEqual(['closed']);
  });

  it('calls again with the options of the last render', async () => {
    const stage = await render(<App connect={dial()} instructions="one" />);
    expect(seen?.status).toBe('idle');
    await after(() => stage.root.render(<App connect={dial()} instructions="two" />));
    const { start } = seen ?? {};
    await after(() => stage.button('Talk').click());
    expect(calls).toHaveLength(1);
    await after(() => start?.());
    expect(calls).toHaveLength(1);
    const call = seen?.call;
    await after(() => stage.button('Hang up').click());
    expect([seen?.status, seen?.call, call?.state]).toEqual(['closed', null, 'closed']);
    await after(() => stage.button('Talk').click());
    expect(calls).toHaveLength(2);
    expect(seen?.start).toBe(start);
  });

  it('tells why a call cannot be opened, by its code', async () => {
    await render(<App autoStart connect={dial({ refuse: 'capacity' })} />);
    expect([seen?.status, seen?.error?.code, seen?.error?.retryable]).toEqual(['closed', 'capacity', true]);
  });

  it('tells what ended a call', async () => {
    await render(<App autoStart reconnect={{ forMs: 1000 }} connect={dial()} />);
    await after(async () => {
      last().network.drops('forgotten');
      await last().clock.advance(10_000);
    });
    expect(seen?.status).toBe('closed');
    expect(seen?.error?.code).toMatch(/^connect(ion_lost|_failed)$/);
  });

  it('lives on while the network is away', async () => {
    await render(<App autoStart connect={dial()} />);
    await after(() => last().network.drops());
    expect(seen?.status).toBe('reconnecting');
    await after(async () => {
      last().network.returns();
      await last().clock.advance(2000);
    });
    expect(seen?.status).toBe('connected');
  });

  it('gives turns as they come: the question, the pieces, the end', async () => {
    const more = Promise.withResolvers<void>();
    async function* script() {
      yield 'The star ';
      await more.promise;
      yield 'is red.';
    }
    const transcription = { audio: { input: { transcription: {} } } };
    await render(<App autoStart microphone session={transcription} connect={dial({ script })} />);
    await after(() => last().person.startsToSpeak());
    expect(seen?.speaking).toBe(true);
    await after(() => last().person.stopsToSpeak('what colour is the star'));
    expect(seen?.speaking).toBe(false);
    const before = seen?.turns[0];
    expect(before).toMatchObject({
      kind: 'spoken',
      text: 'The star ',
      status: 'in_progress',
      question: null,
    });
    await after(() => more.resolve());
    const answer = { text: 'The star is red.', status: 'completed', question: 'what colour is the star' };
    expect(seen?.turns).toEqual([expect.objectContaining(answer)]);
    expect(seen?.turns[0]).not.toBe(before);
  });

  it('shows what is typed at once, and why it was not answered', async () => {
    const script = () => ({ error: 'engine_restarting' });
    await render(<App autoStart connect={dial({ script })} />);
    act(() => void seen?.say('hello'));
    expect(seen?.turns).toMatchObject([{ question: 'hello', status: 'in_progress' }]);
    await after(() => undefined);
    expect(seen?.turns).toMatchObject([{ status: 'failed', error: { code: 'engine_restarting' } }]);
  });

  it('keeps what goes wrong in what was asked of it', async () => {
    await render(<App connect={dial()} />);
    await after(() => seen?.run((call) => call.cameraOn()));
    expect(seen?.error?.code).toBe('session_closed');
    expect(() => seen?.say('hello')).toThrow('no call');
  });
});

describe('useCallEvent', () => {
  it('measures while a component asks', async () => {
    const stage = await render(<App autoStart microphone connect={dial()} />);
    last().media.loudness = 0.5;
    await after(() => last().clock.advance(100));
    expect(stage.one('meter').getAttribute('value')).toBe('0.5');
  });
});

describe('CallView', () => {
  it('is a call by buttons and a line to type in', async () => {
    const devices = [
      { id: 'a', kind: 'microphone', label: 'One' },
      { id: 'b', kind: 'microphone', label: 'Two' },
      { id: 'c', kind: 'camera', label: 'Three' },
    ] as const;
    const script = ({ text }: { text: string }) => `You said: ${text}`;
    const stage = await render(<App microphone camera connect={dial({ script, devices })} />);
    await after(() => stage.button('Talk').click());
    const pressed = (name: string) => stage.button(name).getAttribute('aria-pressed');
    expect([pressed('Mute'), pressed('Camera')]).toEqual(['false', 'true']);

    await after(() => stage.submit('question', ' hello '));
    expect(stage.one('[data-part=question]').textContent).toBe('hello');
    expect(stage.one('[data-part=answer]').textContent).toBe('You said: hello');
    await after(() => stage.submit('question', '  '));
    expect(stage.all('li')).toHaveLength(1);

    await after(() => stage.button('Mute').click());
    await after(() => stage.button('Camera').click());
    expect([pressed('Mute'), pressed('Camera')]).toEqual(['true', 'false']);
    expect([last().media.muted, last().media.cameraOn]).toEqual([true, false]);
    await after(() => stage.button('Camera').click());
    expect(last().media.cameraOn).toBe(true);

    // Of cameras there is one: nothing to choose.
    expect(stage.all('select')).toHaveLength(1);
    await after(() => stage.choose('Microphone', 'b'));
    expect(last().media.microphone).toBe('b');
  });

  it('says what goes wrong, and takes other words', async () => {
    const labels = { start: '通话' };
    const refused = refusedCall;
    function Other(): ReactNode {
      return <CallView call={useCall({ connect: refused })} labels={labels} className="mine" />;
    }
    const stage = await render(<Other />);
    await after(() => stage.button('通话').click());
    expect(stage.one('[role=alert]').getAttribute('data-code')).toBe('permission_denied');
    expect(stage.one('section.mine').getAttribute('data-status')).toBe('closed');
  });
});

const refusedCall = async () => (await scriptedCall({ refuse: 'permission_denied' })).call;
