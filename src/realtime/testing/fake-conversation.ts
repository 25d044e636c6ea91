import type { AudioFrame, VideoFrame } from '#modules/contracts';
import type {
  CameraShare,
  ClientIntent,
  Conversation,
  ConversationLoad,
  ConversationSnapshot,
  SessionEvent,
} from '#modules/conversation';

/** Stands in for a conversation: keeps what it is given, answers `session_update`, and says what a test has it say. */
export class FakeConversation implements Conversation {
  readonly intents: ClientIntent[] = [];
  readonly audio: AudioFrame[] = [];
  readonly video: VideoFrame[] = [];
  readonly shares: CameraShare[] = [];
  /** What a test has it use. */
  used: ConversationLoad = { frameLagMs: null, answerLagMs: null, tokens: 0 };
  closedBecause: string | null = null;
  unheardMs = 0;

  constructor(readonly emit: (event: SessionEvent) => void) {}

  pushAudio(frame: AudioFrame): void {
    this.audio.push(frame);
  }

  pushVideo(frame: VideoFrame): void {
    this.video.push(frame);
  }

  intent(intent: ClientIntent): void {
    this.intents.push(intent);
    if (intent.k === 'session_update') this.emit({ type: 'session_updated', config: intent.config });
  }

  snapshot(): ConversationSnapshot {
    return {
      sessionId: 'sess',
      conversationId: 'conv',
      state: this.closedBecause === null ? 'idle' : 'closed',
      config: { instructions: '', maxOutputTokens: 'inf', turnDetection: null },
      items: [],
      activeResponseId: null,
    };
  }

  load(): ConversationLoad {
    return this.used;
  }

  share(camera: CameraShare): void {
    this.shares.push(camera);
  }

  async close(reason: string): Promise<void> {
    this.closedBecause = reason;
  }
}
