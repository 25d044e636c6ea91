import type { Session } from '@vis-a-vis/protocol';
import type { SessionConfig } from '#modules/conversation';

/** The part of the wire's session object that steers the conversation. */
export function toSessionConfig(session: Session): SessionConfig {
  return {
    instructions: session.instructions,
    maxOutputTokens: session.max_output_tokens,
    turnDetection: session.audio.input.turn_detection,
    video: { enabled: session.visavis.video, whenOff: session.visavis.camera_off },
    turnTaking: {
      speculation: session.visavis.speculation,
      bargeInMs: session.visavis.barge_in_ms,
      readingCharsPerS: session.visavis.reading_chars_per_s,
      visualTurns: session.visavis.visual_turns,
    },
  };
}
