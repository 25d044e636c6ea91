import type { ImageHeader } from '../../core/image-header.js';
import type { VideoCodec } from '../../core/ports.js';

/** To the video worker. Buffers are transferred. */
export type VideoRequest =
  | {
      readonly t: 'frame';
      readonly job: number;
      readonly track: number;
      readonly codec: VideoCodec;
      readonly data: Uint8Array;
      /** False: only the decoder's state is wanted. */
      readonly picture: boolean;
      readonly maxSide: number;
    }
  | {
      readonly t: 'image';
      readonly job: number;
      readonly format: ImageHeader['format'];
      readonly data: Uint8Array;
      readonly maxSide: number;
    }
  | { readonly t: 'close'; readonly track: number };

/** From the video worker. `image` null: nothing was decodable, or no picture was wanted (`ok`). */
export interface VideoReply {
  readonly job: number;
  readonly ok: boolean;
  readonly image: { readonly width: number; readonly height: number; readonly data: Uint8Array } | null;
  readonly decodeMs: number;
}
