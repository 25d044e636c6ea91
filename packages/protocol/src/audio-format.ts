import { z } from 'zod';

/** Rates of `audio/pcm` (Hz). */
export const PCM_RATES = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000] as const;

/** 16-bit little-endian mono PCM, or G.711 at 8 kHz (µ-law, A-law). */
export const audioFormatSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('audio/pcm'), rate: z.literal(PCM_RATES) }),
  z.strictObject({ type: z.literal('audio/pcmu') }),
  z.strictObject({ type: z.literal('audio/pcma') }),
]);
export type AudioFormat = z.infer<typeof audioFormatSchema>;

export const DEFAULT_AUDIO_FORMAT: AudioFormat = { type: 'audio/pcm', rate: 24_000 };

const telephony = { rate: z.literal(8000).nullish() };

/** As clients may send it: PCM without a rate has 24 kHz, and some name the one rate that telephony has. */
export const audioFormatPatchSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('audio/pcm'), rate: z.literal(PCM_RATES).nullish() }),
  z.strictObject({ type: z.literal('audio/pcmu'), ...telephony }),
  z.strictObject({ type: z.literal('audio/pcma'), ...telephony }),
]);

/** What a client sent, whole. */
export function toAudioFormat(patch: z.infer<typeof audioFormatPatchSchema>): AudioFormat {
  if (patch.type !== 'audio/pcm') return { type: patch.type };
  return patch.rate == null ? DEFAULT_AUDIO_FORMAT : { type: patch.type, rate: patch.rate };
}
