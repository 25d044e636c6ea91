/** One decoded run of audio: mono, 16 kHz, float in −1..1. */
export interface AudioFrame {
  readonly pcm: Float32Array;
  /** Session media clock (ms) of the first sample, from the RTP timestamp. */
  readonly ptsMs: number;
  /** Arrival on the gateway's clock (ms) of the packet that completed it. */
  readonly arrivedAtMs: number;
  /** True where the decoder concealed a lost packet. */
  readonly concealed: boolean;
}

/** Interleaved RGB24, row-major, `width * height * 3` bytes. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The two live videos that a call may show. */
export type VideoSource = 'camera' | 'screen';

export const VIDEO_SOURCES = ['camera', 'screen'] as const satisfies readonly VideoSource[];

/** One sampled and decoded picture of a live track. */
export interface VideoFrame {
  readonly source: VideoSource;
  readonly image: RgbImage;
  /** Session media clock (ms), from the RTP timestamp. */
  readonly ptsMs: number;
  readonly arrivedAtMs: number;
}

export const SAMPLE_RATE = 16_000;
