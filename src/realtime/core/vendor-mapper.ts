import type { ServerEventBody, VendorEventName } from '@vis-a-vis/protocol';
import type { SessionEvent, TurnTiming } from '#modules/conversation';

/** What the edge knows of time when it maps an event. Milliseconds. */
export interface WireClock {
  readonly nowMs: number;
  /** Gateway clock minus media clock of the call's newest picture; null before the first. */
  readonly videoOffsetMs: number | null;
  /** Gateway clock at which the first text of a response was handed to the channel; null if none was. */
  firstSentAtMs(responseId: string): number | null;
}

type VendorSource = Extract<
  SessionEvent,
  {
    type:
      | 'frame_attended'
      | 'frame_dropped'
      | 'speculation_ended'
      | 'context_receipt'
      | 'context_redacted'
      | 'part_lost'
      | 'turn_timing';
  }
>;

/** The `visavis.*` events, for a session that asked for them. */
export function vendorEvents(
  event: VendorSource,
  wanted: readonly VendorEventName[],
  clock: WireClock,
): ServerEventBody[] {
  switch (event.type) {
    case 'frame_attended':
      if (!wanted.includes('frame.attended')) return [];
      return [
        {
          type: 'visavis.frame.attended',
          item_id: event.itemId,
          rtp_ms: tenth(event.ptsMs),
          age_ms:
            clock.videoOffsetMs === null
              ? null
              : Math.max(0, tenth(clock.nowMs - clock.videoOffsetMs - event.ptsMs)),
          tokens: event.tokens,
          ...(event.source && { source: event.source }),
        },
      ];
    case 'context_receipt':
      if (!wanted.includes('context')) return [];
      return [
        {
          type: 'visavis.context',
          response_id: event.responseId,
          tokens: event.tokens,
          frames: event.frames.map(({ itemId, ptsMs, source }) => ({
            item_id: itemId,
            rtp_ms: tenth(ptsMs),
            ...(source && { source }),
          })),
          audio: event.audio.map((audio) => ({
            item_id: audio.itemId,
            start_ms: tenth(audio.startMs),
            end_ms: tenth(audio.endMs),
          })),
        },
      ];
    case 'context_redacted':
      if (!wanted.includes('context')) return [];
      return [{ type: 'visavis.context.redacted', item_ids: [...event.itemIds], tokens: event.tokens }];
    case 'turn_timing':
      return wanted.includes('turn.timing') ? [turnTiming(event, clock.firstSentAtMs(event.responseId))] : [];
    case 'part_lost':
      return wanted.includes('degraded') ? [{ type: 'visavis.degraded', part: event.part }] : [];
    case 'frame_dropped':
    case 'speculation_ended':
      // Counted by telemetry; clients are not told.
      return [];
  }
}

/** The two latencies of a turn (ms), both until the first text was handed to the channel. */
export function turnLatency(event: TurnTiming, firstSentAtMs: number | null) {
  const speechEndAtMs =
    event.speechEndMs === null || event.clockOffsetMs === null
      ? null
      : event.speechEndMs + event.clockOffsetMs;
  return {
    speechEndToFirstTokenMs:
      firstSentAtMs === null || speechEndAtMs === null ? null : tenth(firstSentAtMs - speechEndAtMs),
    commitToFirstTokenMs: firstSentAtMs === null ? null : tenth(firstSentAtMs - event.commitAtMs),
  };
}

function turnTiming(event: TurnTiming, firstSentAtMs: number | null): ServerEventBody {
  const offsetMs = event.clockOffsetMs ?? 0;
  const onMediaClock = (atMs: number) => tenth(atMs - offsetMs);
  const orNull = (atMs: number | null) => (atMs === null ? null : onMediaClock(atMs));
  const latency = turnLatency(event, firstSentAtMs);
  return {
    type: 'visavis.turn.timing',
    response_id: event.responseId,
    item_id: event.itemId,
    speech_end_ms: event.speechEndMs === null ? null : tenth(event.speechEndMs),
    last_speech_packet_ms: orNull(event.lastSpeechPacketAtMs),
    vad_end_ms: orNull(event.vadEndAtMs),
    commit_ms: onMediaClock(event.commitAtMs),
    prefill_ms: event.prefillMs === null ? null : tenth(event.prefillMs),
    first_token_ms: orNull(event.firstTokenAtMs),
    first_sent_ms: orNull(firstSentAtMs),
    done_ms: onMediaClock(event.doneAtMs),
    speech_end_to_first_token_ms: latency.speechEndToFirstTokenMs,
    commit_to_first_token_ms: latency.commitToFirstTokenMs,
    frames_attended: event.framesAttended,
    output_tokens: event.outputTokens,
    speculation: event.speculation && {
      used: event.speculation.used,
      tries: event.speculation.tries,
      wasted_tokens: event.speculation.wastedTokens,
      gain_ms: tenth(event.speculation.gainMs),
    },
  };
}

function tenth(ms: number): number {
  return Math.round(ms * 10) / 10;
}
