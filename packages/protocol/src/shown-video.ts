import { z } from 'zod';

/** The live videos that a call may show, at the same time. */
export const videoSourceSchema = z.enum(['camera', 'screen']);
export type VideoSource = z.infer<typeof videoSourceSchema>;

/** Whose pictures are taken in: of both, of neither, or of one of them. */
export const shownVideoSchema = z.union([
  z.boolean(),
  z.strictObject({ camera: z.boolean(), screen: z.boolean() }),
]);
export type ShownVideo = z.infer<typeof shownVideoSchema>;

/** A change of it: of both, or of those that are named; null stands for the default, true. */
export const shownVideoPatchSchema = z.union([
  z.boolean(),
  z.strictObject({ camera: z.boolean().nullish(), screen: z.boolean().nullish() }),
]);
export type ShownVideoPatch = z.infer<typeof shownVideoPatchSchema>;

/** Whether the pictures of this one are taken in. */
export function isShown(video: ShownVideo, source: VideoSource): boolean {
  return typeof video === 'boolean' ? video : video[source];
}

/** What is the same for both is reported as it was before there were screens. */
export function mergeShown(video: ShownVideo, patch: ShownVideoPatch | null | undefined): ShownVideo {
  if (patch === undefined) return video;
  if (patch === null || typeof patch === 'boolean') return patch ?? true;
  const of = (source: VideoSource): boolean =>
    patch[source] === undefined ? isShown(video, source) : (patch[source] ?? true);
  const [camera, screen] = [of('camera'), of('screen')];
  return camera === screen ? camera : { camera, screen };
}
