import { connectRtp, type RtpCall } from '@vis-a-vis/client/node';
import type { ClientEvent, Response, ServerEvent, SessionPatch } from '@vis-a-vis/protocol';
import type { GivenAnswer } from './core/events.js';
import type { MannersConfig } from './core/manners-config.js';
import type { MediaPacket, VideoCodec } from './rooms/room.js';

/** Is told what a session says; the methods never throw. */
export interface SessionListener {
  onUtterance(item: string): void;
  onTranscript(item: string, text: string | null): void;
  onAnswer(answer: GivenAnswer): void;
  /** The model took a picture in. */
  onPicture(): void;
  /** The model has forgotten what a camera showed. */
  onRedacted(): void;
  onKeyFrameWanted(): void;
  /** Somebody begins to speak. */
  onSpeechStarted(): void;
  /** Nothing comes after it; not for `close()`. */
  onOver(reason: string): void;
}

/** One speaker's session with the gateway. Nothing throws: what cannot be sent any more is told by `onOver`. */
export interface SpeakerSession {
  readonly transcribes: boolean;
  audio(packet: MediaPacket): void;
  video(packet: MediaPacket): void;
  camera(on: boolean): void;
  respond(turn: string): void;
  ask(text: string, turn: string): void;
  forget(item: string): void;
  close(): Promise<void>;
}

/** A gateway that opens sessions. */
export interface GatewayDoor {
  /** @throws CallError with the gateway's code, or `connect_failed`, `connect_timeout` */
  open(videoCodec: VideoCodec, listener: SessionListener): Promise<SpeakerSession>;
}

export interface GatewayOptions {
  readonly url: string;
  readonly apiKey?: string;
  /** How long opening a session may take (ms). Default 15 000. */
  readonly timeoutMs?: number;
}

/** All that the bot knows of the SDK. */
export function gatewayDoor(options: GatewayOptions, config: MannersConfig): GatewayDoor {
  return {
    async open(videoCodec, listener) {
      const call = await connectRtp({
        ...options,
        videoCodec,
        session: sessionOf(config),
        onKeyFrameWanted: () => listener.onKeyFrameWanted(),
      });
      return greeted(call, listener);
    },
  };
}

function sessionOf({ addressing, captions }: MannersConfig): SessionPatch {
  return {
    audio: {
      input: {
        // Answers are written: nobody has to be silent for them, and nobody interrupts one.
        turn_detection: {
          type: 'semantic_vad',
          eagerness: 'auto',
          create_response: addressing === 'always',
          interrupt_response: false,
        },
        ...((addressing === 'name' || captions) && { transcription: {} }),
      },
    },
    visavis: { camera_off: 'redact', events: ['frame.attended', 'context'] },
  };
}

/** Resolves with the session's greeting, which says what its model can do. @throws Error where the call ends before it */
function greeted(call: RtpCall, listener: SessionListener): Promise<SpeakerSession> {
  return new Promise((resolve, reject) => {
    const session = new CallSession(call, listener);
    call.on('event', (event) => {
      if (event.type === 'session.created') {
        session.transcribes = event.session.visavis.caps.transcription;
        resolve(session);
      } else session.handle(event);
    });
    call.on('closed', ({ reason }) => {
      reject(new Error(`the call ended: ${reason}`));
      session.handleClosed(reason);
    });
  });
}

/** A session makes one response at a time: what is asked for meanwhile waits here. */
class CallSession implements SpeakerSession {
  transcribes = false;
  readonly #call: RtpCall;
  readonly #listener: SessionListener;
  readonly #queue: string[] = [];
  /** Of the response that was asked for last and is not done. */
  #asked: string | null = null;
  #answering = false;
  #over = false;

  constructor(call: RtpCall, listener: SessionListener) {
    this.#call = call;
    this.#listener = listener;
  }

  audio(packet: MediaPacket): void {
    this.#call.sendAudio(packet);
  }

  video(packet: MediaPacket): void {
    this.#call.sendVideo(packet);
  }

  camera(on: boolean): void {
    this.#send({ type: 'session.update', session: { type: 'realtime', visavis: { video: on } } });
  }

  respond(turn: string): void {
    this.#queue.push(turn);
    this.#next();
  }

  ask(text: string, turn: string): void {
    const content = [{ type: 'input_text' as const, text }];
    this.#send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    this.respond(turn);
  }

  forget(item: string): void {
    this.#send({ type: 'conversation.item.delete', item_id: item });
  }

  close(): Promise<void> {
    this.#over = true;
    return this.#call.close();
  }

  handleClosed(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener.onOver(reason);
  }

  handle(event: ServerEvent): void {
    if (this.#over) return;
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        return this.#listener.onSpeechStarted();
      case 'conversation.item.done':
        if (isHeard(event.item)) this.#listener.onUtterance(event.item.id);
        return;
      case 'conversation.item.input_audio_transcription.completed':
        return this.#listener.onTranscript(event.item_id, event.transcript);
      case 'conversation.item.input_audio_transcription.failed':
        return this.#listener.onTranscript(event.item_id, null);
      case 'visavis.frame.attended':
        return this.#listener.onPicture();
      case 'visavis.context.redacted':
        return this.#listener.onRedacted();
      case 'response.created':
        this.#answering = true;
        return;
      case 'response.done':
        return this.#done(event.response);
      case 'error':
        return this.#refused(event.error.event_id, event.error.code);
      default:
        return;
    }
  }

  #done({ output, status, metadata }: Response): void {
    const turn = metadata?.['turn'] ?? null;
    this.#answering = false;
    if (turn === this.#asked) this.#asked = null;
    const parts = output.flatMap((item) => (item.type === 'message' ? item.content : []));
    const text = parts.map((part) => (part.type === 'output_text' ? part.text : '')).join('');
    if (status !== 'in_progress') this.#listener.onAnswer({ text, status, turn });
    this.#next();
  }

  #refused(eventId: string | null, code: string): void {
    if (eventId === null || eventId !== this.#asked) return;
    this.#asked = null;
    if (code === 'conversation_already_has_active_response') {
      this.#queue.unshift(eventId);
      // It answers something by itself, whose end is heard of, unless that was just now.
      if (!this.#answering) this.#next();
      return;
    }
    this.#listener.onAnswer({ text: '', status: 'failed', turn: eventId });
    this.#next();
  }

  #next(): void {
    if (this.#asked !== null) return;
    const turn = this.#queue.shift();
    if (turn === undefined) return;
    this.#asked = turn;
    this.#send({ type: 'response.create', event_id: turn, response: { metadata: { turn } } });
  }

  #send(event: ClientEvent): void {
    if (!this.#over) this.#call.send(event);
  }
}

type Item = Extract<ServerEvent, { type: 'conversation.item.done' }>['item'];

function isHeard(item: Item): item is Item & { id: string } {
  return (
    item.type === 'message' &&
    item.role === 'user' &&
    item.content.some((part) => part.type === 'input_audio')
  );
}
