import type { Segment } from '#modules/contracts';

/** The caller keeps its pixels and samples; whoever takes the copy may give its buffers away. */
export function ownCopy(segment: Segment): { copy: Segment; transfer: ArrayBuffer[] } {
  if (segment.k === 'frame') {
    const data = new Uint8Array(segment.image.data);
    return { copy: { ...segment, image: { ...segment.image, data } }, transfer: [data.buffer] };
  }
  if (segment.k === 'audio') {
    const pcm = new Float32Array(segment.pcm);
    return { copy: { ...segment, pcm }, transfer: [pcm.buffer] };
  }
  return { copy: segment, transfer: [] };
}
