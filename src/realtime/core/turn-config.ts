import {
  isShown,
  type ModelCaps,
  type Session,
  type Tool as WireTool,
  type ToolChoice as WireToolChoice,
} from '@vis-a-vis/protocol';
import { VIDEO_SOURCES, VisavisError, type EngineCaps, type Tool, type ToolChoice } from '#modules/contracts';
import type { SessionConfig } from '#modules/conversation';

/** The part of the wire's session object that steers the conversation. */
export function toSessionConfig(session: Session): SessionConfig {
  return {
    instructions: session.instructions,
    maxOutputTokens: session.max_output_tokens,
    turnDetection: session.audio.input.turn_detection,
    tools: toTools(session.tools),
    toolChoice: toToolChoice(session.tool_choice),
    transcription: transcriptionOf(session),
    video: {
      shown: VIDEO_SOURCES.filter((source) => isShown(session.visavis.video, source)),
      whenOff: session.visavis.camera_off,
    },
    turnTaking: {
      speculation: session.visavis.speculation,
      bargeInMs: session.visavis.barge_in_ms,
      readingCharsPerS: session.visavis.reading_chars_per_s,
      visualTurns: session.visavis.visual_turns,
    },
  };
}

/** What clients are told of the model. */
export function toModelCaps(caps: EngineCaps): ModelCaps {
  const { tools = false, instructions, writeDown, vision = true, audio = true, transcripts = false } = caps;
  return {
    tools,
    instructions,
    transcription: writeDown !== undefined,
    vision,
    videos: vision ? [...VIDEO_SOURCES] : [],
    audio,
    speech: audio ? 'heard' : transcripts ? 'written_down' : 'refused',
    context_tokens: caps.maxContextTokens,
    languages: caps.languages ? [...caps.languages] : null,
  };
}

export function toTools(tools: readonly WireTool[]): Tool[] {
  return tools.map(({ name, description, parameters }) => ({
    name,
    ...(description != null && { description }),
    ...(parameters !== undefined && { parameters }),
  }));
}

export function toToolChoice(choice: WireToolChoice): ToolChoice {
  return typeof choice === 'string' ? choice : { name: choice.name };
}

/**
 * A session that its model can keep, before it takes effect.
 * @throws VisavisError `tools_unsupported`; `invalid_event` where it must call a tool that there is not
 */
export function checkedSession(session: Session): Session {
  const { model, tool_choice: choice, tools, visavis } = session;
  if (choice === 'auto' || choice === 'none') return session;
  if (!visavis.caps.tools)
    throw new VisavisError('tools_unsupported', `${model} calls no tools`, 'session.tool_choice');
  const named = choice === 'required' ? tools.length > 0 : tools.some(({ name }) => name === choice.name);
  if (!named)
    throw new VisavisError(
      'invalid_event',
      'tool_choice names no tool of the session',
      'session.tool_choice',
    );
  return session;
}

function transcriptionOf({ audio }: Session): NonNullable<SessionConfig['transcription']> | null {
  const { transcription } = audio.input;
  return transcription && { language: transcription.language ?? null };
}
