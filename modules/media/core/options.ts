/** Settings of the media plane; `src/config` fills them. */
export interface MediaOptions {
  /** Addresses to offer as ICE candidates. Default: the machine's own, or 127.0.0.1 where it has no other. */
  readonly iceHosts?: readonly string[] | undefined;
  /** One UDP port for all calls. Default: one a call. */
  readonly iceUdpPort?: number | undefined;
  /** First and last UDP port to use, one a call. Default: any. */
  readonly icePortRange?: readonly [number, number] | undefined;
  /** Milliseconds between two pictures of a video track. Default 1000. */
  readonly frameIntervalMs?: number | undefined;
  /** Cap of a client's video, kbit/s, by b=AS, b=TIAS and REMB. Default 300: at 480p each second's key frame is a good picture. */
  readonly videoKbps?: number | undefined;
  /** The client is asked to send no packets in silence (`usedtx`). Default false. */
  readonly audioDtx?: boolean | undefined;
  /** Pictures are scaled down to fit a square of this side, pixels; the aspect ratio stays. Default 384. */
  readonly maxFrameSide?: number | undefined;
  /** The same for still images of `decodeImage`, pixels. Default 768. */
  readonly maxImageSide?: number | undefined;
  /** Largest still image file, bytes. Default 8 MiB. */
  readonly maxImageBytes?: number | undefined;
  /** Largest data channel message, bytes. Default 256 KiB. */
  readonly maxMessageBytes?: number | undefined;
  /** A peer that has not connected after this many milliseconds is closed. Default 15000. */
  readonly connectTimeoutMs?: number | undefined;
  /** The same for a peer that was not even heard from: no authenticated connectivity check has come. Default 5000. */
  readonly silentTimeoutMs?: number | undefined;
}

export const MEDIA_DEFAULTS = {
  frameIntervalMs: 1000,
  videoKbps: 300,
  maxFrameSide: 384,
  maxImageSide: 768,
  maxImageBytes: 8 * 1024 * 1024,
  maxMessageBytes: 256 * 1024,
  connectTimeoutMs: 15_000,
  silentTimeoutMs: 5000,
} as const;

/** Options with every default filled in. */
export type ResolvedMediaOptions = typeof MEDIA_DEFAULTS extends infer D
  ? { readonly [K in keyof D]: number } & Pick<
      MediaOptions,
      'iceHosts' | 'icePortRange' | 'iceUdpPort' | 'audioDtx'
    >
  : never;

export function resolveMediaOptions(options: MediaOptions): ResolvedMediaOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...MEDIA_DEFAULTS, ...Object.fromEntries(given) };
}
