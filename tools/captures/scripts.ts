import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientEvent, ServerEvent, SessionPatch } from '@vis-a-vis/protocol';
import type { Session } from '@vis-a-vis/client/node';
import { connectNode, type AudioClip, type NodeCall, type NodeConnectOptions } from '@vis-a-vis/client/node';
import { ToolError } from '../support/cli.js';
import { connectSocket } from '../support/socket-call.js';
import { readScene, readSceneQuestion } from '../support/scene.js';
import { readStill } from '../support/still.js';
import { phrase, singing } from './material.js';

/** Quiet before anything is said (ms): the detector gets to know the room, and the camera is seen. */
const SETTLE_MS = 1300;
/** Quiet behind the last answer. */
const TAIL_MS = 600;
/** Longest wait for what is to come (ms). */
const WAIT_MS = 15_000;

/** A call as one wants it recorded: how it is opened, and what is done in it. */
export interface CallScript {
  readonly camera: boolean;
  readonly session?: SessionPatch;
  readonly impair?: NonNullable<NodeConnectOptions['impair']>;
  run(call: NodeCall): Promise<void>;
}

const BASE: SessionPatch = { max_output_tokens: 64 };
const PUSH_TO_TALK: SessionPatch = { audio: { input: { turn_detection: null } } };

/** Resolves with the next event of this type. @throws ToolError where none comes */
export function next(call: Pick<Session, 'on'>, type: ServerEvent['type']): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new ToolError(`no ${type} came`)), WAIT_MS);
    const off = call.on('event', (event) => {
      if (event.type !== type) return;
      clearTimeout(timer);
      off();
      resolve();
    });
  });
}

async function aloud(call: Pick<NodeCall, 'on' | 'speak'>, clip: AudioClip): Promise<void> {
  const answered = next(call, 'response.done');
  await call.speak(clip);
  await answered;
}

async function typed(
  call: NodeCall,
  text: string,
  more: () => Promise<void> = async () => undefined,
): Promise<void> {
  const answered = next(call, 'response.done');
  const answer = call.ask(text).catch(() => undefined);
  await more();
  await Promise.all([answered, answer]);
}

/** A packet that is lost, by its place among all that are sent: the same each time. */
function losing(every: number): NonNullable<CallScript['impair']> {
  let count = 0;
  return (packet, kind) => (kind === 'audio' && ++count % every === 0 ? [] : [packet]);
}

const picture = async (): Promise<ClientEvent> => {
  const image_url = `data:image/jpeg;base64,${(await readStill()).toString('base64')}`;
  const content = [{ type: 'input_image' as const, image_url }];
  return { type: 'conversation.item.create', item: { type: 'message', role: 'user', content } };
};

/** What is recorded for the tests, by name. */
export const SCRIPTS: Readonly<Record<string, CallScript>> = {
  'camera-question': {
    camera: true,
    run: async (call) => aloud(call, await readSceneQuestion({ file: 'color-of-star' })),
  },
  'barge-in': {
    camera: true,
    run: async (call) => {
      const clip = await readSceneQuestion({ file: 'how-many-shapes' });
      await typed(call, 'describe what you see', async () => {
        await next(call, 'response.output_text.delta');
        await aloud(call, clip);
      });
    },
  },
  'push-to-talk': {
    camera: true,
    session: PUSH_TO_TALK,
    run: async (call) => {
      const answered = next(call, 'response.done');
      call.send({ type: 'input_audio_buffer.clear' });
      await call.speak(await readSceneQuestion({ file: 'where-is-circle' }));
      await sleep(200);
      call.send({ type: 'input_audio_buffer.commit' });
      call.send({ type: 'response.create' });
      await answered;
    },
  },
  typed: { camera: true, run: (call) => typed(call, 'how many shapes are there') },
  picture: {
    camera: false,
    run: async (call) => {
      call.send(await picture());
      await typed(call, 'what color is the star');
    },
  },
  'mute-pause': {
    camera: true,
    run: async (call) => {
      await aloud(call, await readSceneQuestion({ file: 'shape-of-green' }));
      call.mute(true);
      await sleep(1500);
      call.mute(false);
      await sleep(300);
      await aloud(call, await readSceneQuestion({ file: 'color-of-star' }));
    },
  },
  loss: {
    camera: true,
    impair: losing(12),
    run: async (call) => aloud(call, await readSceneQuestion({ file: 'is-there-blue-square' })),
  },
  'two-turns': {
    camera: true,
    run: async (call) => {
      await aloud(call, await readSceneQuestion({ file: 'how-many-shapes' }));
      await sleep(500);
      await aloud(call, await readSceneQuestion({ file: 'where-is-circle' }));
    },
  },
  mandarin: {
    camera: true,
    run: async (call) => aloud(call, await phrase('star-colour', 'zf_xiaoxiao')),
  },
  noise: {
    camera: true,
    run: async (call) => {
      await call.speak(await singing());
      await sleep(2500);
    },
  },
};

/** Opens a call by WebRTC as its script wants, and holds it. */
export async function hold(script: CallScript, url: string): Promise<void> {
  const { camera, session = {}, impair } = script;
  const call = await connectNode({
    url,
    session: { ...BASE, ...session },
    ...(camera && { video: await readScene() }),
    ...(impair && { impair }),
  });
  try {
    await sleep(SETTLE_MS);
    await script.run(call);
    await sleep(TAIL_MS);
  } finally {
    await call.close();
  }
}

/** The same by WebSocket: a picture, and a question about it that is said. */
export async function holdSocket(url: string): Promise<void> {
  const call = await connectSocket({ url, session: BASE, picture: await readStill() });
  try {
    await sleep(SETTLE_MS);
    await aloud(call, await readSceneQuestion({ file: 'color-of-star' }));
    await sleep(TAIL_MS);
  } finally {
    await call.close();
  }
}
