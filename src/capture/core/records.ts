import { sessionPatchSchema } from '@vis-a-vis/protocol';
import { z } from 'zod';

/** Of the format: a reader refuses another. */
export const CAPTURE_VERSION = 1;

/** Since the capture began (ms); no call is recorded for longer than a day. */
const atMs = z.number().min(0).max(86_400_000);
const count = z.int().min(0);
const uint16 = z.int().min(0).max(0xffff);
const uint32 = z.int().min(0).max(0xffff_ffff);
const payloadType = z.int().min(0).max(127);
/** Bytes, as base64. */
const base64 = z.base64();

/** The first record: whose call it was is not in it, nor any key, address or password. */
const header = z.object({
  t: z.literal('capture'),
  version: z.literal(CAPTURE_VERSION),
  /** Of the gateway. */
  gateway: z.string(),
  /** ISO 8601, UTC. */
  began_at: z.string(),
  call: z.string(),
  /** How its audio comes. */
  audio: z.enum(['track', 'events']),
  model: z.object({
    id: z.string(),
    engine: z.enum(['local', 'remote']),
    /** Of the model folder's `manifest.json`; null: there is none. */
    manifest_sha256: z.string().nullable(),
  }),
  /** Settings of the gateway that a call goes by. */
  settings: z.object({
    frame_interval_ms: z.number().min(1),
    max_frames: z.int().min(1),
    tentative_pause_ms: z.number().min(1),
    turn_model: z.enum(['auto', 'model', 'smart-turn', 'none']),
    vad_model: z.enum(['v6', 'legacy']),
    audio_ahead_ms: z.number().min(0),
  }),
  session: z.object({ granted: sessionPatchSchema.nullable(), asked: sessionPatchSchema }),
});

const RECORDS = [
  header,
  /** What offer and answer came to, for the peer connection `c`. */
  z.object({
    t: z.literal('agreed'),
    at: atMs,
    c: count,
    kinds: z.array(z.enum(['audio', 'video'])),
    codecs: z.array(z.tuple([payloadType, z.enum(['opus', 'vp8', 'vp9', 'av1', 'h264'])])),
    /** The camera and the screen. Left out, as before there were screens: `kinds` says whether there is a camera. */
    videos: z
      .array(
        z.object({
          source: z.enum(['camera', 'screen']),
          mid: z.string().nullable(),
          ssrcs: z.array(uint32),
          payload_types: z.array(payloadType),
        }),
      )
      .optional(),
    /** Of H264, by payload type, from the offer. */
    parameter_sets: z.array(z.tuple([payloadType, z.array(base64)])),
  }),
  z.object({ t: z.literal('connected'), at: atMs, c: count }),
  /** A decrypted RTP packet. `k`: what its payload type was agreed to be; null: nothing. */
  z.object({
    t: z.literal('rtp'),
    at: atMs,
    c: count,
    k: z.enum(['audio', 'video']).nullable(),
    ssrc: uint32,
    pt: payloadType,
    seq: uint16,
    ts: uint32,
    m: z.union([z.literal(0), z.literal(1)]),
    p: base64,
    /** Of its section, where that had to be told by the packet itself. */
    mid: z.string().optional(),
  }),
  /** An RTCP sender report, as far as clocks need it. */
  z.object({
    t: z.literal('report'),
    at: atMs,
    c: count,
    ssrc: uint32,
    ntp_ms: z.number(),
    compact_ntp: uint32,
    ts: uint32,
  }),
  /** The client `s` opened what carries its events: the data channel of this label on `c`, or a WebSocket. */
  z.object({
    t: z.literal('open'),
    at: atMs,
    s: count,
    via: z.string(),
    c: count.nullable(),
    largest_bytes: z.number().min(0),
  }),
  /** A message of the client `s`: text, or bytes. */
  z.object({ t: z.literal('in'), at: atMs, s: count, text: z.string().optional(), bytes: base64.optional() }),
  z.object({ t: z.literal('too_large'), at: atMs, s: count }),
  /** A message to it. */
  z.object({ t: z.literal('out'), at: atMs, s: count, text: z.string() }),
  z.object({ t: z.literal('left'), at: atMs, s: count }),
  /** The call ended. */
  z.object({ t: z.literal('closed'), at: atMs, reason: z.string() }),
  /** The capture ended before the call, at a bound of the settings, or because it could not be written. */
  z.object({ t: z.literal('cut'), at: atMs, why: z.string() }),
] as const;

export const captureRecordSchema = z.discriminatedUnion('t', RECORDS);
export type CaptureRecord = z.infer<typeof captureRecordSchema>;
export type CaptureHeader = z.infer<typeof header>;
export type TimedRecord = Exclude<CaptureRecord, CaptureHeader>;

/** Records as a file has them. */
export interface Capture {
  readonly header: CaptureHeader;
  /** In the order in which they were made. */
  readonly records: readonly TimedRecord[];
}
